// The values of one leaf in memory, with the levels that say where none is: no object for a value or a row.
//
// An entry is a value or the place where one is missing. Values lie in Parquet's PLAIN form; those of text and binary
// as numbers of a dictionary, until it has no room: from then on they are plain. A leaf without any list around it gets
// one entry a row; one that gets nothing in a row is null at definition 0 there, which is caught up on later.
//
// What the caller must see to is checked here, and is an invariant: a value fits the type, entries come row by row.

import { InvariantError } from '../../../core/errors/invariant.js'
import { ByteDictionary } from './byte-dictionary.js'
import type { ScalarType } from './column-type.js'
import { IntegerLimits } from './integer-limits.js'
import type { LeafShape, Level } from './leaf-shape.js'
import { Levels } from './levels.js'
import { PlainValues } from './plain-values.js'
import { sourceView } from './source-bytes.js'
import type { Tally } from './tally.js'
import { valueLayout } from './value-layout.js'
import type { ValueLayout } from './value-layout.js'

/** A dictionary shall halve its values at least. */
const leastSaving = 2
const plentyOfRepeats = 16
const uuidBytes = 16
const numberBytes = 2

export class LeafColumn {
  readonly shape: LeafShape
  readonly type: ScalarType
  readonly maxDefinition: number
  readonly maxRepetition: number
  readonly layout: ValueLayout
  /** How many entries there are; rows that have not been caught up on are not in it. */
  entryCount = 0
  /** Entries that are not null. */
  valueCount = 0
  /** The first of the values, which are in the dictionary; the others are in `plain`. */
  numberedCount = 0
  readonly plain = new PlainValues()

  readonly #tally: Tally
  readonly #limits: IntegerLimits
  readonly #repetitions: Levels | undefined
  /** Made for the first null. */
  #definitions: Levels | undefined
  #dictionary: ByteDictionary | undefined
  readonly #numbers = new PlainValues()
  /** Rows of which there is an entry, and where the last of them begins. */
  #rowsBegun = 0
  #rowEntry = 0
  #rowValue = 0
  #rowPlainBytes = 0

  constructor(shape: LeafShape, tally: Tally) {
    this.shape = shape
    this.type = shape.type
    this.maxDefinition = shape.maxDefinition
    this.maxRepetition = shape.maxRepetition
    this.layout = valueLayout(shape.type)
    this.#tally = tally
    this.#limits = new IntegerLimits(shape.type)
    this.#repetitions = shape.maxRepetition === 0 ? undefined : new Levels()
    this.#dictionary = this.#freshDictionary()
  }

  /** In the file's schema, with `list`, `element`, `key_value`, `key` and `value`. */
  get path(): readonly string[] {
    return this.shape.path
  }

  /** Undefined when all values are plain. */
  get dictionary(): ByteDictionary | undefined {
    return this.#dictionary
  }

  /** Of the first `numberedCount` values: u16, little endian, as a view that holds until the next one is put. */
  get numbers(): Uint16Array {
    const { buffer, byteOffset } = this.#numbers.bytes
    return new Uint16Array(buffer, byteOffset, this.numberedCount)
  }

  /** A view that holds until the next entry; undefined when no entry is null. */
  get definitions(): Uint8Array | undefined {
    return this.valueCount === this.entryCount ? undefined : this.#definitions?.first(this.entryCount)
  }

  /** A view that holds until the next entry; undefined when there is no list around. */
  get repetitions(): Uint8Array | undefined {
    return this.#repetitions?.first(this.entryCount)
  }

  /** No value here: the outermost part that is null has this definition, below `maxDefinition`. */
  putNull(definition: number, repetition: number): void {
    if (!(definition >= 0 && definition < this.maxDefinition)) throw this.#broken(`a null at definition ${definition}`)
    this.#begin(repetition)
    this.#definitions ??= this.#allDefined()
    this.#definitions.set(this.entryCount++, definition)
  }

  putBoolean(value: boolean, repetition: number): void {
    if (this.layout.physical !== 'boolean') throw this.#unfit(value)
    this.#beginValue(repetition)
    this.plain.putByte(value ? 1 : 0)
    this.#tally.sizeBytes += 1
  }

  /** For int32 and date: days since 1970-01-01. */
  putInt32(value: number, repetition: number): void {
    if ((this.type.kind !== 'int32' && this.type.kind !== 'date') || (value | 0) !== value) throw this.#unfit(value)
    this.#beginValue(repetition)
    this.plain.putInt32(value)
    this.#tally.sizeBytes += 4
  }

  /** For int64, time and timestamp (µs) and decimal (unscaled): a safe integer within the type. */
  putInteger(value: number, repetition: number): void {
    if (!this.#limits.allow(value)) throw this.#unfit(value)
    this.#beginValue(repetition)
    const { widthBytes } = this.layout
    if (widthBytes === 8) this.plain.putInteger(value)
    else if (widthBytes === 4) this.plain.putInt32(value)
    else this.plain.putInteger128(value)
    this.#tally.sizeBytes += widthBytes
  }

  /** The same for any integer. */
  putBigInt(value: bigint, repetition: number): void {
    if (!this.#limits.allowBig(value)) throw this.#unfit(value)
    this.#beginValue(repetition)
    const { widthBytes } = this.layout
    if (widthBytes === 8) this.plain.putBigInt64(value)
    else if (widthBytes === 4) this.plain.putInt32(Number(value))
    else this.plain.putBigInt128(value)
    this.#tally.sizeBytes += widthBytes
  }

  /** For double, and for float: rounded to the nearest. */
  putDouble(value: number, repetition: number): void {
    const { physical, widthBytes } = this.layout
    if (physical !== 'double' && physical !== 'float') throw this.#unfit(value)
    this.#beginValue(repetition)
    if (physical === 'double') this.plain.putDouble(value)
    else this.plain.putFloat(value)
    this.#tally.sizeBytes += widthBytes
  }

  /** For string and json (UTF-8, which is not checked), binary, and uuid: 16 bytes. */
  putBytes(bytes: Uint8Array, start: number, end: number, repetition: number): void {
    const { physical } = this.layout
    if (physical !== 'bytes') {
      this.#putFixed(bytes, start, end, repetition)
      return
    }
    if (!(start <= end && end <= bytes.length)) throw this.#unfit(`${start} to ${end} of ${bytes.length} bytes`)
    const source = sourceView(bytes)
    const isNumbered = this.numberedCount === this.valueCount
    this.#beginValue(repetition)
    if (isNumbered && this.#dictionary !== undefined) {
      const number = this.#dictionary.numberOf(source, start, end)
      if (number >= 0) {
        this.#numbers.putUint16(number)
        this.numberedCount++
        this.#tally.sizeBytes += numberBytes
        return
      }
      this.#makeRowPlain(this.#dictionary)
    }
    this.plain.putSized(source, start, end)
    this.#tally.sizeBytes += 4 + end - start
  }

  /** Makes an entry, null at definition 0, for each row that ended and gave this leaf none. */
  catchUp(): void {
    const missing = this.#tally.rowCount - this.#rowsBegun
    if (missing === 0) return
    if (missing < 0) throw this.#broken(`${-missing} entries more than rows`)
    this.#definitions ??= this.#allDefined()
    const end = this.entryCount + missing
    this.#definitions.fill(0, this.entryCount, end)
    this.#repetitions?.fill(0, this.entryCount, end)
    this.entryCount = end
    this.#rowsBegun += missing
  }

  /** Forgets what the row that is being filled has put. */
  rollback(): void {
    if (this.#rowsBegun > this.#tally.rowCount) {
      this.entryCount = this.#rowEntry
      this.valueCount = this.#rowValue
      this.numberedCount = Math.min(this.numberedCount, this.#rowValue)
      this.#numbers.usedBytes = this.numberedCount * numberBytes
      this.plain.usedBytes = this.#rowPlainBytes
      this.#rowsBegun--
    }
    this.#dictionary?.rollback()
  }

  /** Between rows: makes the numbered values plain when their dictionary saves too little. */
  dropPoorDictionary(): void {
    const dictionary = this.#dictionary
    if (dictionary === undefined || this.numberedCount < this.valueCount) return
    // Each value many times: whatever their lengths are, it does not cost much, and looking at all numbers would.
    if (dictionary.count * plentyOfRepeats <= this.numberedCount) return
    const { numbers } = this
    let plainBytes = 0
    for (const number of numbers) plainBytes += dictionary.sizeOf(number)
    if (plainBytes >= dictionary.values.usedBytes * leastSaving) return
    this.#appendPlain(dictionary, numbers)
    this.#tally.sizeBytes -= dictionary.sizeBytes
    this.numberedCount = 0
    this.#numbers.clear()
    dictionary.release()
    this.#dictionary = undefined
  }

  /**
   * For a new leaf: null wherever the part of `sibling` is null that has the given levels, and null within it where it
   * is there. Between rows, and the sibling has caught up.
   */
  fillNulls(sibling: LeafColumn, parent: Level): void {
    const { definitions, repetitions } = sibling
    const made = this.#allDefined()
    for (let entry = 0; entry < sibling.entryCount; entry++) {
      const repetition = repetitions === undefined ? 0 : repetitions[entry]!
      if (repetition > parent.repetition) continue
      const definition = definitions === undefined ? sibling.maxDefinition : definitions[entry]!
      made.set(this.entryCount, Math.min(definition, parent.definition))
      this.#repetitions?.set(this.entryCount, repetition)
      this.entryCount++
      if (repetition > 0) this.#tally.sizeBytes += 2
    }
    this.#definitions = made
    this.#rowsBegun = this.#tally.rowCount
  }

  /** For a new leaf: takes over the entries of one that has caught up; the caller then puts its values into `plain`. */
  takeEntries(from: LeafColumn): void {
    const { definitions, repetitions } = from
    if (definitions !== undefined) {
      this.#definitions = new Levels()
      this.#definitions.copy(definitions)
    }
    if (repetitions !== undefined) this.#repetitions?.copy(repetitions)
    this.entryCount = from.entryCount
    this.valueCount = from.valueCount
    this.#rowsBegun = this.#tally.rowCount
  }

  /** Forgets everything, and gives the memory back. */
  clear(): void {
    this.entryCount = 0
    this.valueCount = 0
    this.numberedCount = 0
    this.plain.clear()
    this.#numbers.clear()
    this.#definitions = undefined
    this.#repetitions?.clear()
    this.#dictionary?.release()
    this.#dictionary = this.#freshDictionary()
    this.#rowsBegun = 0
  }

  #putFixed(bytes: Uint8Array, start: number, end: number, repetition: number): void {
    if (this.type.kind !== 'uuid' || end - start !== uuidBytes || !(end <= bytes.length)) {
      throw this.#unfit(`${end - start} bytes`)
    }
    this.#beginValue(repetition)
    this.plain.putFixed(bytes, start, end)
    this.#tally.sizeBytes += uuidBytes
  }

  /** The dictionary has no room: the row's values are not divided, so that a page ends where a row does. */
  #makeRowPlain(dictionary: ByteDictionary): void {
    this.#appendPlain(dictionary, this.numbers.subarray(this.#rowValue))
    this.numberedCount = this.#rowValue
    this.#numbers.usedBytes = this.numberedCount * numberBytes
    dictionary.rollback()
  }

  #appendPlain(dictionary: ByteDictionary, numbers: Uint16Array): void {
    const from = dictionary.values.bytes
    const heldBytes = this.plain.usedBytes
    for (const number of numbers) {
      const start = dictionary.startOf(number)
      this.plain.putFixed(from, start, start + dictionary.sizeOf(number))
    }
    this.#tally.sizeBytes += this.plain.usedBytes - heldBytes - numbers.length * numberBytes
  }

  #beginValue(repetition: number): void {
    this.#begin(repetition)
    this.#definitions?.set(this.entryCount, this.maxDefinition)
    this.entryCount++
    this.valueCount++
  }

  #begin(repetition: number): void {
    if (repetition === 0) {
      if (this.#rowsBegun !== this.#tally.rowCount) this.#beginBehind()
      this.#rowsBegun++
      this.#rowEntry = this.entryCount
      this.#rowValue = this.valueCount
      this.#rowPlainBytes = this.plain.usedBytes
    } else {
      this.#goOn(repetition)
    }
    this.#repetitions?.set(this.entryCount, repetition)
  }

  #beginBehind(): void {
    if (this.#rowsBegun > this.#tally.rowCount) throw this.#broken('a second entry in a row')
    this.catchUp()
  }

  /** A further entry of the same row: its two levels have not been counted with the row. */
  #goOn(repetition: number): void {
    if (!(repetition > 0 && repetition <= this.maxRepetition))
      throw this.#broken(`an entry at repetition ${repetition}`)
    if (this.#rowsBegun <= this.#tally.rowCount) throw this.#broken('a repetition before the row has begun')
    this.#tally.sizeBytes += 2
  }

  #allDefined(): Levels {
    const definitions = new Levels()
    definitions.fill(this.maxDefinition, 0, this.entryCount)
    return definitions
  }

  #freshDictionary(): ByteDictionary | undefined {
    return this.layout.physical === 'bytes' ? new ByteDictionary(this.#tally) : undefined
  }

  #unfit(value: unknown): InvariantError {
    return this.#broken(`${String(value)} as a value`)
  }

  #broken(what: string): InvariantError {
    return new InvariantError(`the ${this.type.kind} column ${this.path.join('.')} got ${what}`)
  }
}
