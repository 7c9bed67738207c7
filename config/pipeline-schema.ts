// The JSON Schema (draft-07) of the pipeline file, composed from the fields of the file and of every connector. The
// same schema validates (config/validate.ts) and helps editors (`tailrace schema`).

import type { ConnectorDeclaration } from '../core/connector/declaration.js'
import {
  objectSchema,
  parseDurationMs,
  parseSizeBytes,
  type Fields,
  type JsonSchema,
} from '../core/connector/fields.js'
import {
  defaultsFields,
  sinkEdgeFields,
  sourceEdgeFields,
  topicFields,
  transformEdgeFields,
  unlimited,
} from './file-fields.js'
import { testsSchema } from './test-cases.js'

export type EdgeSection = 'sources' | 'transforms' | 'sinks'

/** Ids of edges and names of pipelines: no dot, since a consumer group is PIPELINE.SINK. */
const idPattern = '^[A-Za-z0-9_-]{1,64}$'

interface TextFormat {
  readonly pattern: string
  /** For messages: `must be …`. */
  readonly expected: string
  accepts(value: string): boolean
}

const durationPattern = '\\d+(?:\\.\\d+)?(?:ms|s|m|h|d)'
const sizePattern = '\\d+(?:\\.\\d+)?(?:B|KiB|MiB|GiB|TiB)'
const isDuration = (value: string): boolean => Number.isSafeInteger(parseDurationMs(value))
const isSize = (value: string): boolean => Number.isSafeInteger(parseSizeBytes(value))

/** The formats of text that fields name. */
export const textFormats: Readonly<Record<string, TextFormat>> = {
  'duration-text': {
    pattern: `^${durationPattern}$`,
    expected: 'a duration such as "250ms", "30s", "5m", "12h" or "7d"',
    accepts: isDuration,
  },
  'size-text': {
    pattern: `^${sizePattern}$`,
    expected: 'a size such as "100B", "512KiB", "64MiB" or "1GiB"',
    accepts: isSize,
  },
  'duration-or-unlimited': {
    pattern: `^(?:${durationPattern}|${unlimited})$`,
    expected: `a duration such as "12h" or "7d", or "${unlimited}"`,
    accepts: (value) => value === unlimited || isDuration(value),
  },
  'size-or-unlimited': {
    pattern: `^(?:${sizePattern}|${unlimited})$`,
    expected: `a size such as "512MiB" or "20GiB", or "${unlimited}"`,
    accepts: (value) => value === unlimited || isSize(value),
  },
}

const secretSchema: JsonSchema = {
  description: 'A reference to a secret: {"$env": "NAME"} or {"$file": "PATH"}.',
  type: 'object',
  properties: { $env: { type: 'string', minLength: 1 }, $file: { type: 'string', minLength: 1 } },
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
}

/** The whole schema, for the connectors given. */
export function pipelineSchema(declarations: readonly ConnectorDeclaration[]): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Tailrace pipeline file',
    $defs: { secret: secretSchema },
    type: 'object',
    properties: {
      $schema: { description: 'The schema for editors, as `tailrace schema` prints it.', type: 'string' },
      version: { description: 'The version of this format.', const: 1 },
      name: {
        description: 'The name of the pipeline; consumer groups and state carry it.',
        type: 'string',
        pattern: idPattern,
      },
      defaults: { description: 'What topics and edges leave out.', ...partialSchema(defaultsFields) },
      topics: {
        description: 'Topics by name. A topic that an edge names is made by itself; here it gets settings.',
        type: 'object',
        additionalProperties: partialSchema(topicFields),
      },
      sources: { description: 'Where records come from, by id.', ...edgesSchema('sources', declarations) },
      transforms: { description: 'From topics to a topic, through steps, by id.', ...transformsSchema() },
      sinks: { description: 'Where records go, by id.', ...edgesSchema('sinks', declarations) },
      tests: testsSchema,
    },
    required: ['version', 'name'],
    additionalProperties: false,
  }
}

/** The schema with what an editor needs instead of our own formats and ajv's `discriminator`. */
export function editorSchema(declarations: readonly ConnectorDeclaration[]): JsonSchema {
  return forEditors(pipelineSchema(declarations)) as JsonSchema
}

/** Which section of a file a connector stands in. */
export function sectionOf(declaration: ConnectorDeclaration): 'sources' | 'sinks' {
  return declaration.role === 'sink' ? 'sinks' : 'sources'
}

/** All settings of an edge of this connector: its own and those of every edge. */
function edgeFields(declaration: ConnectorDeclaration): Fields {
  return { ...declaration.fields, ...(sectionOf(declaration) === 'sinks' ? sinkEdgeFields : sourceEdgeFields) }
}

function edgesSchema(section: EdgeSection, declarations: readonly ConnectorDeclaration[]): JsonSchema {
  const ours = declarations.filter((declaration) => sectionOf(declaration) === section)
  return {
    type: 'object',
    propertyNames: { pattern: idPattern },
    additionalProperties: {
      type: 'object',
      discriminator: { propertyName: 'type' },
      oneOf: ours.map(edgeSchema),
    },
  }
}

function transformsSchema(): JsonSchema {
  return {
    type: 'object',
    propertyNames: { pattern: idPattern },
    additionalProperties: objectSchema(transformEdgeFields),
  }
}

function edgeSchema(declaration: ConnectorDeclaration): JsonSchema {
  const schema = objectSchema(edgeFields(declaration))
  const properties = schema['properties'] as Readonly<Record<string, JsonSchema>>
  const required = schema['required'] as readonly string[]
  return {
    ...schema,
    description: declaration.summary,
    properties: { type: { const: declaration.type, description: declaration.summary }, ...properties },
    required: ['type', ...required],
  }
}

/** Where every setting may be left out, since another place completes it. */
function partialSchema(fields: Fields): JsonSchema {
  return { ...objectSchema(fields), required: [] }
}

function forEditors(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(forEditors)
  if (typeof schema !== 'object' || schema === null) return schema
  const made: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(schema)) {
    const format = key === 'format' && typeof value === 'string' ? textFormats[value] : undefined
    if (format !== undefined) made['pattern'] = format.pattern
    else if (key !== 'discriminator') made[key] = forEditors(value)
  }
  return made
}
