// The schemas of a plan's files. They are remembered with the plan, as one value of the log: files of many wide tables
// are cut into several plans. What files have in common is counted once.

import { schemaBytes, type TableSchema } from './table/column-type.js'

/** The log takes 4 MiB as one value; names, sums and the rest of 256 files are below 1 MiB. */
const mostBytes = 3 * 1024 * 1024

export class PlanSchemas {
  readonly #mostBytes: number
  /** How many files have each. */
  readonly #fileCounts = new Map<TableSchema, number>()
  #bytes = 0

  constructor(limitBytes: number = mostBytes) {
    this.#mostBytes = limitBytes
  }

  /**
   * Notes that one more file has the schema, or that it has it in place of `before`. False, and nothing is noted, when
   * that would be too much; a schema that would be the only one is never too much.
   */
  give(schema: TableSchema, before?: TableSchema): boolean {
    if (schema === before) return true
    const isLast = before !== undefined && this.#fileCounts.get(before) === 1
    const keptBytes = this.#bytes - (isLast ? schemaBytes(before) : 0)
    const isNew = !this.#fileCounts.has(schema)
    const bytes = keptBytes + (isNew ? schemaBytes(schema) : 0)
    if (isNew && bytes > this.#mostBytes && keptBytes > 0) return false
    if (before !== undefined) this.#count(before, -1)
    this.#count(schema, 1)
    this.#bytes = bytes
    return true
  }

  #count(schema: TableSchema, by: number): void {
    const count = (this.#fileCounts.get(schema) ?? 0) + by
    if (count === 0) this.#fileCounts.delete(schema)
    else this.#fileCounts.set(schema, count)
  }
}
