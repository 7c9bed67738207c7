// What ajv found, in words that help: one table from keyword to message, and where in the file it belongs.

import type { ErrorObject } from 'ajv'
import type { Document, Values } from './document.js'
import { textFormats } from './pipeline-schema.js'
import { withoutCredentials } from './print.js'
import type { Problem } from './problem.js'
import { suggest } from './suggestion.js'

interface Complaint {
  readonly message: string
  readonly suggestion?: string
  /** The key that is wrong, below the value the error stands at. */
  readonly key?: string
  /** The mistake is the key itself (unknown) or what it owns (something missing inside), not the value. */
  readonly atKey?: boolean
}

/** A schema error as ajv gives it with `verbose`. */
type SchemaError = ErrorObject<string, Record<string, unknown>, unknown>

/** The problem an error stands for; undefined when another error of the same place says it better. */
export function schemaProblem(document: Document, found: ErrorObject): Problem | undefined {
  const error = found as SchemaError
  const complaint = complaintOf(error)
  if (complaint === undefined) return undefined
  const { message, suggestion, key, atKey = false } = complaint
  const owner = pathOf(error.instancePath)
  const path = key === undefined ? owner : [...owner, key]
  const position = atKey ? document.keyPosition(path) : document.valuePosition(path)
  return { file: document.file, position, path, message, ...(suggestion === undefined ? {} : { suggestion }) }
}

function complaintOf(error: SchemaError): Complaint | undefined {
  // What is wrong with a name is said once, by the `propertyNames` around it.
  if (error.propertyName !== undefined && error.keyword !== 'propertyNames') return undefined
  if (error.schemaPath.includes('/$defs/secret/')) return secretComplaint
  return complaints[error.keyword]?.(error) ?? { message: error.message ?? `breaks the rule "${error.keyword}"` }
}

const secretComplaint: Complaint = {
  message: 'must be {"$env": "NAME"} or {"$file": "PATH"}: a secret does not stand in the file',
}

const complaints: Readonly<Record<string, (error: SchemaError) => Complaint>> = {
  additionalProperties({ params, parentSchema }) {
    const key = String(params['additionalProperty'])
    const known = Object.keys((parentSchema?.['properties'] ?? {}) as Values)
    const suggestion = suggest(key, known)
    return { key, atKey: true, message: 'unknown key', ...(suggestion === undefined ? {} : { suggestion }) }
  },
  required: ({ params }) => ({ atKey: true, message: `"${String(params['missingProperty'])}" is missing` }),
  type({ params, data }) {
    return { message: `must be ${withArticle(String(params['type']))}, not ${kindOf(data)}` }
  },
  const: ({ params, data }) => ({ message: `must be ${shown(params['allowedValue'])}, not ${shown(data)}` }),
  enum({ params, data }) {
    const values = params['allowedValues'] as readonly unknown[]
    const suggestion = typeof data === 'string' ? suggest(data, values.map(String)) : undefined
    const message = `must be one of ${values.map(shown).join(', ')}, not ${shown(data)}`
    return { message, ...(suggestion === undefined ? {} : { suggestion }) }
  },
  minimum: ({ params, data }) => ({ message: `must be at least ${String(params['limit'])}, not ${shown(data)}` }),
  maximum: ({ params, data }) => ({ message: `must be at most ${String(params['limit'])}, not ${shown(data)}` }),
  minProperties: () => ({ message: 'must name a kind of step' }),
  maxProperties: ({ data }) => ({
    message: `must be one step with one key, not ${Object.keys((data ?? {}) as Values).length}`,
  }),
  minItems: ({ params }) => ({ message: `must have at least ${String(params['limit'])} item` }),
  minLength: () => ({ message: 'must not be empty' }),
  format({ params, data }) {
    const expected = textFormats[String(params['format'])]?.expected ?? String(params['format'])
    return { message: `must be ${expected}, not ${shown(data)}` }
  },
  pattern: ({ params, data }) => ({ message: `must match ${String(params['pattern'])}, not ${shown(data)}` }),
  propertyNames({ params }) {
    const key = String(params['propertyName'])
    return { key, atKey: true, message: 'not a valid id: use 1 to 64 of a-z A-Z 0-9 _ -' }
  },
  discriminator({ params, parentSchema, data }) {
    const types = ((parentSchema?.['oneOf'] ?? []) as readonly EdgeBranch[]).map(
      ({ properties }) => properties.type.const,
    )
    const value = (data as Values | null)?.['type']
    if (value === undefined) return { atKey: true, message: `"type" is missing: one of ${types.map(shown).join(', ')}` }
    const key = String(params['tag'])
    if (typeof value !== 'string') return { key, message: `must be a string, not ${kindOf(value)}` }
    const suggestion = suggest(value, types)
    const message = `unknown type ${shown(value)}: one of ${types.map(shown).join(', ')}`
    return { key, message, ...(suggestion === undefined ? {} : { suggestion }) }
  },
}

interface EdgeBranch {
  readonly properties: { readonly type: { readonly const: string } }
}

/** A JSON pointer as keys. */
function pathOf(pointer: string): readonly string[] {
  if (pointer === '') return []
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function withArticle(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return withArticle(Array.isArray(value) ? 'array' : typeof value)
}

/** A value in a message; long ones are cut, since a pasted file may be meant for another key. */
function shown(value: unknown): string {
  const text = withoutCredentials(JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
