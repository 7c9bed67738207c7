// Takes a record's JSON (RFC 8259) apart on its bytes and puts it into columns: no object and no text for a value.
//
// It knows what records of a table mostly are: members in the order of the columns, names without escapes, the types of
// the columns. Whatever else stands there (a new member, one that comes twice, another type, a number of many digits, a
// mistake) is none of its business: it gives up, the row is rolled back, and the parsed record decides.

import { utf8Bytes } from '../formats/utf8.js'
import { sourceView } from '../table/source-bytes.js'
import type { ColumnNode } from './column-node.js'

const quote = 0x22
const plus = 0x2b
const comma = 0x2c
const minus = 0x2d
const dot = 0x2e
const zero = 0x30
const nine = 0x39
const colon = 0x3a
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const space = 0x20

/** So many digits always make an exact double, and so does dividing by so many tens. */
const exactDigits = 15
const tens = Array.from({ length: 23 }, (_, power) => 10 ** power)

const givenUp = -1

/** 1 for what stands for itself in a text: ASCII but for controls, quotes and backslashes. */
const isPlain = new Uint8Array(256)
for (let byte = space; byte < 0x80; byte++) isPlain[byte] = byte === quote || byte === backslash ? 0 : 1

/**
 * Do four bytes stand for themselves? Each sum has a byte's highest bit set when the byte is below a space, a quote, or a
 * backslash, or when a carry says no where yes would be true: then bytes are looked at one by one.
 */
function arePlain(word: number): boolean {
  const controls = word - 0x20202020
  const quotes = (word ^ 0x22222222) - 0x01010101
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101
  return ((word | controls | quotes | backslashes) & 0x80808080) === 0
}

export class ByteShredder {
  #bytes: Buffer = Buffer.alloc(0)
  #view = sourceView(this.#bytes)
  #end = 0
  /** Counts structs that were begun: what was met in one of them is told apart by it. */
  #struct = 0
  /** What the last number was. */
  #number = 0
  #isInteger = false

  /** Puts the record that the range is; false when it gave up, and the row has to be rolled back. */
  shred(root: ColumnNode, bytes: Buffer, start: number, end: number): boolean {
    this.#bytes = bytes
    this.#view = sourceView(bytes)
    this.#end = end
    let at = this.#skipSpace(start)
    if (at === end || bytes[at] !== openBrace) return false
    at = this.#fields(root, at + 1, 0, true)
    return at !== givenUp && this.#skipSpace(at) === end
  }

  /** Was the field met in the record that was shredded last? */
  metInRecord(field: ColumnNode, root: ColumnNode): boolean {
    return field.met === root.met
  }

  #skipSpace(start: number): number {
    const bytes = this.#bytes
    let at = start
    for (; at < this.#end; at++) {
      const byte = bytes[at]!
      if (byte > space || (byte !== space && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break
    }
    return at
  }

  /** The members from behind the brace; the position behind the closing one. */
  #fields(node: ColumnNode, start: number, repetition: number, isRoot: boolean): number {
    const bytes = this.#bytes
    const { children } = node
    const struct = ++this.#struct
    if (isRoot) node.met = struct
    let metCount = 0
    let expected = 0
    let at = this.#skipSpace(start)
    if (bytes[at] === closeBrace && at < this.#end) {
      at++
    } else {
      for (;;) {
        if (at >= this.#end || bytes[at] !== quote) return givenUp
        let child = children[expected]
        if (child === undefined || !this.#isName(child, at + 1)) {
          child = this.#childNamed(node, at + 1)
          if (child === undefined) return givenUp
        }
        if (child.met === struct) return givenUp
        child.met = struct
        metCount++
        expected = child.index + 1
        at += child.name.length + 2
        if (bytes[at] !== colon) {
          at = this.#skipSpace(at)
          if (bytes[at] !== colon) return givenUp
        }
        at++
        if (bytes[at]! <= space) at = this.#skipSpace(at)
        if (at >= this.#end) return givenUp
        at = this.#value(child, at, repetition, isRoot)
        if (at === givenUp) return givenUp
        if (bytes[at] !== comma) {
          at = this.#skipSpace(at)
          if (at >= this.#end) return givenUp
          if (bytes[at] === closeBrace) {
            at++
            break
          }
          if (bytes[at] !== comma) return givenUp
        }
        at++
        if (bytes[at]! <= space) at = this.#skipSpace(at)
      }
    }
    if (at > this.#end) return givenUp
    if (!isRoot && metCount < children.length) {
      for (const child of children) {
        if (child.met !== struct) child.putNull(repetition)
      }
    }
    return at
  }

  /** Does the name of the node stand at `at`, with a quote behind it? */
  #isName({ name, nameView }: ColumnNode, at: number): boolean {
    const { length } = name
    if (at + length >= this.#end || this.#bytes[at + length] !== quote) return false
    const view = this.#view
    let index = 0
    for (; index + 4 <= length; index += 4) if (view.getInt32(at + index) !== nameView.getInt32(index)) return false
    for (; index < length; index++) if (view.getUint8(at + index) !== name[index]) return false
    return true
  }

  #childNamed(node: ColumnNode, start: number): ColumnNode | undefined {
    const bytes = this.#bytes
    let at = start
    while (at < this.#end && bytes[at] !== quote) {
      if (bytes[at] === backslash) return undefined
      at++
    }
    const child = at < this.#end ? node.byName.get(bytes.toString('utf8', start, at)) : undefined
    // What is no UTF-8 would have become other bytes.
    return child?.name.length === at - start ? child : undefined
  }

  #value(node: ColumnNode, at: number, repetition: number, isInRoot: boolean): number {
    const first = this.#bytes[at]!
    if (first === 0x6e) {
      if (!this.#isWord(at, 'null')) return givenUp
      // What gets nothing is null in this row.
      if (!isInRoot) node.putNull(repetition)
      return at + 4
    }
    const { kind } = node
    if (kind === 'string') return first === quote ? this.#text(node, at + 1, repetition) : givenUp
    if (kind === 'int64' || kind === 'double') return this.#numeral(node, at, repetition)
    if (kind === 'struct') return first === openBrace ? this.#fields(node, at + 1, repetition, false) : givenUp
    if (kind === 'list') return first === openBracket ? this.#elements(node, at + 1, repetition) : givenUp
    if (kind !== 'boolean') return givenUp
    const isTrue = first === 0x74
    if (!this.#isWord(at, isTrue ? 'true' : 'false')) return givenUp
    node.leaf.putBoolean(isTrue, repetition)
    return at + (isTrue ? 4 : 5)
  }

  #numeral(node: ColumnNode, at: number, repetition: number): number {
    const behind = this.#readNumber(at)
    if (behind === givenUp) return givenUp
    if (node.kind === 'double') node.leaf.putDouble(this.#number, repetition)
    else if (this.#isInteger) node.leaf.putInteger(this.#number, repetition)
    else return givenUp
    return behind
  }

  #isWord(at: number, word: 'null' | 'true' | 'false'): boolean {
    if (at + word.length > this.#end) return false
    for (let index = 0; index < word.length; index++) {
      if (this.#bytes[at + index] !== word.charCodeAt(index)) return false
    }
    return true
  }

  #elements(node: ColumnNode, start: number, repetition: number): number {
    const bytes = this.#bytes
    const element = node.children[0]!
    let at = this.#skipSpace(start)
    if (at < this.#end && bytes[at] === closeBracket) {
      node.putEmpty(repetition)
      return at + 1
    }
    for (let level = repetition; ; level = node.repetition) {
      if (at >= this.#end) return givenUp
      at = this.#value(element, at, level, false)
      if (at === givenUp) return givenUp
      at = this.#skipSpace(at)
      if (at >= this.#end) return givenUp
      if (bytes[at] === closeBracket) return at + 1
      if (bytes[at] !== comma) return givenUp
      at = this.#skipSpace(at + 1)
    }
  }

  /** A text without escapes, in UTF-8. */
  #text(node: ColumnNode, start: number, repetition: number): number {
    const bytes = this.#bytes
    const view = this.#view
    const end = this.#end
    let at = start
    for (;;) {
      while (at + 4 <= end && arePlain(view.getInt32(at))) at += 4
      while (at < end && isPlain[bytes[at]!] === 1) at++
      if (at >= end) return givenUp
      const byte = bytes[at]!
      if (byte === quote) {
        node.leaf.putBytes(bytes, start, at, repetition)
        return at + 1
      }
      // A backslash and what may not stand in a text are no beginnings of a character.
      const length = byte < 0x80 ? 0 : utf8Bytes(bytes, at, end)
      if (length === 0) return givenUp
      at += length
    }
  }

  /** Reads a number that is exact at once; the position behind it. */
  #readNumber(start: number): number {
    const bytes = this.#bytes
    const isNegative = bytes[start] === minus
    const whole = isNegative ? start + 1 : start
    let value = 0
    let at = whole
    for (; at < this.#end; at++) {
      const byte = bytes[at]!
      if (byte < zero || byte > nine) break
      value = value * 10 + (byte - zero)
    }
    let digits = at - whole
    if (digits === 0 || (digits > 1 && bytes[whole] === zero)) return givenUp
    if (bytes[at] === dot && at < this.#end) {
      const fraction = ++at
      for (; at < this.#end; at++) {
        const byte = bytes[at]!
        if (byte < zero || byte > nine) break
        value = value * 10 + (byte - zero)
      }
      const fractionDigits = at - fraction
      digits += fractionDigits
      if (fractionDigits === 0 || digits > exactDigits) return givenUp
      value /= tens[fractionDigits]!
    }
    if (digits > exactDigits) return givenUp
    const next = bytes[at]
    if (at < this.#end && (next === 0x65 || next === 0x45 || next === plus)) return givenUp
    // What stands for minus zero is no integer.
    if (isNegative && value === 0) return givenUp
    this.#number = isNegative ? -value : value
    this.#isInteger = Number.isInteger(value)
    return at
  }
}
