// What is in a page of values before it is compressed: repetition levels, definition levels, values.
//
//   levels, each behind its length (u32, little endian), as a hybrid; left out where the highest level is 0
//   values plain, or the bits of a number (u8) and the numbers as a hybrid

import type { LeafColumn } from '../table/leaf-column.js'
import { bitWidthOf, mostHybridBytes, writeHybrid, writeRun } from './hybrid.js'
import type { PageRange } from './page-cuts.js'
import type { ValueForm } from './value-form.js'

const lengthBytes = 4
const mostRunBytes = 8

/** The page in pieces, in order. Those of plain values are views of the form's memory. */
export function pageBody(leaf: LeafColumn, form: ValueForm, range: PageRange): readonly Buffer[] {
  return [...levelPieces(leaf, range), valuesOf(leaf, form, range)]
}

function levelPieces(leaf: LeafColumn, { start, end }: PageRange): readonly Buffer[] {
  const pieces: Buffer[] = []
  const { repetitions, definitions } = leaf
  if (repetitions !== undefined) {
    pieces.push(levels(repetitions.subarray(start.entry, end.entry), leaf.maxRepetition))
  }
  if (definitions !== undefined) {
    pieces.push(levels(definitions.subarray(start.entry, end.entry), leaf.maxDefinition))
  } else {
    pieces.push(sameLevel(leaf.maxDefinition, end.entry - start.entry))
  }
  return pieces
}

function levels(values: Uint8Array, most: number): Buffer {
  const bitWidth = bitWidthOf(most)
  const target = Buffer.allocUnsafeSlow(lengthBytes + mostHybridBytes(values.length, bitWidth))
  return withLength(target, writeHybrid(target, lengthBytes, { values, start: 0, end: values.length, bitWidth }))
}

function sameLevel(level: number, count: number): Buffer {
  const target = Buffer.allocUnsafe(lengthBytes + mostRunBytes)
  return withLength(target, writeRun(target, lengthBytes, { value: level, count, bitWidth: bitWidthOf(level) }))
}

function withLength(target: Buffer, end: number): Buffer {
  target.writeUInt32LE(end - lengthBytes, 0)
  return target.subarray(0, end)
}

function valuesOf(leaf: LeafColumn, form: ValueForm, { start, end, isNumbered }: PageRange): Buffer {
  if (!isNumbered) {
    const plain = form.plain.slice(start.plainByte, end.plainByte)
    return leaf.layout.physical === 'boolean' ? packedBits(plain) : plain
  }
  const { numbers: values, bitWidth } = form
  const target = Buffer.allocUnsafeSlow(1 + mostHybridBytes(end.value - start.value, bitWidth))
  target[0] = bitWidth
  return target.subarray(0, writeHybrid(target, 1, { values, start: start.value, end: end.value, bitWidth }))
}

/** Eight booleans a byte, the first in the lowest bit. */
function packedBits(booleans: Buffer): Buffer {
  const packed = Buffer.alloc(Math.ceil(booleans.length / 8))
  for (let index = 0; index < booleans.length; index++) packed[index >>> 3]! |= booleans[index]! << (index & 7)
  return packed
}
