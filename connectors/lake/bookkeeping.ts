// Reads back what the lake wrote about itself, as JSON: in ROOT/.tailrace and in the sink's state. Another release or
// somebody's editor may have written it, so every field is checked; what does not fit is lake_bookkeeping_malformed.

import { messageOf } from '../../core/errors/tailrace-error.js'
import { lakeErrors } from './errors.js'

/** The value in a file; `where` names it in errors. */
export function parseJson(bytes: Buffer, where: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw lakeErrors.make('lake_bookkeeping_malformed', `${where} is no JSON: ${messageOf(cause)}`, { cause })
  }
}

/** The fields of one object; `where` names it in errors. */
export class FieldReader {
  readonly #value: unknown
  readonly #where: string

  constructor(value: unknown, where: string) {
    this.#value = value
    this.#where = where
  }

  version(expected: number): void {
    const found = this.value('version')
    if (found === expected) return
    throw lakeErrors.make(
      'lake_bookkeeping_malformed',
      `${this.#where} is of version ${JSON.stringify(found)}; this release knows ${expected}`,
    )
  }

  text(name: string): string {
    const value = this.value(name)
    if (typeof value !== 'string' || value === '') throw this.malformed(name)
    return value
  }

  count(name: string): number {
    const value = this.value(name)
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw this.malformed(name)
    return value as number
  }

  flag(name: string): boolean {
    const value = this.value(name)
    if (typeof value !== 'boolean') throw this.malformed(name)
    return value
  }

  oneOf<const T extends string>(name: string, texts: readonly T[]): T {
    const value = this.value(name)
    const found = texts.find((text) => text === value)
    if (found === undefined) throw this.malformed(name)
    return found
  }

  object(name: string): FieldReader {
    return new FieldReader(this.value(name), `${name} of ${this.#where}`)
  }

  objects(name: string): readonly FieldReader[] {
    const value = this.value(name)
    if (!Array.isArray(value)) throw this.malformed(name)
    return value.map((item, index) => new FieldReader(item, `${name}[${index}] of ${this.#where}`))
  }

  textsOf<const T extends string>(name: string, texts: readonly T[]): readonly T[] {
    const value = this.value(name)
    if (!Array.isArray(value) || !value.every((item) => texts.includes(item as T))) throw this.malformed(name)
    return value as readonly T[]
  }

  texts(name: string): readonly string[] {
    const value = this.value(name)
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) throw this.malformed(name)
    return value as readonly string[]
  }

  malformed(name: string): Error {
    const found = JSON.stringify(this.value(name)) ?? 'nothing'
    return lakeErrors.make('lake_bookkeeping_malformed', `${this.#where}: ${name} is ${found.slice(0, 100)}`)
  }

  /** Whatever the field holds; undefined when there is none. */
  value(name: string): unknown {
    const value = this.#value
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw lakeErrors.make('lake_bookkeeping_malformed', `${this.#where} is no object`)
    }
    return (value as Readonly<Record<string, unknown>>)[name]
  }
}
