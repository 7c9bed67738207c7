// The settings of the steps with state, as a file has them: schema, defaults and documentation in one.

import type { SettingProblem } from '../../../connector/declaration.js'
import {
  choice,
  duration,
  type Field,
  type Fields,
  flag,
  integer,
  optional,
  type SettingsOf,
  size,
  text,
} from '../../../connector/fields.js'
import { type AggregateFunction, aggregateFunctions } from './accumulators.js'
import { mostWindowsPerRecord } from './window-frame.js'

export type StatefulKind = 'throttle' | 'dedupe' | 'lookup' | 'aggregate'

/** A field of the emitted record, and what it is made from. */
export interface AggregateValue {
  readonly function: AggregateFunction
  /** Undefined for `count`. */
  readonly expression: string | undefined
}

const mostValues = 32
const mostGroupFields = 8

const name = optional(
  text({
    summary:
      'Under what the step remembers. Another name begins with nothing, and what lay under the old one is forgotten.',
    pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
    example: 'dedupe-v2',
  }),
)

const idle = duration({
  summary: 'A partition that brings nothing for so long no longer holds up the time of the others.',
  default: 60_000,
})

const throttleFields = {
  name,
  limit: integer({ summary: 'So many records pass in each window.', min: 1, max: 1_000_000_000, example: 100 }),
  per: duration({ summary: "How long a window is, by the records' time.", example: '1m' }),
  key: optional(text({ summary: 'Expression: each of its values has a limit of its own.', example: 'customer' })),
  onExceed: choice(['drop', 'fail'], {
    summary: 'What becomes of the others: left out and counted, or failed, as `onError` says.',
    default: 'drop',
  }),
  maxKeys: integer({ summary: 'With more keys, the oldest begin anew.', min: 1, max: 10_000_000, default: 1_000_000 }),
  idle,
} satisfies Fields

const dedupeFields = {
  name,
  key: optional(
    text({
      summary: "Expression: records with the same value are the same. The record's key when absent.",
      example: 'id',
    }),
  ),
  window: duration({ summary: "How long a key counts as seen, by the records' time.", example: '1h' }),
  maxKeys: integer({
    summary: 'With more keys, the oldest are forgotten before their time.',
    min: 1,
    max: 10_000_000,
    default: 1_000_000,
  }),
  idle,
} satisfies Fields

const lookupFields = {
  name,
  table: text({
    summary: 'The topic with the rows: the newest record of a key is its row.',
    example: 'shop.customers',
  }),
  key: text({ summary: 'Expression: the key of the row for this record.', example: 'customerId' }),
  into: text({ summary: 'The field that gets the row.', example: 'customer' }),
  missing: choice(['keep', 'null', 'drop', 'fail'], {
    summary: 'A record without a row goes on as it is, with null in the field, is left out, or fails.',
    default: 'keep',
  }),
  maxBytes: size({ summary: 'The memory that the table may take.', default: 256 * 1024 ** 2 }),
} satisfies Fields

const aggregateFields = {
  name,
  by: expressionMap({
    summary: 'Field of the emitted record → expression: records with the same values are one group.',
    example: { service: 'service' },
  }),
  window: duration({
    summary: "How long a window is, by the records' time; windows are aligned to UTC.",
    example: '1m',
  }),
  every: optional(
    duration({
      summary: 'A window begins so often, so that they overlap; absent, one begins where the last ends.',
      example: '10s',
    }),
  ),
  values: aggregateValues({
    summary: 'Field of the emitted record → what is made of the group.',
    example: { requests: { count: true }, bytes: { sum: 'bytes' } },
  }),
  lateness: duration({ summary: 'How long a window waits for records that come late.', default: 0 }),
  lateTo: optional(
    text({ summary: 'The topic for records behind their windows; absent, they are counted and left out.' }),
  ),
  updates: flag({ summary: 'Whether a window is also emitted while it is open, when it has changed.', default: false }),
  maxGroups: integer({ summary: 'Groups over all open windows.', min: 1, max: 10_000_000, default: 100_000 }),
  maxDistinct: integer({
    summary: 'Different values that `distinct` tells apart in one window of one group.',
    min: 1,
    max: 50_000,
    default: 10_000,
  }),
  idle,
} satisfies Fields

export type ThrottleSettings = SettingsOf<typeof throttleFields>
export type DedupeSettings = SettingsOf<typeof dedupeFields>
export type LookupSettings = SettingsOf<typeof lookupFields>
export type AggregateSettings = SettingsOf<typeof aggregateFields>

/** An expression in the settings of a step, and where it stands. */
export interface ExpressionPlace {
  readonly path: readonly string[]
  readonly text: string
}

/** What a step with state says of itself, as a connector's declaration does. */
export interface StatefulDeclaration<S> {
  readonly kind: StatefulKind
  readonly summary: string
  readonly fields: Fields
  readonly expressions: (settings: S) => readonly ExpressionPlace[]
  readonly check: (settings: S) => readonly SettingProblem[]
}

const throttle: StatefulDeclaration<ThrottleSettings> = {
  kind: 'throttle',
  summary: 'Lets so many records of a key pass in each window of time.',
  fields: throttleFields,
  expressions: ({ key }) => (key === undefined ? [] : [{ path: ['key'], text: key }]),
  check: ({ per, idle: idleMs }) => [...atLeast(['per'], per, 1_000), ...atLeast(['idle'], idleMs, 1_000)],
}

const dedupe: StatefulDeclaration<DedupeSettings> = {
  kind: 'dedupe',
  summary: 'Leaves out records that repeat one of the last while.',
  fields: dedupeFields,
  expressions: ({ key }) => (key === undefined ? [] : [{ path: ['key'], text: key }]),
  check: ({ window, idle: idleMs }) => [...atLeast(['window'], window, 1), ...atLeast(['idle'], idleMs, 1_000)],
}

const lookup: StatefulDeclaration<LookupSettings> = {
  kind: 'lookup',
  summary: 'Brings a row of a table, a topic, into a field.',
  fields: lookupFields,
  expressions: ({ key }) => [{ path: ['key'], text: key }],
  check: () => [],
}

const aggregate: StatefulDeclaration<AggregateSettings> = {
  kind: 'aggregate',
  summary: 'Counts, sums and the like over windows of time, by groups.',
  fields: aggregateFields,
  expressions: ({ by, values }) => [
    ...Object.entries(by).map(([field, expression]) => ({ path: ['by', field], text: expression })),
    ...Object.entries(values).flatMap(([field, value]) =>
      value.expression === undefined ? [] : [{ path: ['values', field, value.function], text: value.expression }],
    ),
  ],
  check: checkAggregate,
}

/** The four kinds of steps with state; they stand in transforms only. */
export const statefulDeclarations = { throttle, dedupe, lookup, aggregate } as const

function checkAggregate(settings: AggregateSettings): readonly SettingProblem[] {
  const { window, every = window, by, values, idle: idleMs, updates } = settings
  const problems = [...atLeast(['window'], window, 1_000), ...atLeast(['idle'], idleMs, 1_000)]
  if (every <= 0 || window % every !== 0)
    problems.push({ path: ['every'], message: 'must divide `window` without a rest' })
  else if (window / every > mostWindowsPerRecord) {
    problems.push({
      path: ['every'],
      message: `puts each record into ${window / every} windows; ${mostWindowsPerRecord} are the most`,
    })
  }
  const taken = new Set(['start', 'end', ...(updates ? ['final'] : [])])
  for (const [section, fields] of [
    ['by', by],
    ['values', values],
  ] as const) {
    for (const field of Object.keys(fields)) {
      if (taken.has(field)) problems.push({ path: [section, field], message: 'is a field that the window has already' })
      taken.add(field)
    }
  }
  return problems
}

function atLeast(path: readonly string[], ms: number, leastMs: number): SettingProblem[] {
  return ms >= leastMs ? [] : [{ path, message: `must be at least ${leastMs} ms` }]
}

interface MapOptions {
  readonly summary: string
  readonly example: unknown
}

function expressionMap({ summary, example }: MapOptions): Field<Readonly<Record<string, string>>> {
  const schema = {
    description: summary,
    default: {},
    type: 'object',
    maxProperties: mostGroupFields,
    additionalProperties: { type: 'string', minLength: 1 },
  }
  const read = (raw: unknown): Readonly<Record<string, string>> => (raw ?? {}) as Readonly<Record<string, string>>
  return { summary, example, schema, read, defaultText: {}, required: false, secret: false }
}

function aggregateValues({ summary, example }: MapOptions): Field<Readonly<Record<string, AggregateValue>>> {
  const functions = aggregateFunctions.map((kind) => [kind, kind === 'count' ? { const: true } : { type: 'string' }])
  const one = {
    type: 'object',
    minProperties: 1,
    maxProperties: 1,
    properties: Object.fromEntries(functions) as Record<string, unknown>,
    additionalProperties: false,
  }
  const schema = {
    description: summary,
    type: 'object',
    minProperties: 1,
    maxProperties: mostValues,
    additionalProperties: one,
  }
  const read = (raw: unknown): Readonly<Record<string, AggregateValue>> => {
    const entries = Object.entries(raw as Readonly<Record<string, Readonly<Record<string, unknown>>>>)
    return Object.fromEntries(entries.map(([field, value]) => [field, aggregateValue(value)]))
  }
  return { summary, example, schema, read, defaultText: undefined, required: true, secret: false }
}

function aggregateValue(raw: Readonly<Record<string, unknown>>): AggregateValue {
  const [kind, expression] = Object.entries(raw)[0] as [AggregateFunction, unknown]
  return { function: kind, expression: typeof expression === 'string' ? expression : undefined }
}
