// The settings of a pipeline file that belong to no connector: topics, error handling, parsing, both ends of an edge.
// They are fields like a connector's, so that the schema, the defaults and the documentation come from one expression.
//
// A topic's defaults are those of core/engine/topic-admin.ts; a test holds them equal. A plan always carries all of a
// topic's settings, so that taking one out of the file brings its default back.

import {
  choice,
  duration,
  integer,
  list,
  optional,
  section,
  size,
  text,
  type Field,
  type SettingsOf,
} from '../core/connector/fields.js'
import type { StepPlan } from '../core/pipeline/pipeline-plan.js'
import { parseFormatFields, parseFormats } from '../core/pipeline/steps/parse-formats.js'
import { stepDeclarationOf, stepDeclarations } from '../core/pipeline/steps/step-declarations.js'

/** The text that lifts a limit. */
export const unlimited = 'unlimited'

/** A duration or size that may also be `"unlimited"`, which is -1 for the log. */
function orUnlimited(of: Field<number>, format: string, byDefault?: string): Field<number> {
  const defaultText = byDefault ?? of.defaultText
  return {
    ...of,
    required: false,
    defaultText,
    schema: { ...of.schema, format, default: defaultText },
    read(raw) {
      const value = raw ?? defaultText
      return value === unlimited ? -1 : of.read(value)
    },
  }
}

const day = 24 * 3600_000

const retention = section(
  {
    time: orUnlimited(
      duration({ summary: 'How long records are kept, or "unlimited".', default: 7 * day, example: '30d' }),
      'duration-or-unlimited',
    ),
    bytes: orUnlimited(
      size({ summary: 'How many bytes each partition keeps, or "unlimited".', example: '20GiB' }),
      'size-or-unlimited',
      unlimited,
    ),
  },
  { summary: 'When records may be deleted. What a sink still needs is kept beyond it.' },
)

const segment = section(
  {
    bytes: size({ summary: 'A segment is closed at this size.', default: 1024 ** 3, example: '256MiB' }),
    time: duration({ summary: 'A segment is closed at this age.', default: 7 * day, example: '1d' }),
  },
  { summary: 'The files that a partition is cut into; retention deletes whole segments.' },
)

const compaction = section(
  {
    tombstones: duration({
      summary: 'How long a record without a value, which deletes its key, stays readable.',
      default: day,
      example: '7d',
    }),
    dirtyPercent: integer({
      summary: 'Compaction starts when this part of the log is not compacted yet.',
      default: 50,
      min: 1,
      max: 100,
      example: 20,
    }),
  },
  { summary: 'For topics with `cleanup` "compact".' },
)

export const topicFields = {
  partitions: integer({
    summary: 'Partitions; each keeps its own order. Raising the number later moves keys to other partitions.',
    default: 1,
    min: 1,
    max: 1000,
    example: 4,
  }),
  cleanup: choice(['delete', 'compact', 'compact,delete'], {
    summary: 'Whether old records are deleted, or only the newest of each key is kept.',
    default: 'delete',
    example: 'compact',
  }),
  retention,
  segment,
  compaction,
  durability: choice(['fsync', 'written'], {
    summary:
      '"fsync": acknowledged means fsynced. "written": acknowledged means handed to the kernel, and a power failure may lose the last `flush`.',
    default: 'fsync',
    example: 'written',
  }),
  flush: duration({
    summary: 'With `durability` "written": how long an append may wait for its sync.',
    default: 200,
    example: '1s',
  }),
  timestampType: choice(['create', 'append'], {
    summary:
      '"create": records keep the time of their source or producer. "append": they get the time of their append.',
    default: 'create',
    example: 'append',
  }),
  maxBatch: size({
    summary: 'The largest batch of records, with its header.',
    default: (1024 + 64) * 1024,
    example: '4MiB',
  }),
}

export const onErrorFields = {
  deadLetter: optional(
    text({
      summary: 'The topic for records that cannot be delivered. Without one such a record stops its edge.',
      example: 'shop.dead',
    }),
  ),
  maxAttempts: integer({
    summary: 'Attempts of one record before it goes there. Failures of the target do not count.',
    default: 8,
    min: 1,
    max: 1000,
  }),
}

const parseFields = {
  format: choice(parseFormats, { summary: 'How the value is read; it becomes a JSON object.' }),
  ...parseFormatFields,
  onFail: choice(['keep', 'dead-letter', 'drop'], {
    summary:
      'What becomes of a record that cannot be parsed: it goes on as it is, to the dead letters, or is counted and dropped.',
    default: 'keep',
  }),
  time: optional(
    text({
      summary: "The field with the record's time: ISO 8601, or seconds or milliseconds since 1970.",
      example: 'ts',
    }),
  ),
}

const onError = section(onErrorFields, {
  summary: 'What happens to records that fail; what it leaves out comes from `defaults.onError`.',
})

const steps = stepList({ summary: 'What happens to each record on the way, in this order.' })

/** A list of objects with one key each, which is the kind of the step. */
function stepList({ summary }: { readonly summary: string }): Field<readonly StepPlan[]> {
  const kinds = Object.fromEntries(stepDeclarations.map(({ kind, field }) => [kind, field.schema]))
  const one = { type: 'object', properties: kinds, additionalProperties: false, minProperties: 1, maxProperties: 1 }
  return {
    summary,
    schema: { description: summary, type: 'array', items: one, default: [] },
    defaultText: [],
    example: undefined,
    required: false,
    secret: false,
    read: (raw) => ((raw ?? []) as readonly Readonly<Record<string, unknown>>[]).map(stepPlan),
  }
}

function stepPlan(raw: Readonly<Record<string, unknown>>): StepPlan {
  const [kind = '', settings] = Object.entries(raw)[0] ?? []
  return { kind, settings: stepDeclarationOf(kind)?.field.read(settings) }
}

/** What every source has besides its connector's own settings. */
export const sourceEdgeFields = {
  to: text({
    summary:
      'The topic that the records go to, or with some sources a template of topics; made with `defaults.topic` when it is not declared.',
  }),
  parse: optional(section(parseFields, { summary: 'Makes the value a JSON object, as the first step.' })),
  key: optional(
    text({
      summary: "Path of the field of the value that becomes the key; without it the source's own key stays.",
      example: 'pod.name',
    }),
  ),
  steps,
  onError,
}

/** All that a transform has. */
export const transformEdgeFields = {
  from: list(text({ summary: 'A topic.' }), {
    summary: 'The topics that it reads.',
    minItems: 1,
    example: ['app.logs'],
  }),
  to: text({
    summary: 'The topic for records that no step sends elsewhere; made with `defaults.topic` when it is not declared.',
    example: 'app.errors',
  }),
  steps,
  onError,
}

/** What every sink has besides its connector's own settings. */
export const sinkEdgeFields = {
  from: list(text({ summary: 'A topic.' }), {
    summary: 'The topics that it reads.',
    minItems: 1,
    example: ['app.logs'],
  }),
  steps,
  onError,
}

export const defaultsFields = {
  topic: section(topicFields, { summary: 'For topics that are not declared, and what declared ones leave out.' }),
  onError: section(onErrorFields, { summary: 'For edges without an `onError` of their own.' }),
}

export type TopicFieldSettings = SettingsOf<typeof topicFields>
export type OnErrorSettings = SettingsOf<typeof onErrorFields>
