// What a footer says about the values of a column chunk, so that readers pass over it: nulls, least and most.
//
// Orders are those of ColumnOrder TYPE_ORDER in parquet.thrift: NaN is no bound; a least zero is -0.0 and a most zero
// +0.0; a decimal of 16 bytes is signed. Long text and binary are shortened, and the footer says so; JSON that would have to
// be shortened has no bounds, since a part of it is no JSON.

import type { LeafColumn } from '../table/leaf-column.js'
import type { PlainValues } from '../table/plain-values.js'
import type { Physical } from '../table/value-layout.js'
import { ByteBounds } from './byte-bounds.js'
import type { Extremes } from './number-bounds.js'
import { booleanExtremes, doubleExtremes, floatExtremes, int32Extremes, int64Extremes } from './number-bounds.js'
import { mostBoundBytes, shortenedLeast, shortenedMost } from './shortened-bounds.js'
import type { ThriftWriter } from './thrift-writer.js'
import type { ValueForm } from './value-form.js'

interface Bounds {
  readonly least: Buffer
  readonly most: Buffer
  readonly isLeastExact: boolean
  readonly isMostExact: boolean
}

export interface ColumnStatistics {
  readonly nullCount: number
  /** For float and double. */
  readonly nanCount: number | undefined
  readonly bounds: Bounds | undefined
}

const extremesOf: Readonly<Record<Exclude<Physical, 'bytes' | 'fixed'>, (values: PlainValues) => Extremes>> = {
  boolean: booleanExtremes,
  int32: int32Extremes,
  int64: int64Extremes,
  float: floatExtremes,
  double: doubleExtremes,
}

/** For a leaf that has been settled, with its form. */
export function columnStatistics(leaf: LeafColumn, form: ValueForm): ColumnStatistics {
  const nullCount = leaf.entryCount - leaf.valueCount
  const { physical, widthBytes } = leaf.layout
  if (physical === 'bytes') return { nullCount, nanCount: undefined, bounds: textBounds(leaf, form) }
  if (physical === 'fixed') return { nullCount, nanCount: undefined, bounds: fixedBounds(leaf) }
  const isFloating = physical === 'float' || physical === 'double'
  // Where all values are numbered, the dictionary has each of them.
  const values = form.dictionary?.values ?? form.plain
  const { leastAt, mostAt, nanCount: differentNans } = extremesOf[physical](values)
  const isCounted = values === leaf.plain || differentNans === 0
  const nans = isCounted ? differentNans : extremesOf[physical](leaf.plain).nanCount
  const nanCount = isFloating ? nans : undefined
  if (leastAt < 0) return { nullCount, nanCount, bounds: undefined }
  const least = Buffer.from(values.slice(leastAt, leastAt + widthBytes))
  const most = Buffer.from(values.slice(mostAt, mostAt + widthBytes))
  if (isFloating) signZeros(least, most)
  return { nullCount, nanCount, bounds: { least, most, isLeastExact: true, isMostExact: true } }
}

/** Writes the struct Statistics as field `id`. */
export function writeStatistics(to: ThriftWriter, id: number, { nullCount, nanCount, bounds }: ColumnStatistics): void {
  to.beginStruct(id).i64(3, nullCount)
  if (bounds !== undefined) {
    to.binary(5, bounds.most).binary(6, bounds.least).bool(7, bounds.isMostExact).bool(8, bounds.isLeastExact)
  }
  if (nanCount !== undefined) to.i64(9, nanCount)
  to.end()
}

function textBounds(leaf: LeafColumn, form: ValueForm): Bounds | undefined {
  const found = new ByteBounds()
  if (form.dictionary !== undefined) addSized(found, form.dictionary.values)
  addSized(found, form.plain)
  const exact = found.get()
  if (exact === undefined) return undefined
  const { least, most } = exact
  const isLeastExact = least.length <= mostBoundBytes
  const isMostExact = most.length <= mostBoundBytes
  if (leaf.type.kind === 'json' && !(isLeastExact && isMostExact)) return undefined
  const isText = leaf.type.kind === 'string'
  const shortMost = isMostExact ? most : shortenedMost(most, isText)
  if (shortMost === undefined) return undefined
  return { least: isLeastExact ? least : shortenedLeast(least, isText), most: shortMost, isLeastExact, isMostExact }
}

function addSized(bounds: ByteBounds, { bytes, usedBytes }: PlainValues): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, usedBytes)
  for (let at = 0; at < usedBytes; ) {
    const end = at + 4 + view.getUint32(at, true)
    bounds.add(bytes, at + 4, end)
    at = end
  }
}

function fixedBounds({ plain, type, layout }: LeafColumn): Bounds | undefined {
  // With the sign flipped, big endian integers are ordered as bytes are.
  const isSigned = type.kind === 'decimal'
  const bytes = isSigned ? Buffer.from(plain.slice(0, plain.usedBytes)) : plain.bytes
  const bounds = new ByteBounds()
  for (let at = 0; at < plain.usedBytes; at += layout.widthBytes) {
    if (isSigned) bytes[at]! ^= 0x80
    bounds.add(bytes, at, at + layout.widthBytes)
  }
  const found = bounds.get()
  if (found === undefined) return undefined
  if (isSigned) {
    found.least[0]! ^= 0x80
    found.most[0]! ^= 0x80
  }
  return { ...found, isLeastExact: true, isMostExact: true }
}

/** Readers compare zeros by their value: the bounds admit both. The sign is in the last byte. */
function signZeros(least: Buffer, most: Buffer): void {
  if (isZero(least)) least[least.length - 1] = 0x80
  if (isZero(most)) most[most.length - 1] = 0
}

function isZero(number: Buffer): boolean {
  return number.every((byte, index) => byte === 0 || (byte === 0x80 && index === number.length - 1))
}
