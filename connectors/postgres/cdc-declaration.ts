// What a source of type `postgres-cdc` says of itself. Light: the source itself is loaded when it is run.

import {
  type ChangeEffect,
  declareSource,
  type EdgeTopic,
  type SettingProblem,
  type WrittenTopics,
} from '../../core/connector/declaration.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { type CdcSettings, cdcFields } from './cdc/settings.js'
import { parseTablePattern, type TablePattern } from './cdc/table-names.js'
import { topicOf, topicPlaceholders } from './cdc/topic-names.js'

export const postgresCdcSource = declareSource({
  role: 'source',
  type: 'postgres-cdc',
  summary: 'Reads tables of a Postgres database and every later change of their rows, each exactly once.',
  delivery: 'exactly-once',
  fields: cdcFields,
  toFields: topicPlaceholders,
  givesKeys: true,
  givesLargeRecords: true,
  topics: topicsOf,
  check,
  checkTopics,
  effects,
  examine: async (settings, context) => (await import('./cdc/examine.js')).examineCdc(settings, context),
  preview: async (settings, context) => (await import('./cdc/preview.js')).previewCdc(settings, context),
  load: () => import('./cdc/source.js'),
})

function topicsOf({ tables, schemas, messages }: CdcSettings, to: string): WrittenTopics {
  const patterns = tables.flatMap(readPattern)
  const named = patterns.flatMap(({ schema, table }) => (table === undefined ? [] : [topicOf(to, { schema, table })]))
  const others = [schemas, messages?.to].filter((topic) => topic !== undefined)
  const names = [
    ...new Set([...(patterns.length > named.length && !to.includes('{') ? [to] : []), ...named, ...others]),
  ]
  if (patterns.every(({ table }) => table !== undefined) || !to.includes('{')) return { names }
  const pattern = to
    .split(/\{(?:schema|table)\}/)
    .map(escaped)
    .join('[a-zA-Z0-9._-]+')
  return { names, pattern: new RegExp(`^${pattern}$`) }
}

function readPattern(text: string): readonly TablePattern[] {
  return problemOf([], () => parseTablePattern(text)).length > 0 ? [] : [parseTablePattern(text)]
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function check(settings: CdcSettings): readonly SettingProblem[] {
  const problems: SettingProblem[] = []
  settings.tables.forEach((table, index) => {
    problems.push(...problemOf(['tables', String(index)], () => parseTablePattern(table)))
  })
  settings.options.forEach((options, index) => {
    const path = ['options', String(index)]
    problems.push(...problemOf([...path, 'table'], () => parseTablePattern(options.table)))
    if (options.only !== undefined && options.except !== undefined) {
      problems.push({ path: [...path, 'except'], message: 'cannot be given together with "only"' })
    }
    if (options.hash !== undefined && settings.hashKey === undefined) {
      problems.push({ path: [...path, 'hash'], message: 'needs a "hashKey" at the source' })
    }
  })
  if (settings.heartbeat < 1000) problems.push({ path: ['heartbeat'], message: 'must be at least 1s' })
  return problems
}

/** A record of a compacted topic has to say all of a row, and a deletion has to be a tombstone. */
function checkTopics(settings: CdcSettings, topics: readonly EdgeTopic[]): readonly SettingProblem[] {
  const others = [settings.schemas, settings.messages?.to]
  const compacted = topics.filter(({ name, cleanup }) => cleanup !== 'delete' && !others.includes(name))
  if (compacted.length === 0 || settings.format !== 'native') return []
  const names = compacted.map(({ name }) => `"${name}"`).join(', ')
  const message = `${names} is compacted, which keeps the newest record of a row and removes it after a tombstone: the format must be "flat" or "debezium"`
  return [{ path: ['format'], message }]
}

function problemOf(path: readonly string[], attempt: () => unknown): readonly SettingProblem[] {
  try {
    attempt()
    return []
  } catch (error) {
    if (!(error instanceof TailraceError)) throw error
    return [{ path, message: error.message }]
  }
}

function effects(previous: CdcSettings, next: CdcSettings): readonly ChangeEffect[] {
  const found: ChangeEffect[] = []
  const isChanged = (name: keyof CdcSettings): boolean => JSON.stringify(previous[name]) !== JSON.stringify(next[name])
  const tell = (setting: keyof CdcSettings, effect: string, dangerous = false): void => {
    if (isChanged(setting)) found.push({ setting, effect, dangerous })
  }
  tell(
    'slot',
    'refused: the resume point belongs to the slot. Give the source a new id to begin with another one',
    true,
  )
  tell('tables', 'changes of added tables come from now on; rows that they hold already do not', true)
  tell('snapshot', 'none, unless the snapshot is still being read')
  tell('format', 'holds from the next record on; those in the log stay as they are')
  tell('options', 'holds from the next record on; those in the log stay as they are')
  tell('schemas', 'tables are described there from now on')
  return found
}
