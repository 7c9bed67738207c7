// A topic from settings written as on a command line, `retention.time=30d`: the settings of a pipeline file, checked by
// the same rules.

import { declarations } from '../connectors/registry.js'
import { loadPipelines } from '../config/load-pipelines.js'
import type { NewTopic } from '../core/engine/topic-admin.js'
import { present } from '../core/errors/invariant.js'
import { usageError } from './failure.js'

/** Errors: usage, with every mistake. */
export async function topicFromSettings(name: string, settings: readonly string[]): Promise<NewTopic> {
  const topic = emptySection()
  for (const setting of settings) put(topic, setting)
  const document = { version: 1, name: 'command', topics: { [name]: topic } }
  const { plans, problems } = await loadPipelines(['the command line'], {
    declarations,
    reader: { variable: () => undefined, readFile: () => Promise.resolve(Buffer.from(JSON.stringify(document))) },
  })
  if (problems.length > 0) {
    const lines = problems.map(({ path, message, suggestion }) => {
      const meant = suggestion === undefined ? '' : ` (did you mean "${suggestion}"?)`
      return `${path.slice(2).join('.') || `"${name}"`}: ${message}${meant}`
    })
    throw usageError(lines.join('\n'), { hint: 'The settings are those of `topics` in a pipeline file.' })
  }
  const { partitions, settings: made } = present(plans[0]?.topics[0], 'the topic that was just declared')
  return { name, partitions, settings: made }
}

function put(topic: Record<string, unknown>, setting: string): void {
  const [, path, text] = /^([\w.]+)=(.*)$/.exec(setting) ?? []
  if (path === undefined || text === undefined) throw usageError(`"${setting}" is not SETTING=VALUE`)
  const keys = path.split('.')
  const last = present(keys.pop(), 'the last key of a setting')
  let section = topic
  for (const key of keys) {
    const inner = section[key] ?? emptySection()
    section[key] = inner
    section = inner as Record<string, unknown>
  }
  section[last] = /^\d+$/.test(text) ? Number(text) : text
}

/** Without a prototype, so that every key is only a key. */
function emptySection(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>
}
