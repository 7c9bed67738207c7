// A dictionary for numbers of 4 or 8 bytes, made when a column is encoded; by their bits, so that every NaN and both
// zeros stay what they are. It is given up as soon as it promises too little.

import { PlainValues } from '../table/plain-values.js'

/** A number fits into two bytes with room to spare, and a table of the processor's cache holds them. */
const mostValues = 16_384
/** After so many values a quarter of them at most may be different. */
const trialCount = 4096
const trialShare = 4
/** What the dictionary may take of the plain bytes, numbers included. */
const mostShare = 0.6
const firstTableSize = 256

export interface NumberedValues {
  /** The different values, in the form of those that were given. */
  readonly values: PlainValues
  readonly count: number
  /** For each value given. */
  readonly numbers: Uint16Array
}

/** Undefined when it would not pay. `widthBytes` is 4 or 8. */
export function numberDictionary(from: PlainValues, widthBytes: number): NumberedValues | undefined {
  const valueCount = from.usedBytes / widthBytes
  const numbers = new Uint16Array(valueCount)
  const dictionary = new NumberTable(widthBytes)
  for (let index = 0, at = 0; index < valueCount; index++, at += widthBytes) {
    const number = dictionary.numberOf(from.readInt32(at), widthBytes === 8 ? from.readInt32(at + 4) : 0)
    if (number === mostValues) return undefined
    if (index === trialCount && number * trialShare > trialCount) return undefined
    numbers[index] = number
  }
  const { values, count } = dictionary
  const numberBits = 32 - Math.clz32(count)
  const isWorthIt = values.usedBytes + (valueCount * numberBits) / 8 <= from.usedBytes * mostShare
  return isWorthIt ? { values, count, numbers } : undefined
}

class NumberTable {
  readonly values = new PlainValues()
  count = 0
  readonly #isWide: boolean
  /** Number + 1 by hash or the next free place; 0 is free. At most half full. */
  #table = new Int32Array(firstTableSize)
  #shift = 32 - Math.log2(firstTableSize)

  constructor(widthBytes: number) {
    this.#isWide = widthBytes === 8
  }

  /** The number of the value with these halves; a new one is added. */
  numberOf(low: number, high: number): number {
    const place = this.#placeOf(low, high)
    const held = this.#table[place]!
    if (held !== 0) return held - 1
    const number = this.count++
    this.values.putInt32(low)
    if (this.#isWide) this.values.putInt32(high)
    this.#table[place] = this.count
    if (this.count * 2 > this.#table.length) this.#grow()
    return number
  }

  /** Where the value is, or the free place for it. */
  #placeOf(low: number, high: number): number {
    const table = this.#table
    const mask = table.length - 1
    let place = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> this.#shift
    for (; ; place = (place + 1) & mask) {
      const number = table[place]! - 1
      if (number < 0 || this.#holds(number, low, high)) return place
    }
  }

  #holds(number: number, low: number, high: number): boolean {
    const { values } = this
    if (!this.#isWide) return values.readInt32(number * 4) === low
    return values.readInt32(number * 8) === low && values.readInt32(number * 8 + 4) === high
  }

  #grow(): void {
    const { values } = this
    this.#table = new Int32Array(this.#table.length * 2)
    this.#shift--
    for (let number = 0; number < this.count; number++) {
      const place = this.#isWide
        ? this.#placeOf(values.readInt32(number * 8), values.readInt32(number * 8 + 4))
        : this.#placeOf(values.readInt32(number * 4), 0)
      this.#table[place] = number + 1
    }
  }
}
