// The kinds of steps without state as a file has them: schema, defaults and documentation in one. Light: what the steps
// do is loaded when a pipeline runs.

import type { SettingProblem } from '../../../connector/declaration.js'
import {
  choice,
  type Field,
  type Fields,
  flag,
  integer,
  list,
  optional,
  secret,
  section,
  type SettingsOf,
  text,
} from '../../../connector/fields.js'
import { parseFormatFields, parseFormatProblems, parseFormats } from '../parse-formats.js'
import { declareStep, type ExpressionPlace, type StepDeclaration } from '../step-declaration.js'

const mostFields = 200

const parseFields = {
  format: choice(parseFormats, { summary: 'How the text is read; it becomes a JSON object.' }),
  field: optional(
    text({ summary: 'The field that holds the text; absent, it is the whole value.', example: 'message' }),
  ),
  into: optional(
    text({
      summary: 'With `field`: the field that gets the object; absent, its fields join those of the value.',
      example: 'request',
    }),
  ),
  ...parseFormatFields,
  onFail: choice(['fail', 'keep', 'drop'], {
    summary:
      'What becomes of a record that cannot be parsed: it fails, as `onError` says, goes on as it is, or is left out.',
    default: 'fail',
  }),
  time: optional(
    text({
      summary: "The field of the object with the record's time: ISO 8601, or a number since 1970.",
      example: 'ts',
    }),
  ),
} satisfies Fields

const flattenFields = {
  separator: text({ summary: 'Stands between the names.', default: '.', example: '_' }),
  depth: integer({
    summary: 'So many levels are taken away; what lies deeper stays nested.',
    min: 1,
    max: 64,
    default: 64,
  }),
} satisfies Fields

const unnestFields = {
  field: text({ summary: 'The field with the object whose fields go up to the level of the value.', example: 'http' }),
  prefix: optional(text({ summary: 'Begins their new names.', example: 'http_' })),
} satisfies Fields

const splitFields = {
  field: text({ summary: 'The field with the list.', example: 'events' }),
  as: choice(['field', 'value'], {
    summary:
      '"field": each record is a copy with one element in the field. "value": the element, an object, is the value.',
    default: 'field',
  }),
} satisfies Fields

const routeFields = {
  cases: list(
    section(
      {
        when: text({ summary: 'Condition; the first case that holds counts.', example: "level == 'error'" }),
        to: text({ summary: 'The topic.', example: 'app.errors' }),
      },
      { summary: 'A condition and the topic for it.' },
    ),
    { summary: 'Conditions and the topics for them, looked at in their order.', default: [] },
  ),
  by: optional(text({ summary: 'Instead of cases: an expression that gives the topic.', example: "'app.' + service" })),
  topics: list(text({ summary: 'A topic.' }), {
    summary: 'With `by`: the topics that it may give. They are made at the start.',
    default: [],
    example: ['app.web', 'app.jobs'],
  }),
  otherwise: optional(
    text({
      summary:
        'The topic when no case holds, or `by` gives another; absent, the topic of the edge (with `by`: the record fails).',
    }),
  ),
} satisfies Fields

const sampleFields = {
  keep: integer({ summary: 'So many of …', min: 1, max: 1_000_000_000, default: 1 }),
  of: integer({
    summary: '… so many go on, by a hash: the same text gives the same answer everywhere.',
    min: 2,
    max: 1_000_000_000,
    example: 100,
  }),
  by: optional(
    text({
      summary: "Expression whose text is hashed; absent, the record's key, or its value when it has none.",
      example: 'traceId',
    }),
  ),
} satisfies Fields

/** What a field can be made into. */
const conversions = ['string', 'integer', 'number', 'boolean', 'time', 'milliseconds', 'seconds'] as const
export type Conversion = (typeof conversions)[number]

const convertFields = {
  fields: map(
    { type: 'string', enum: conversions },
    {
      summary:
        'Field → "string", "integer", "number", "boolean", or a time as "time" (ISO 8601), "milliseconds" or "seconds" since 1970. A field that is missing stays so.',
      example: { status: 'integer', ts: 'time' },
    },
  ) as Field<Readonly<Record<string, Conversion>>>,
  onFail: choice(['fail', 'keep', 'null'], {
    summary: 'What becomes of a value that cannot be converted: the record fails, it stays, or it becomes null.',
    default: 'fail',
  }),
} satisfies Fields

/** What a redact step finds by itself. */
const detectors = ['email', 'card', 'ipv4', 'ipv6', 'jwt'] as const
export type Detector = (typeof detectors)[number]

const redactFields = {
  fields: list(text({ summary: 'A field.' }), {
    summary:
      'Where it looks; absent, everywhere in the value. With neither `detect` nor `patterns`, these fields are redacted as a whole.',
    default: [],
    example: ['message'],
  }),
  detect: list(choice(detectors, { summary: 'What is found.' }), {
    summary: 'What it finds: "email", "card" (payment cards, by their check digit), "ipv4", "ipv6", "jwt".',
    default: [],
    example: ['email', 'card'],
  }),
  patterns: list(text({ summary: 'A regular expression.' }), {
    summary: 'What else it finds: regular expressions (RE2, linear time).',
    default: [],
    example: ['cust-[0-9]{6}'],
  }),
  by: choice(['mask', 'hash', 'remove'], {
    summary:
      '"mask" puts what it was in brackets, such as [email]; "hash" adds a keyed hash, so that equal texts stay equal; "remove" leaves nothing.',
    default: 'mask',
  }),
  key: optional(
    secret({ summary: 'For "hash": the key of the HMAC. Without it nobody can try out what a hash stands for.' }),
  ),
} satisfies Fields

const validateFields = {
  schema: optional(inlineSchema('The JSON Schema (draft-07) itself.')),
  file: optional(text({ summary: 'Or its file, relative to the pipeline file.', example: 'order.schema.json' })),
} satisfies Fields

const moduleFields = {
  file: text({
    summary: 'A module in the folder of the pipeline file or below. It is trusted: it runs as the hub does.',
    example: './enrich.mjs',
  }),
  function: text({ summary: 'The export that is called for each record.', default: 'transform' }),
  redacts: flag({
    summary: 'It takes out what must not be kept: dead letters of this edge go through it as well.',
    default: false,
  }),
} satisfies Fields

export type ParseSettings = SettingsOf<typeof parseFields>
export type FlattenSettings = SettingsOf<typeof flattenFields>
export type UnnestSettings = SettingsOf<typeof unnestFields>
export type SplitSettings = SettingsOf<typeof splitFields>
export type RouteSettings = SettingsOf<typeof routeFields>
export type SampleSettings = SettingsOf<typeof sampleFields>
export type ConvertSettings = SettingsOf<typeof convertFields>
export type RedactSettings = SettingsOf<typeof redactFields>
export type ValidateSettings = SettingsOf<typeof validateFields>
export type ModuleSettings = SettingsOf<typeof moduleFields>
export type TextMap = Readonly<Record<string, string>>

const filter = declareStep<string>({
  kind: 'filter',
  summary: 'Lets the records go on for which a condition holds.',
  field: text({ summary: 'The condition.', example: "level in ['error', 'fatal'] && status >= 500" }),
  places: 'anywhere',
  expressions: (condition) => [{ path: [], text: condition, isCondition: true }],
})

const set = declareStep<TextMap>({
  kind: 'set',
  summary: 'Sets fields, and the key, time or headers of the record, to what expressions give.',
  field: map(
    { type: 'string', minLength: 1 },
    {
      summary:
        'Field (or "$key", "$time", "$headers.NAME") → expression. All of them see the record as it was before the step.',
      example: { env: "'prod'", slow: 'took > 1000' },
    },
  ) as Field<TextMap>,
  places: 'anywhere',
  expressions: (fields) => Object.entries(fields).map(([name, expression]) => ({ path: [name], text: expression })),
  check: (fields) =>
    Object.keys(fields)
      .filter((name) => name.startsWith('$') && name !== '$key' && name !== '$time' && !/^\$headers\../.test(name))
      .map((name) => ({ path: [name], message: 'is none of "$key", "$time" and "$headers.NAME"' })),
})

const rename = declareStep<TextMap>({
  kind: 'rename',
  summary: 'Gives fields other names. One that is missing is passed over; one that has the new name is replaced.',
  field: map(
    { type: 'string', minLength: 1 },
    { summary: 'Old name → new name.', example: { msg: 'message' } },
  ) as Field<TextMap>,
  places: 'anywhere',
  expressions: noExpressions,
  check: (names) => {
    const targets = Object.values(names)
    const twice = Object.entries(names).filter(([, to], index) => targets.indexOf(to) < index)
    return twice.map(([from, to]) => ({ path: [from], message: `"${to}" is the new name of another field` }))
  },
})

const drop = declareStep<readonly string[]>({
  kind: 'drop',
  summary: 'Takes fields out.',
  field: list(text({ summary: 'A field.' }), {
    summary: 'The fields.',
    minItems: 1,
    example: ['debug', 'http.cookies'],
  }),
  places: 'anywhere',
  expressions: noExpressions,
})

const parse = declareStep<ParseSettings>({
  kind: 'parse',
  summary: 'Makes an object of a text: of the whole value, or of one field.',
  field: section(parseFields, { summary: 'What is read, and how.', example: { format: 'logfmt', field: 'message' } }),
  places: 'anywhere',
  expressions: ({ pattern }) => (pattern === undefined ? [] : [{ path: ['pattern'], text: pattern, isPattern: true }]),
  check: ({ into, field, ...format }) => [
    ...parseFormatProblems(format),
    ...problemIf(into !== undefined && field === undefined, ['into'], 'goes with "field" only'),
  ],
})

const flatten = declareStep<FlattenSettings>({
  kind: 'flatten',
  summary: 'Makes one level of nested objects: {"a": {"b": 1}} becomes {"a.b": 1}. Lists stay.',
  field: section(flattenFields, { summary: 'How.', example: { separator: '_' } }),
  places: 'anywhere',
  expressions: noExpressions,
})

const unnest = declareStep<UnnestSettings>({
  kind: 'unnest',
  summary: 'Brings the fields of a nested object up to the level of the value.',
  field: section(unnestFields, { summary: 'Which.', example: { field: 'http' } }),
  places: 'anywhere',
  expressions: noExpressions,
})

const split = declareStep<SplitSettings>({
  kind: 'split',
  summary: 'Makes one record of each element of a list; none of an empty one.',
  field: section(splitFields, { summary: 'Which list.', example: { field: 'events', as: 'value' } }),
  places: 'transforms',
  expressions: noExpressions,
})

const route = declareStep<RouteSettings>({
  kind: 'route',
  summary: 'Says which topic a record goes to.',
  field: section(routeFields, {
    summary: 'How.',
    example: { cases: [{ when: "level == 'error'", to: 'app.errors' }] },
  }),
  places: 'no-sinks',
  expressions: ({ cases, by }) => [
    ...cases.map(({ when }, index) => ({ path: ['cases', String(index), 'when'], text: when, isCondition: true })),
    ...(by === undefined ? [] : [{ path: ['by'], text: by }]),
  ],
  check: ({ cases, by, topics }) => [
    ...problemIf((by === undefined) === (cases.length === 0), [], 'takes either "cases" or "by"'),
    ...problemIf(by !== undefined && topics.length === 0, [], '"by" needs the "topics" that it may give'),
    ...problemIf(by === undefined && topics.length > 0, ['topics'], 'goes with "by" only'),
  ],
  writes: ({ cases, topics, otherwise }) => [
    ...cases.map(({ to }) => to),
    ...topics,
    ...(otherwise === undefined ? [] : [otherwise]),
  ],
})

const sample = declareStep<SampleSettings>({
  kind: 'sample',
  summary: 'Lets a part of the records go on, chosen by a hash.',
  field: section(sampleFields, { summary: 'Which part.', example: { keep: 1, of: 100, by: 'traceId' } }),
  places: 'anywhere',
  expressions: ({ by }) => (by === undefined ? [] : [{ path: ['by'], text: by }]),
  check: ({ keep, of }) => problemIf(keep >= of, ['keep'], `must be less than "of" (${of})`),
})

const convert = declareStep<ConvertSettings>({
  kind: 'convert',
  summary: 'Gives fields another type.',
  field: section(convertFields, { summary: 'Which.', example: { fields: { status: 'integer' } } }),
  places: 'anywhere',
  expressions: noExpressions,
})

const redact = declareStep<RedactSettings>({
  kind: 'redact',
  summary: 'Takes personal and secret texts out of the value. Dead letters of the edge hold the redacted form.',
  field: section(redactFields, {
    summary: 'What and how.',
    example: { fields: ['message'], detect: ['email', 'card'] },
  }),
  places: 'anywhere',
  expressions: ({ patterns }) =>
    patterns.map((pattern, index) => ({ path: ['patterns', String(index)], text: pattern, isPattern: true })),
  check: ({ fields, detect, patterns, by, key }) => [
    ...problemIf(fields.length + detect.length + patterns.length === 0, [], 'names nothing to redact'),
    ...problemIf(by === 'hash' && key === undefined, ['by'], '"hash" needs a "key"'),
    ...problemIf(by !== 'hash' && key !== undefined, ['key'], 'goes with "hash" only'),
  ],
})

const validate = declareStep<ValidateSettings>({
  kind: 'validate',
  summary: 'Lets the records go on whose value fits a JSON Schema; any other fails.',
  field: section(validateFields, { summary: 'The schema.', example: { file: 'order.schema.json' } }),
  places: 'anywhere',
  expressions: noExpressions,
  check: ({ schema, file }) => [
    ...problemIf((schema === undefined) === (file === undefined), [], 'takes either "schema" or "file"'),
    ...insideFolder(file),
  ],
})

const module = declareStep<ModuleSettings>({
  kind: 'module',
  summary: 'Calls a function of your own for each record.',
  field: section(moduleFields, { summary: 'Which.', example: { file: './enrich.mjs' } }),
  places: 'anywhere',
  expressions: noExpressions,
  check: ({ file }) => [
    ...insideFolder(file),
    ...problemIf(!/\.(?:mjs|js|ts|mts)$/.test(file), ['file'], 'must end in .mjs, .js, .ts or .mts'),
  ],
})

export const recordStepDeclarations: readonly StepDeclaration[] = [
  filter,
  set,
  rename,
  drop,
  parse,
  flatten,
  unnest,
  split,
  route,
  sample,
  convert,
  redact,
  validate,
  module,
]

function noExpressions(): readonly ExpressionPlace[] {
  return []
}

function problemIf(isProblem: boolean, path: readonly string[], message: string): readonly SettingProblem[] {
  return isProblem ? [{ path, message }] : []
}

/** What a file brings along lies beside it, so that it can be moved and reviewed as a whole. */
function insideFolder(file: string | undefined): readonly SettingProblem[] {
  const leaves = file !== undefined && (/^(?:[\\/]|[a-zA-Z]:)/.test(file) || file.split(/[\\/]/).includes('..'))
  return problemIf(leaves, ['file'], 'must lie in the folder of the pipeline file or below')
}

interface MapOptions {
  readonly summary: string
  readonly example: unknown
}

function map(
  values: { readonly type: 'string'; readonly minLength?: number; readonly enum?: readonly string[] },
  { summary, example }: MapOptions,
): Field<unknown> {
  const bounds = { minProperties: 1, maxProperties: mostFields, propertyNames: { minLength: 1 } }
  const schema = { description: summary, type: 'object', ...bounds, additionalProperties: values }
  return { summary, example, schema, read: (raw) => raw, defaultText: undefined, required: true, secret: false }
}

function inlineSchema(summary: string): Field<Readonly<Record<string, unknown>>> {
  const schema = { description: summary, type: 'object' }
  const read = (raw: unknown): Readonly<Record<string, unknown>> => raw as Readonly<Record<string, unknown>>
  return { summary, example: { required: ['id'] }, schema, read, defaultText: undefined, required: true, secret: false }
}
