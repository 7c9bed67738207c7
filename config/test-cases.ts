// The `tests` of a pipeline file: what goes into the steps of an edge and what has to come out of them. Run by
// `tailrace test`; a running hub does not look at them.

import type { JsonSchema } from '../core/connector/fields.js'
import { problemAt, type CheckInputs } from './check-inputs.js'
import type { Values } from './document.js'
import type { Draft } from './draft.js'
import type { Problem } from './problem.js'
import { suggest } from './suggestion.js'

/** Whose steps a case is about. */
export type TestedRole = 'source' | 'transform' | 'sink'

export interface TestCase {
  readonly name: string
  readonly role: TestedRole
  readonly id: string
  /** As in the file: a value, or an object with the one key `$record`. */
  readonly in: readonly unknown[]
  readonly out: readonly unknown[]
  readonly deadLetters: readonly unknown[]
  /** `subset`: fields that an expected object does not name may be there. */
  readonly match: 'subset' | 'exact'
  /** Rows of the topics that lookups read: by topic, by key. */
  readonly tables: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const testedRoles: readonly TestedRole[] = ['source', 'transform', 'sink']

/** What `$record` may hold; `code` only of a dead letter that is expected. */
const recordParts = ['key', 'value', 'headers', 'time', 'topic', 'code']

const items = (description: string): JsonSchema => ({
  description: `${description} Each is a value, or {"$record": {"key", "value", "headers", "time", "topic"}}.`,
  type: 'array',
  default: [],
})

/** For the schema of the file. */
export const testsSchema: JsonSchema = {
  description: 'Cases that `tailrace test` runs.',
  type: 'array',
  items: {
    type: 'object',
    properties: {
      name: { description: 'What the case shows.', type: 'string', minLength: 1 },
      source: { description: 'The source whose steps it is about.', type: 'string' },
      transform: { description: 'The transform whose steps it is about.', type: 'string' },
      sink: { description: 'The sink whose steps it is about.', type: 'string' },
      in: items('The records that go in.'),
      out: items('The records that have to come out, in this order: values, or patterns of them.'),
      deadLetters: items('The records that have to fail, in this order; `code` in $record is the error of each.'),
      match: {
        description: '"subset": what is expected of an object may leave out fields. "exact": it names all of them.',
        enum: ['subset', 'exact'],
        default: 'subset',
      },
      tables: {
        description: 'Rows of the topics that lookups read: by topic, by key.',
        type: 'object',
        additionalProperties: { type: 'object' },
      },
    },
    required: ['name', 'in', 'out'],
    additionalProperties: false,
  },
}

/** The cases of a file that was checked. */
export function testCasesOf(document: Values): readonly TestCase[] {
  const raw = Array.isArray(document['tests']) ? (document['tests'] as readonly Values[]) : []
  return raw.flatMap((one) => {
    const role = testedRoles.find((each) => one[each] !== undefined)
    if (role === undefined) return []
    return [{ deadLetters: [], match: 'subset', tables: {}, ...one, role, id: one[role] } as unknown as TestCase]
  })
}

/** Cases that name no edge, more than one, or one that is not there; records with parts that there are not. */
export function testCaseProblems({ drafts }: CheckInputs): readonly Problem[] {
  return drafts.flatMap((draft) => {
    const { tests } = draft.document.values
    if (!Array.isArray(tests)) return []
    return tests.flatMap((one: unknown, index) => {
      const path = ['tests', String(index)]
      return isObject(one) ? [...edgeProblems(draft, path, one), ...recordProblems(draft, path, one)] : []
    })
  })
}

function edgeProblems(draft: Draft, path: readonly string[], one: Values): readonly Problem[] {
  const named = testedRoles.filter((role) => typeof one[role] === 'string')
  const [role] = named
  if (role === undefined || named.length > 1) {
    return [problemAt(draft, path, 'must name exactly one of "source", "transform" and "sink"')]
  }
  const known = draft.edges.filter(({ section }) => section === `${role}s`).map(({ id }) => id)
  const id = one[role] as string
  if (known.includes(id)) return []
  return [problemAt(draft, [...path, role], `there is no ${role} "${id}"`, suggest(id, known))]
}

function recordProblems(draft: Draft, path: readonly string[], one: Values): readonly Problem[] {
  return ['in', 'out', 'deadLetters'].flatMap((list) => {
    const found = one[list]
    if (!Array.isArray(found)) return []
    return found.flatMap((item: unknown, index) => {
      if (!isObject(item) || !('$record' in item)) return []
      const at = [...path, list, String(index), '$record']
      const record = item['$record']
      if (!isObject(record)) return [problemAt(draft, at, 'must be an object')]
      return Object.keys(record)
        .filter((part) => !recordParts.includes(part))
        .map((part) => problemAt(draft, [...at, part], 'unknown part of a record', suggest(part, recordParts)))
    })
  })
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
