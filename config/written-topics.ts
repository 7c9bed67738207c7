// Which topics an edge brings into being: those that it names, and those that a template in `to` can give. What cannot
// be read of an edge counts as generously as possible, so that one mistake does not cause complaints elsewhere.

import type { SourceDeclaration, WrittenTopics } from '../core/connector/declaration.js'
import type { DraftEdge } from './draft.js'
import { topicNameProblem } from './topic-names.js'
import { suggest } from './suggestion.js'

const placeholder = /\{([^{}]*)\}/g

/** Whether `to` is no topic but a template. */
export function isTemplate(to: string): boolean {
  return to.search(placeholder) >= 0
}

/** What a source writes, but for its dead letters; nothing for a sink. */
export function writtenBy({ to, valid }: DraftEdge): WrittenTopics {
  if (to === undefined) return { names: [] }
  const own = isTemplate(to) ? { names: [], pattern: patternOf(to) } : { names: [to] }
  const topics = sourceOf(valid)?.topics?.(valid?.settings as never, to)
  if (topics === undefined) return own
  return { ...topics, names: [...new Set([...own.names, ...topics.names])] }
}

export function canWrite({ names, pattern }: WrittenTopics, topic: string): boolean {
  return names.includes(topic) || (pattern?.test(topic) ?? false)
}

export interface TemplateFault {
  readonly message: string
  readonly suggestion?: string
}

/** What is wrong with a `to`; undefined when nothing is, or when the connector of a template is not known. */
export function toFault({ to, valid }: DraftEdge): TemplateFault | undefined {
  if (to === undefined) return undefined
  if (!isTemplate(to)) return faultOf(topicNameProblem(to))
  if (valid === undefined) return undefined
  const fields = sourceOf(valid)?.toFields ?? []
  if (fields.length === 0) {
    return { message: `is a template, and a source of type "${valid.declaration.type}" writes one topic only` }
  }
  for (const [, name = ''] of to.matchAll(placeholder)) {
    if (fields.includes(name)) continue
    const known = fields.map((field) => `{${field}}`).join(', ')
    const suggestion = suggest(name, fields)
    return { message: `"{${name}}" is none of ${known}`, ...(suggestion === undefined ? {} : { suggestion }) }
  }
  return faultOf(topicNameProblem(to.replace(placeholder, 'x')))
}

/** The declaration of an edge that is a source which pulls; undefined for any other. */
export function sourceOf(valid: DraftEdge['valid']): SourceDeclaration | undefined {
  return valid?.declaration.role === 'source' ? (valid.declaration as SourceDeclaration) : undefined
}

function faultOf(message: string | undefined): TemplateFault | undefined {
  return message === undefined ? undefined : { message }
}

/** Every name that a template can give. */
function patternOf(to: string): RegExp {
  const literals = to.split(/\{[^{}]*\}/).map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
  return new RegExp(`^${literals.join('[a-zA-Z0-9._-]+')}$`)
}
