// Where a column is cut into pages: at rows, at about a MiB, and where its values change from numbers to plain ones.
//
// A page of the first kind (v1) may begin within a row; readers are better at those that do not.

import { InvariantError } from '../../../core/errors/invariant.js'
import type { LeafColumn } from '../table/leaf-column.js'
import type { ValueForm } from './value-form.js'

/** The values of a page, before they are compressed. A row that is larger by itself makes a larger page. */
const pageBytes = 1024 * 1024

/** A place between two entries. */
interface Cut {
  /** Entries in front of it. */
  readonly entry: number
  /** Values in front of it, and the bytes of those that are plain. */
  readonly value: number
  readonly plainByte: number
}

export interface PageRange {
  readonly start: Cut
  readonly end: Cut
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
    const { maxDefinition, layout } = this.#leaf
    const { plain, numbers, bitWidth } = this.#form
    const definitions = this.#definitions
    const repetitions = this.#repetitions
    const isNumbered = start.value < numbers.length
    const valueEnd = isNumbered ? numbers.length : this.#last.value
    const numberBytes = isNumbered ? bitWidth / 8 : 0
    let { entry, value, plainByte } = start
    for (let sizeBytes = 0; entry < this.#last.entry; entry++) {
      if (repetitions === undefined || repetitions[entry] === 0) {
        if (sizeBytes >= pageBytes || value === valueEnd) return { entry, value, plainByte }
      }
      if (definitions !== undefined && definitions[entry] !== maxDefinition) continue
      if (value++ === valueEnd) throw new InvariantError(`the values of a row are divided at entry ${entry}`)
      if (isNumbered) {
        sizeBytes += numberBytes
      } else {
        const valueBytes = layout.widthBytes === 0 ? 4 + plain.readUint32(plainByte) : layout.widthBytes
        plainByte += valueBytes
        sizeBytes += valueBytes
      }
    }
    return { entry, value, plainByte }
  }
}
