// One expression per setting: its JSON Schema, its default, its documentation, its TypeScript type and the conversion
// of its text form (durations to milliseconds, sizes to bytes). Declarations are made of these; config/ composes them
// into the schema of the pipeline file, cli/ into `tailrace connectors TYPE` and docs.

import { invariant } from '../errors/invariant.js'
import type { Secret } from './secret.js'

export type JsonSchema = Readonly<Record<string, unknown>>

export interface FieldOptions<T> {
  readonly summary: string
  /** The value when the setting is absent; a field without one (and not `optional`) must be given. */
  readonly default?: T
  /** As a user writes it in the file. */
  readonly example?: unknown
}

/** One setting. `read` takes a value that the schema accepted and gives what a connector works with. */
export interface Field<T> {
  readonly summary: string
  readonly schema: JsonSchema
  /** As the user would write it; undefined when there is none. */
  readonly defaultText: unknown
  readonly example: unknown
  readonly required: boolean
  /** Never printed, and given as `{"$env": …}` or `{"$file": …}` only. */
  readonly secret: boolean
  /** The settings inside, for documentation; undefined for a plain value. */
  readonly inside?: Fields
  read(raw: unknown): T
}

export type Fields = Readonly<Record<string, Field<unknown>>>

/** What a connector gets: the settings of a table of fields, defaults filled in, texts converted. */
export type SettingsOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

interface Making<T> {
  readonly schema: JsonSchema
  readonly options: FieldOptions<T>
  readonly convert: (raw: unknown) => T
  readonly print: (value: T) => unknown
  readonly inside?: Fields
}

function field<T>(making: Making<T>): Field<T> {
  const { schema, options, convert, print } = making
  const fallback = options.default
  const defaultText = fallback === undefined ? undefined : print(fallback)
  return {
    summary: options.summary,
    schema: { description: options.summary, ...(defaultText === undefined ? {} : { default: defaultText }), ...schema },
    defaultText,
    example: options.example,
    required: fallback === undefined,
    secret: false,
    inside: making.inside,
    read: (raw) => (raw === undefined ? (fallback as T) : convert(raw)),
  }
}

const same = <T>(value: T): unknown => value

export function text(
  options: FieldOptions<string> & { readonly pattern?: string; readonly minLength?: number },
): Field<string> {
  const { pattern, minLength = 1 } = options
  const schema = { type: 'string', minLength, ...(pattern === undefined ? {} : { pattern }) }
  return field({ schema, options, convert: (raw) => raw as string, print: same })
}

export function flag(options: FieldOptions<boolean>): Field<boolean> {
  return field({ schema: { type: 'boolean' }, options, convert: (raw) => raw as boolean, print: same })
}

export function integer(options: FieldOptions<number> & { readonly min: number; readonly max: number }): Field<number> {
  const schema = { type: 'integer', minimum: options.min, maximum: options.max }
  return field({ schema, options, convert: (raw) => raw as number, print: same })
}

export function choice<const T extends string>(values: readonly T[], options: FieldOptions<NoInfer<T>>): Field<T> {
  return field({ schema: { enum: values }, options, convert: (raw) => raw as T, print: same })
}

/** `"30s"`, `"5m"`, `"250ms"`, `"7d"`; milliseconds. */
export function duration(options: FieldOptions<number>): Field<number> {
  const schema = { type: 'string', format: 'duration-text' }
  return field({ schema, options, convert: (raw) => parseDurationMs(raw as string) ?? 0, print: durationText })
}

/** `"64MiB"`, `"1GiB"`, `"512KiB"`, `"100B"`; bytes. */
export function size(options: FieldOptions<number>): Field<number> {
  const schema = { type: 'string', format: 'size-text' }
  return field({ schema, options, convert: (raw) => parseSizeBytes(raw as string) ?? 0, print: sizeText })
}

/** A secret in the file is a reference; config resolves it to a `Secret` before `read`. It has no default. */
export function secret(options: Omit<FieldOptions<Secret>, 'default'>): Field<Secret> {
  const schema = { $ref: '#/$defs/secret' }
  const made = field<Secret>({ schema, options, convert: (raw) => raw as Secret, print: () => undefined })
  return { ...made, secret: true }
}

export function list<T>(
  of: Field<T>,
  options: FieldOptions<readonly T[]> & { readonly minItems?: number },
): Field<readonly T[]> {
  const schema = { type: 'array', items: of.schema, minItems: options.minItems ?? 0 }
  return field({ schema, options, convert: (raw) => (raw as unknown[]).map((item) => of.read(item)), print: same })
}

/** A nested table of settings; absent means that all of them take their defaults, unless it is made `optional`. */
export function section<const F extends Fields>(
  fields: F,
  options: { readonly summary: string; readonly example?: unknown },
): Field<SettingsOf<F>> {
  const whole = Object.values(fields).every((inner) => !inner.required)
  return {
    summary: options.summary,
    schema: { description: options.summary, ...objectSchema(fields) },
    defaultText: undefined,
    example: options.example,
    required: !whole,
    secret: false,
    inside: fields,
    read: (raw) => readSettings(fields, (raw ?? {}) as Readonly<Record<string, unknown>>),
  }
}

/** The setting may be absent; then it is undefined. */
export function optional<T>(of: Field<T>): Field<T | undefined> {
  return { ...of, required: false, read: (raw) => (raw === undefined ? undefined : of.read(raw)) }
}

/** A closed JSON Schema for a table of fields. */
export function objectSchema(fields: Fields): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  const required: string[] = []
  for (const [name, inner] of Object.entries(fields)) {
    properties[name] = inner.schema
    if (inner.required) required.push(name)
  }
  return { type: 'object', properties, required, additionalProperties: false }
}

/** Settings from a value that `objectSchema(fields)` accepted. */
export function readSettings<const F extends Fields>(fields: F, raw: Readonly<Record<string, unknown>>): SettingsOf<F> {
  const settings: Record<string, unknown> = {}
  for (const [name, inner] of Object.entries(fields)) settings[name] = inner.read(raw[name])
  return settings as SettingsOf<F>
}

const durationUnits = { ms: 1, s: 1000, m: 60_000, h: 3600_000, d: 24 * 3600_000 }
const sizeUnits = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 }

/** Milliseconds, or undefined when the text is no duration. */
export function parseDurationMs(value: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value)
  return match ? Math.round(Number(match[1]) * durationUnits[match[2] as keyof typeof durationUnits]) : undefined
}

/** Bytes, or undefined when the text is no size. */
export function parseSizeBytes(value: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB|TiB)$/.exec(value)
  return match ? Math.round(Number(match[1]) * sizeUnits[match[2] as keyof typeof sizeUnits]) : undefined
}

/** The shortest exact text of a duration. */
function durationText(ms: number): string {
  return inLargestUnit(ms, durationUnits)
}

/** The shortest exact text of a size. */
function sizeText(bytes: number): string {
  return inLargestUnit(bytes, sizeUnits)
}

function inLargestUnit(value: number, units: Readonly<Record<string, number>>): string {
  invariant(Number.isInteger(value) && value >= 0, `a default must be a whole number, not ${value}`)
  const fitting = Object.entries(units).filter(([, factor]) => value % factor === 0 && (value > 0 || factor === 1))
  const [unit, factor] = fitting.at(-1) ?? ['', 1]
  return `${value / factor}${unit}`
}
