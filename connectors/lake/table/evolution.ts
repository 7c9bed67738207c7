// How rows that are in memory take on a schema that has grown: leaves that stay, that change their type, that are new.

import { invariant, present } from '../../../core/errors/invariant.js'
import type { ScalarType } from './column-type.js'
import { LeafColumn } from './leaf-column.js'
import type { LeafShape } from './leaf-shape.js'
import type { PlainValues } from './plain-values.js'
import type { Tally } from './tally.js'

/** Puts the value that begins at `at` behind the others. */
type Conversion = (from: PlainValues, at: number, to: PlainValues) => void

const toInt64: Conversion = (from, at, to) => to.putInteger(from.readInt32(at))
const int32ToDouble: Conversion = (from, at, to) => to.putDouble(from.readInt32(at))
const int64ToDouble: Conversion = (from, at, to) => to.putDouble(Number(from.readBigInt64(at)))
const floatToDouble: Conversion = (from, at, to) => to.putDouble(from.readFloat(at))

const conversions: Readonly<Record<string, Conversion>> = {
  'int32 int64': toInt64,
  'int32 double': int32ToDouble,
  'int64 double': int64ToDouble,
  'float double': floatToDouble,
}

/** The leaves of `shapes`, with the entries of those that are there; all of them have caught up. */
export function evolveLeaves(
  leaves: readonly LeafColumn[],
  shapes: readonly LeafShape[],
  tally: Tally,
): readonly LeafColumn[] {
  const byPath = new Map(leaves.map((leaf) => [keyOf(leaf.path), leaf]))
  const evolved = shapes.map((shape) => {
    const leaf = byPath.get(keyOf(shape.path))
    if (leaf === undefined) return newLeaf(shape, leaves, tally)
    byPath.delete(keyOf(shape.path))
    return isSameType(leaf.type, shape.type) ? leaf : convertedLeaf(leaf, shape, tally)
  })
  invariant(byPath.size === 0, `a schema was to lose ${byPath.size} of its leaves`)
  return evolved
}

/** Can all values take the types of the shapes without being rounded? */
export function isExactAfter(leaves: readonly LeafColumn[], shapes: readonly LeafShape[]): boolean {
  const byPath = new Map(shapes.map((shape) => [keyOf(shape.path), shape]))
  return leaves.every((leaf) => {
    const becomesDouble = leaf.type.kind === 'int64' && byPath.get(keyOf(leaf.path))?.type.kind === 'double'
    return !becomesDouble || holdsDoublesOnly(leaf)
  })
}

function holdsDoublesOnly({ plain }: LeafColumn): boolean {
  // Up to 2^53 every integer is one: the upper half lies within 21 bits and their sign.
  const edge = 2 ** 21
  for (let at = 0; at < plain.usedBytes; at += 8) {
    const upper = plain.readInt32(at + 4)
    if (upper >= -edge && upper < edge) continue
    const value = plain.readBigInt64(at)
    if (BigInt(Number(value)) !== value) return false
  }
  return true
}

function newLeaf(shape: LeafShape, leaves: readonly LeafColumn[], tally: Tally): LeafColumn {
  const made = new LeafColumn(shape, tally)
  let sibling: LeafColumn | undefined
  let sharedCount = 0
  for (const leaf of leaves) {
    const count = sharedNames(leaf.path, shape.path)
    if (count > sharedCount) {
      sibling = leaf
      sharedCount = count
    }
  }
  // Null in all rows: it catches up by itself.
  if (sibling === undefined) return made
  made.fillNulls(sibling, present(shape.levels[sharedCount - 1], 'the levels of a part that leaves share'))
  return made
}

function sharedNames(one: readonly string[], other: readonly string[]): number {
  let count = 0
  while (count < one.length && one[count] === other[count]) count++
  return count
}

function convertedLeaf(leaf: LeafColumn, shape: LeafShape, tally: Tally): LeafColumn {
  const convert = conversions[`${leaf.type.kind} ${shape.type.kind}`]
  invariant(
    convert !== undefined,
    `the column ${leaf.path.join('.')} was to change from ${leaf.type.kind} to ${shape.type.kind}`,
  )
  const made = new LeafColumn(shape, tally)
  made.takeEntries(leaf)
  const { widthBytes } = leaf.layout
  for (let at = 0; at < leaf.plain.usedBytes; at += widthBytes) convert(leaf.plain, at, made.plain)
  tally.sizeBytes += made.plain.usedBytes - leaf.plain.usedBytes
  return made
}

function isSameType(one: ScalarType, other: ScalarType): boolean {
  if (one.kind === 'timestamp') return other.kind === 'timestamp' && one.isUtc === other.isUtc
  if (one.kind !== 'decimal') return one.kind === other.kind
  return other.kind === 'decimal' && one.precision === other.precision && one.scale === other.scale
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path)
}
