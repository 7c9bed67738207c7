// What a schema cannot say: rules over several places of a file, or over all files of one run. Every check looks at
// all drafts and gives all of its problems; the order of the table does not matter.

import { problemAt, problemAtKey, type CheckInputs } from './check-inputs.js'
import type { Draft, DraftEdge } from './draft.js'
import { loopProblems } from './loop-checks.js'
import type { Problem } from './problem.js'
import { suggest } from './suggestion.js'
import { topicNameProblem } from './topic-names.js'

type Check = (inputs: CheckInputs) => readonly Problem[]

const checks: readonly Check[] = [
  pipelineNames,
  edgeIds,
  topicNames,
  fromTopics,
  sharedTopics,
  deadLetters,
  parseSteps,
  compactTopics,
  connectorRules,
  loopProblems,
]

/** Every mistake that shows only when a file, or all files of a run, are seen as a whole. */
export function semanticProblems(inputs: CheckInputs): readonly Problem[] {
  return checks.flatMap((check) => check(inputs))
}

function pipelineNames({ drafts }: CheckInputs): readonly Problem[] {
  return drafts.flatMap((draft, index) => {
    const first = drafts.slice(0, index).find((earlier) => earlier.name !== undefined && earlier.name === draft.name)
    if (first === undefined) return []
    const message = `the name is taken by ${first.document.file}: state and consumer groups go by it`
    return [problemAt(draft, ['name'], message)]
  })
}

/** Metrics, logs and commands name an edge by its id alone. */
function edgeIds({ drafts }: CheckInputs): readonly Problem[] {
  return drafts.flatMap((draft) => {
    const sources = new Set(edgesIn(draft, 'sources').map((edge) => edge.id))
    return edgesIn(draft, 'sinks')
      .filter((sink) => sources.has(sink.id))
      .map((sink) => problemAtKey(draft, ['sinks', sink.id], 'a source has this id as well: choose another'))
  })
}

function topicNames({ drafts }: CheckInputs): readonly Problem[] {
  return drafts.flatMap((draft) => {
    const declared = draft.topics.flatMap(({ name }) => {
      const fault = topicNameProblem(name)
      return fault === undefined ? [] : [problemAtKey(draft, ['topics', name], fault)]
    })
    const named = [
      ...new Map(draft.edges.flatMap((edge) => writtenTopics(draft, edge)).map((at) => [at.place, at])).values(),
    ]
    const implied = named.flatMap(({ path, topic }) => {
      const fault = topicNameProblem(topic)
      return fault === undefined ? [] : [problemAt(draft, path, fault)]
    })
    return [...declared, ...implied]
  })
}

interface TopicMention {
  readonly topic: string
  readonly path: readonly string[]
  /** The path as text, so that a default that many edges share is complained of once. */
  readonly place: string
}

/** The topics an edge brings into being: where it writes, and its dead letters. */
function writtenTopics(draft: Draft, edge: DraftEdge): readonly TopicMention[] {
  const mention = (topic: string, path: readonly string[]): TopicMention => ({ topic, path, place: path.join('\n') })
  const to = edge.to === undefined ? [] : [mention(edge.to, [edge.section, edge.id, 'to'])]
  const dead = edge.deadLetter === undefined ? [] : [mention(edge.deadLetter, deadLetterPath(draft, edge))]
  return [...to, ...dead]
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

/** A sink reads what is declared, written by a source, or a dead-letter topic, in any file of the run; a file that cannot be read may hold it. */
function fromTopics({ drafts, allRead }: CheckInputs): readonly Problem[] {
  if (!allRead) return []
  const known = new Set(
    drafts.flatMap((draft) => [
      ...draft.topics.map(({ name }) => name),
      ...draft.edges.flatMap((edge) => writtenTopics(draft, edge).map(({ topic }) => topic)),
    ]),
  )
  return drafts.flatMap((draft) =>
    edgesIn(draft, 'sinks').flatMap((sink) =>
      sink.from.flatMap((topic, index) => {
        const path = ['sinks', sink.id, 'from', String(index)]
        if (sink.from.indexOf(topic) < index) return [problemAt(draft, path, `"${topic}" stands in the list twice`)]
        if (known.has(topic)) return []
        const message = `nothing declares or writes the topic "${topic}"`
        return [problemAt(draft, path, message, suggest(topic, known))]
      }),
    ),
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
      if (edge.to === deadLetter) {
        return [problemAt(draft, path, `"${deadLetter}" is where "${edge.id}" writes its good records`)]
      }
      if (compacted.has(deadLetter)) {
        return [problemAt(draft, path, `"${deadLetter}" is compacted and would keep one dead letter per key only`)]
      }
      return []
    }),
  )
}

function parseSteps({ drafts }: CheckInputs): readonly Problem[] {
  return drafts.flatMap((draft) =>
    edgesIn(draft, 'sources').flatMap(({ id, valid, deadLetter }) => {
      const parse = valid?.parse
      const path = ['sources', id, 'parse']
      if (parse === undefined) return []
      const problems: Problem[] = []
      if (parse.format === 'regex' && parse.pattern === undefined) {
        problems.push(problemAtKey(draft, path, 'the format "regex" needs a "pattern"'))
      }
      if (parse.format !== 'regex' && parse.pattern !== undefined) {
        problems.push(problemAtKey(draft, [...path, 'pattern'], `the format "${parse.format}" takes no pattern`))
      }
      if (parse.onFail === 'dead-letter' && deadLetter === undefined) {
        const message = '"dead-letter" needs a topic: give "onError.deadLetter" here or in "defaults"'
        problems.push(problemAt(draft, [...path, 'onFail'], message))
      }
      return problems
    }),
  )
}

/** Compaction keeps the newest record of each key, so whoever writes there has to say what a record's key is. */
function compactTopics({ drafts }: CheckInputs): readonly Problem[] {
  const compacted = compactedTopics(drafts)
  return drafts.flatMap((draft) =>
    edgesIn(draft, 'sources').flatMap(({ id, to, valid }) => {
      if (to === undefined || valid === undefined || !compacted.has(to) || valid.key !== undefined) return []
      const message = `"${to}" is compacted, which keeps one record per key: say with "key" what the key is`
      return [problemAt(draft, ['sources', id, 'to'], message)]
    }),
  )
}

function compactedTopics(drafts: readonly Draft[]): ReadonlySet<string> {
  const declared = drafts.flatMap((draft) => draft.topics)
  const compacted = declared.filter(({ settings }) => settings !== undefined && settings.cleanup !== 'delete')
  return new Set(compacted.map(({ name }) => name))
}

/** The connector's own rules. */
function connectorRules({ drafts }: CheckInputs): readonly Problem[] {
  return drafts.flatMap((draft) =>
    draft.edges.flatMap(({ section, id, valid }) => {
      const found = valid?.declaration.check?.(valid.settings as never, draft.baseDirectory) ?? []
      return found.map(({ path, message }) => problemAt(draft, [section, id, ...path], message))
    }),
  )
}

function edgesIn(draft: Draft, section: DraftEdge['section']): readonly DraftEdge[] {
  return draft.edges.filter((edge) => edge.section === section)
}
