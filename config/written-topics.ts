// Which topics an edge brings into being: those that it names, and those that a template in `to` can give. What cannot
// be read of an edge counts as generously as possible, so that one mistake does not cause complaints elsewhere.

import type { SourceDeclaration, WrittenTopics } from '../core/connector/declaration.js'
import { stepDeclarationOf } from '../core/pipeline/steps/step-declarations.js'
import type { DraftEdge } from './draft.js'
import { topicNameProblem } from './topic-names.js'
import { suggest } from './suggestion.js'

const placeholder = /\{([^{}]*)\}/g

/** Whether `to` is no topic but a template. */
export function isTemplate(to: string): boolean {
  return to.search(placeholder) >= 0
}

/** What an edge writes, but for its dead letters; nothing for a sink. */
export function writtenBy({ to, valid, passage }: DraftEdge): WrittenTopics {
  if (to === undefined) return { names: [] }
  const own = isTemplate(to) ? { names: [], pattern: patternOf(to) } : { names: [to] }
  const topics = sourceOf(valid)?.topics?.(valid?.settings as never, to) ?? own
  const routed = (passage?.steps ?? []).flatMap(
    ({ kind, settings }) => stepDeclarationOf(kind)?.writes?.(settings) ?? [],
  )
  return { ...topics, names: [...new Set([...own.names, ...topics.names, ...routed])] }
}

/** The topics that the steps of an edge read besides its `from`, such as tables. */
export function readBySteps({ passage }: DraftEdge): readonly string[] {
  return (passage?.steps ?? []).flatMap(({ kind, settings }) => stepDeclarationOf(kind)?.reads?.(settings) ?? [])
}

export function canWrite({ names, pattern }: WrittenTopics, topic: string): boolean {
  return names.includes(topic) || (pattern?.test(topic) ?? false)
}

export interface TemplateFault {
  readonly message: string
  readonly suggestion?: string
}

/** What is wrong with a `to`; undefined when nothing is, or when the connector of a template is not known. */
export function toFault({ to, valid, section }: DraftEdge): TemplateFault | undefined {
  if (to === undefined) return undefined
  if (section === 'transforms' && isTemplate(to)) {
    return { message: 'is a template, and a transform writes one topic: a step `route` sends records elsewhere' }
  }
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
