// Rules about topics: what they are called, who writes what is read, where dead letters go, what compaction asks for.

import type { EdgeTopic, SettingProblem } from '../core/connector/declaration.js'
import { problemAt, problemAtKey, type CheckInputs } from './check-inputs.js'
import type { Draft, DraftEdge } from './draft.js'
import type { TopicFieldSettings } from './file-fields.js'
import type { Problem } from './problem.js'
import { suggest } from './suggestion.js'
import { topicNameProblem } from './topic-names.js'
import { canWrite, readBySteps, sourceOf, toFault, writtenBy } from './written-topics.js'

type Check = (inputs: CheckInputs) => readonly Problem[]

const checks: readonly Check[] = [topicNames, fromTopics, sharedTopics, deadLetters, ownKeys, compactTopics, edgeRules]

/** Every mistake with a topic in the files of a run. */
export function topicProblems(inputs: CheckInputs): readonly Problem[] {
  return checks.flatMap((check) => check(inputs))
}

function topicNames({ drafts }: CheckInputs): readonly Problem[] {
  return drafts.flatMap((draft) => {
    const declared = draft.topics.flatMap(({ name }) => {
      const fault = topicNameProblem(name)
      return fault === undefined ? [] : [problemAtKey(draft, ['topics', name], fault)]
    })
    return [...declared, ...draft.edges.flatMap((edge) => writtenNames(draft, edge)), ...deadLetterNames(draft)]
  })
}

/** Complains of `to` itself first: what a bad one gives is bad as well. */
function writtenNames(draft: Draft, edge: DraftEdge): readonly Problem[] {
  const path = [edge.section, edge.id, 'to']
  const fault = toFault(edge)
  if (fault !== undefined) return [problemAt(draft, path, fault.message, fault.suggestion)]
  return writtenBy(edge).names.flatMap((name) => {
    const nameFault = topicNameProblem(name)
    return nameFault === undefined ? [] : [problemAt(draft, path, `"${name}": ${nameFault}`)]
  })
}

/** A default that many edges share is complained of once. */
function deadLetterNames(draft: Draft): readonly Problem[] {
  const places = new Map<string, Problem>()
  for (const edge of draft.edges) {
    const fault = edge.deadLetter === undefined ? undefined : topicNameProblem(edge.deadLetter)
    const path = deadLetterPath(draft, edge)
    if (fault !== undefined) places.set(path.join('\n'), problemAt(draft, path, fault))
  }
  return [...places.values()]
}

function deadLetterPath(draft: Draft, edge: DraftEdge): readonly string[] {
  const own = [edge.section, edge.id, 'onError', 'deadLetter']
  return hasPath(draft.document.values, own) ? own : ['defaults', 'onError', 'deadLetter']
}

function hasPath(values: unknown, path: readonly string[]): boolean {
  let value = values
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return true
}

/** An edge reads what is declared, written by another, or a dead-letter topic, in any file of the run; a file that cannot be read may hold it. */
function fromTopics({ drafts, allRead }: CheckInputs): readonly Problem[] {
  if (!allRead) return []
  const edges = drafts.flatMap((draft) => draft.edges)
  const written = edges.map(writtenBy)
  const known = new Set([
    ...drafts.flatMap((draft) => draft.topics.map(({ name }) => name)),
    ...written.flatMap(({ names }) => names),
    ...edges.flatMap(({ deadLetter }) => deadLetter ?? []),
  ])
  const isKnown = (topic: string): boolean => known.has(topic) || written.some((topics) => canWrite(topics, topic))
  const unknownTopic = (draft: Draft, path: readonly string[], topic: string): Problem => {
    return problemAt(draft, path, `nothing declares or writes the topic "${topic}"`, suggest(topic, known))
  }
  return drafts.flatMap((draft) =>
    draft.edges.flatMap((edge) => [
      ...edge.from.flatMap((topic, index) => {
        const path = [edge.section, edge.id, 'from', String(index)]
        if (edge.from.indexOf(topic) < index) return [problemAt(draft, path, `"${topic}" stands in the list twice`)]
        if (isKnown(topic)) return []
        return [unknownTopic(draft, path, topic)]
      }),
      ...readBySteps(edge)
        .filter((topic) => !isKnown(topic))
        .map((topic) => unknownTopic(draft, [edge.section, edge.id, 'steps'], topic)),
    ]),
  )
}

/** Two files may name one topic, but its settings stand in one of them. */
function sharedTopics({ drafts }: CheckInputs): readonly Problem[] {
  const declaredIn = new Map<string, Draft>()
  return drafts.flatMap((draft) =>
    draft.topics.flatMap(({ name }) => {
      const first = declaredIn.get(name)
      if (first !== undefined)
        return [problemAtKey(draft, ['topics', name], `declared in ${first.document.file} already`)]
      declaredIn.set(name, draft)
      return []
    }),
  )
}

/** What a template may give is looked at when the source comes to it: a table of that name need not exist. */
function deadLetters({ drafts }: CheckInputs): readonly Problem[] {
  const compacted = compactedTopics(drafts)
  return drafts.flatMap((draft) =>
    draft.edges.flatMap((edge) => {
      const { deadLetter } = edge
      if (deadLetter === undefined) return []
      const path = deadLetterPath(draft, edge)
      if (edge.from.includes(deadLetter)) {
        const message = `"${deadLetter}" is what "${edge.id}" reads: a record that fails would come back for ever`
        return [problemAt(draft, path, message)]
      }
      if (writtenBy(edge).names.includes(deadLetter)) {
        return [problemAt(draft, path, `"${deadLetter}" is where "${edge.id}" writes its good records`)]
      }
      if (compacted.has(deadLetter)) {
        return [problemAt(draft, path, `"${deadLetter}" is compacted and would keep one dead letter per key only`)]
      }
      return []
    }),
  )
}

/** The order of a row's changes hangs on the key that its source gives. */
function ownKeys({ drafts }: CheckInputs): readonly Problem[] {
  return drafts.flatMap((draft) =>
    draft.edges.flatMap(({ id, section, valid }) => {
      if (valid?.key === undefined || sourceOf(valid)?.givesKeys !== true) return []
      const message = `a source of type "${valid.declaration.type}" gives its records their keys itself`
      return [problemAtKey(draft, [section, id, 'key'], message)]
    }),
  )
}

/** Compaction keeps the newest record of each key, so whoever writes there has to say what a record's key is. */
function compactTopics({ drafts }: CheckInputs): readonly Problem[] {
  const compacted = [...compactedTopics(drafts)]
  return drafts.flatMap((draft) =>
    draft.edges.flatMap((edge) => {
      const { id, section, valid } = edge
      if (valid === undefined || valid.key !== undefined || sourceOf(valid)?.givesKeys === true) return []
      const written = writtenBy(edge)
      return compacted
        .filter((topic) => canWrite(written, topic))
        .map((topic) => {
          const message = `"${topic}" is compacted, which keeps one record per key: say with "key" what the key is`
          return problemAt(draft, [section, id, 'to'], message)
        })
    }),
  )
}

function compactedTopics(drafts: readonly Draft[]): ReadonlySet<string> {
  const declared = drafts.flatMap((draft) => draft.topics)
  const compacted = declared.filter(({ settings }) => settings !== undefined && settings.cleanup !== 'delete')
  return new Set(compacted.map(({ name }) => name))
}

/** The connector's own rules about its topics; none of an edge with a topic of which nothing can be said. */
function edgeRules({ drafts }: CheckInputs): readonly Problem[] {
  return drafts.flatMap((draft) =>
    draft.edges.flatMap((edge) => {
      const { section, id, valid } = edge
      if (valid?.declaration.checkTopics === undefined) return []
      const topics = topicsOf(edge, drafts).map((name) => edgeTopic(name, drafts))
      if (topics.includes(undefined)) return []
      const found: readonly SettingProblem[] = valid.declaration.checkTopics(
        valid.settings as never,
        topics as readonly EdgeTopic[],
      )
      return found.map(({ path, message }) => problemAt(draft, [section, id, ...path], message))
    }),
  )
}

/** What a sink reads, or what a source writes as far as the files know. */
function topicsOf(edge: DraftEdge, drafts: readonly Draft[]): readonly string[] {
  if (edge.section === 'sinks') return edge.from
  const written = writtenBy(edge)
  const named = drafts.flatMap((draft) => [
    ...draft.topics.map(({ name }) => name),
    ...draft.edges.flatMap(({ from }) => from),
  ])
  return [...new Set([...written.names, ...named.filter((name) => canWrite(written, name))])]
}

function edgeTopic(name: string, drafts: readonly Draft[]): EdgeTopic | undefined {
  const settings = settingsOf(name, drafts)
  return settings === undefined ? undefined : { name, partitions: settings.partitions, cleanup: settings.cleanup }
}

/** As it is declared, or as the first file implies that writes it; undefined when that is wrong. */
function settingsOf(name: string, drafts: readonly Draft[]): TopicFieldSettings | undefined {
  const declared = drafts.flatMap(({ topics }) => topics).find((topic) => topic.name === name)
  if (declared !== undefined) return declared.settings
  const writes = (edge: DraftEdge): boolean => edge.deadLetter === name || canWrite(writtenBy(edge), name)
  return drafts.find(({ edges }) => edges.some(writes))?.defaultTopic
}
