// Where a column is cut into pages: at rows, at about a MiB, and where its values change from numbers to plain ones.
//
// A page of the first kind (v1) may begin within a row; readers are better at those that do not.

import { invariant } from '../../../core/errors/invariant.js'
import type { LeafColumn } from '../table/leaf-column.js'
import type { ValueForm } from './value-form.js'

/** The values of a page, before they are compressed. A row that is larger by itself makes a larger page. */
const pageBytes = 1024 * 1024

/** A place between two entries. */
interface Cut {
  /** Entries in front of it. */
  entry: number
  /** Values in front of it, and the bytes of those that are plain. */
  value: number
  plainByte: number
}

export interface PageRange {
  readonly start: Readonly<Cut>
  readonly end: Readonly<Cut>
  /** Are its values numbers of the dictionary? */
  readonly isNumbered: boolean
}

/** The pages of a column, one behind the other. */
export class PageCuts {
  readonly #leaf: LeafColumn
  readonly #form: ValueForm
  readonly #definitions: Uint8Array | undefined
  readonly #repetitions: Uint8Array | undefined
  readonly #last: Cut
  #start: Cut = { entry: 0, value: 0, plainByte: 0 }

  constructor(leaf: LeafColumn, form: ValueForm) {
    this.#leaf = leaf
    this.#form = form
    this.#definitions = leaf.definitions
    this.#repetitions = leaf.repetitions
    this.#last = { entry: leaf.entryCount, value: leaf.valueCount, plainByte: form.plain.usedBytes }
  }

  /** Undefined behind the last one. */
  next(): PageRange | undefined {
    const start = this.#start
    if (start.entry === this.#last.entry) return undefined
    const end = this.#fitsWhole(start) ? this.#last : this.#endFrom(start)
    this.#start = end
    return { start, end, isNumbered: start.value < this.#form.numbers.length }
  }

  #fitsWhole(start: Cut): boolean {
    const { numbers, bitWidth } = this.#form
    const isOneForm = start.value >= numbers.length || this.#last.value === numbers.length
    const numberedBytes = ((numbers.length - start.value) * bitWidth) / 8
    return isOneForm && numberedBytes <= pageBytes && this.#last.plainByte - start.plainByte <= pageBytes
  }

  /** Goes from entry to entry until the page is full, or its values become plain; ends it in front of a row. */
  #endFrom(start: Cut): Cut {
    const entryCount = this.#last.entry
    const numberedCount = this.#form.numbers.length
    const valueEnd = start.value < numberedCount ? numberedCount : Infinity
    const at = { ...start }
    const rowStart = { ...start }
    for (let sizeBytes = 0; at.entry < entryCount; at.entry++) {
      if (this.#repetitions === undefined || this.#repetitions[at.entry] === 0) {
        if (sizeBytes >= pageBytes) return at
        rowStart.entry = at.entry
        rowStart.value = at.value
        rowStart.plainByte = at.plainByte
      }
      if (!this.#isValue(at.entry)) continue
      if (at.value === valueEnd) {
        invariant(rowStart.entry > start.entry, `the values of a row are divided at entry ${at.entry}`)
        return rowStart
      }
      sizeBytes += this.#step(at)
    }
    return at
  }

  #isValue(entry: number): boolean {
    return this.#definitions === undefined || this.#definitions[entry] === this.#leaf.maxDefinition
  }

  /** Goes behind a value; what it takes of the page, in bytes. */
  #step(at: Cut): number {
    if (at.value++ < this.#form.numbers.length) return this.#form.bitWidth / 8
    const { widthBytes } = this.#leaf.layout
    const valueBytes = widthBytes === 0 ? 4 + this.#form.plain.readUint32(at.plainByte) : widthBytes
    at.plainByte += valueBytes
    return valueBytes
  }
}
