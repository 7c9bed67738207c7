// What a footer says about the values of a column chunk, so that readers pass over it: nulls, least and most.
//
// Orders are those of ColumnOrder TYPE_ORDER in parquet.thrift: a least zero is -0.0 and a most zero +0.0; a decimal of 16
// bytes is signed. NaN is no bound there, but readers that hold it for the greatest number (DuckDB, Spark) would miss it
// behind any other: values with a NaN among them have none. Long text and binary are shortened, and the footer says so;
// JSON that would have to be shortened has no bounds, since a part of it is no JSON.

import type { ScalarType } from '../table/column-type.js'
import type { LeafColumn } from '../table/leaf-column.js'
import type { PlainValues } from '../table/plain-values.js'
import type { Physical } from '../table/value-layout.js'
import { ByteBounds } from './byte-bounds.js'
import type { ByteExtremes } from './byte-bounds.js'
import type { Extremes } from './number-bounds.js'
import { booleanExtremes, doubleExtremes, floatExtremes, int32Extremes, int64Extremes } from './number-bounds.js'
import type { PageRange } from './page-cuts.js'
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

/** Looks at the values of a leaf that has been settled, page by page: while they are near for the page itself too. */
export class StatisticsCollector {
  readonly #leaf: LeafColumn
  readonly #form: ValueForm
  /** Of text and binary that is plain. */
  readonly #plainBounds: ByteBounds

  constructor(leaf: LeafColumn, form: ValueForm) {
    this.#leaf = leaf
    this.#form = form
    this.#plainBounds = new ByteBounds(form.plain.bytes)
  }

  addPage({ start, end, isNumbered }: PageRange): void {
    const isSized = this.#leaf.layout.physical === 'bytes'
    if (isSized && !isNumbered) this.#plainBounds.addSized(start.plainByte, end.plainByte)
  }

  /** Behind the last page. */
  finish(): ColumnStatistics {
    const leaf = this.#leaf
    const nullCount = leaf.entryCount - leaf.valueCount
    const { physical } = leaf.layout
    if (physical === 'bytes') return { nullCount, nanCount: undefined, bounds: this.#sizedBounds() }
    if (physical === 'fixed') return { nullCount, nanCount: undefined, bounds: fixedBounds(leaf) }
    return { nullCount, ...numberStatistics(leaf, this.#form, physical) }
  }

  #sizedBounds(): Bounds | undefined {
    const found = [this.#plainBounds.get()]
    const dictionary = this.#form.dictionary?.values
    if (dictionary !== undefined) {
      const ofNumbered = new ByteBounds(dictionary.bytes)
      ofNumbered.addSized(0, dictionary.usedBytes)
      found.push(ofNumbered.get())
    }
    return shortened(
      found.filter((extremes) => extremes !== undefined),
      this.#leaf.type.kind,
    )
  }
}

function numberStatistics(
  leaf: LeafColumn,
  form: ValueForm,
  physical: keyof typeof extremesOf,
): Pick<ColumnStatistics, 'nanCount' | 'bounds'> {
  const { widthBytes } = leaf.layout
  const isFloating = physical === 'float' || physical === 'double'
  // Where all values are numbered, the dictionary has each of them.
  const values = form.dictionary?.values ?? form.plain
  const { leastAt, mostAt, nanCount: differentNans } = extremesOf[physical](values)
  const isCounted = values === leaf.plain || differentNans === 0
  const nans = isCounted ? differentNans : extremesOf[physical](leaf.plain).nanCount
  const nanCount = isFloating ? nans : undefined
  if (leastAt < 0 || differentNans > 0) return { nanCount, bounds: undefined }
  const least = Buffer.from(values.slice(leastAt, leastAt + widthBytes))
  const most = Buffer.from(values.slice(mostAt, mostAt + widthBytes))
  if (isFloating) signZeros(least, most)
  return { nanCount, bounds: { least, most, isLeastExact: true, isMostExact: true } }
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

/** The bounds of text and binary: whole, or as much of them as a footer may hold. */
function shortened(extremes: readonly ByteExtremes[], kind: ScalarType['kind']): Bounds | undefined {
  if (extremes.length === 0) return undefined
  const least = extremes.map((each) => each.least).reduce((one, other) => (one.compare(other) <= 0 ? one : other))
  const most = extremes.map((each) => each.most).reduce((one, other) => (one.compare(other) >= 0 ? one : other))
  const isLeastExact = least.length <= mostBoundBytes
  const isMostExact = most.length <= mostBoundBytes
  if (kind === 'json' && !(isLeastExact && isMostExact)) return undefined
  const isText = kind === 'string'
  const shortMost = isMostExact ? most : shortenedMost(most, isText)
  if (shortMost === undefined) return undefined
  return { least: isLeastExact ? least : shortenedLeast(least, isText), most: shortMost, isLeastExact, isMostExact }
}

function fixedBounds({ plain, type, layout }: LeafColumn): Bounds | undefined {
  const isSigned = type.kind === 'decimal'
  // With the sign flipped, big endian integers are ordered as bytes are.
  const bytes = isSigned ? signsFlipped(plain.slice(0, plain.usedBytes), layout.widthBytes) : plain.bytes
  const bounds = new ByteBounds(bytes)
  bounds.addFixed(layout.widthBytes, plain.usedBytes)
  const found = bounds.get()
  if (found === undefined) return undefined
  const [least, most] = [found.least, found.most].map((bound) =>
    isSigned ? signsFlipped(bound, layout.widthBytes) : bound,
  ) as [Buffer, Buffer]
  return { least, most, isLeastExact: true, isMostExact: true }
}

function signsFlipped(integers: Buffer, widthBytes: number): Buffer {
  const flipped = Buffer.from(integers)
  for (let at = 0; at < flipped.length; at += widthBytes) flipped[at]! ^= 0x80
  return flipped
}

/** Readers compare zeros by their value: the bounds admit both. The sign is in the last byte. */
function signZeros(least: Buffer, most: Buffer): void {
  if (isZero(least)) least[least.length - 1] = 0x80
  if (isZero(most)) most[most.length - 1] = 0
}

function isZero(number: Buffer): boolean {
  return number.every((byte, index) => byte === 0 || (byte === 0x80 && index === number.length - 1))
}
