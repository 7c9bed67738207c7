// Rows in memory: all leaves of a schema, in step. A row is put into the leaves, then it ends, or is taken back.

import { invariant } from '../../../core/errors/invariant.js'
import type { TableSchema } from './column-type.js'
import { evolveLeaves, isExactAfter } from './evolution.js'
import { LeafColumn } from './leaf-column.js'
import { leafShapes } from './leaf-shape.js'
import { Tally } from './tally.js'

/** When dictionaries are looked at first; then at four times as many rows, and so on. Fewer rows say too little. */
const firstLookRows = 4096

export class RowBatch {
  #schema: TableSchema
  #leaves: readonly LeafColumn[]
  readonly #tally = new Tally()
  /** Size at the end of the last row. */
  #endedBytes = 0
  #nextLookRows = firstLookRows

  constructor(schema: TableSchema) {
    this.#schema = schema
    this.#leaves = leafShapes(schema).map((shape) => new LeafColumn(shape, this.#tally))
  }

  get schema(): TableSchema {
    return this.#schema
  }

  /** Depth first, as `leafShapes`. After `evolve` they are others. */
  get leaves(): readonly LeafColumn[] {
    return this.#leaves
  }

  get rowCount(): number {
    return this.#tally.rowCount
  }

  /** The memory of what is in it, about; it follows from the rows that ended alone. */
  get sizeBytes(): number {
    return this.#tally.sizeBytes
  }

  /** The row is whole; it may not be rolled back any more. */
  endRow(): void {
    const tally = this.#tally
    tally.rowCount++
    // A definition for each leaf, whether it has been written down yet or not.
    tally.sizeBytes += this.#leaves.length
    if (tally.rowCount === this.#nextLookRows) {
      this.#nextLookRows *= 4
      for (const leaf of this.#leaves) leaf.dropPoorDictionary()
    }
    this.#endedBytes = tally.sizeBytes
  }

  /** Forgets what was put since the last `endRow`. */
  rollback(): void {
    for (const leaf of this.#leaves) leaf.rollback()
    this.#tally.sizeBytes = this.#endedBytes
  }

  /** Gives every leaf an entry for every row, and settles how its values are held: what an encoder begins with. */
  settle(): void {
    for (const leaf of this.#leaves) {
      leaf.catchUp()
      leaf.dropPoorDictionary()
    }
    this.#endedBytes = this.#tally.sizeBytes
  }

  /** Can the rows take the types of `schema` without being rounded? An int64 may be no double. */
  canEvolve(schema: TableSchema): boolean {
    return isExactAfter(this.#leaves, leafShapes(schema))
  }

  /**
   * Between rows: takes on a schema that has grown: columns or fields added, int32 become int64, integers become
   * doubles (`canEvolve` must hold), float become double. What is new is null in the rows that are there.
   */
  evolve(schema: TableSchema): void {
    invariant(this.#tally.sizeBytes === this.#endedBytes, 'a schema was to grow within a row')
    for (const leaf of this.#leaves) leaf.catchUp()
    const shapes = leafShapes(schema)
    const rowBytes = this.#tally.rowCount * (shapes.length - this.#leaves.length)
    this.#leaves = evolveLeaves(this.#leaves, shapes, this.#tally)
    this.#tally.sizeBytes += rowBytes
    this.#endedBytes = this.#tally.sizeBytes
    this.#schema = schema
  }

  /** Forgets all rows, and gives their memory back. */
  clear(): void {
    const tally = this.#tally
    tally.rowCount = 0
    tally.sizeBytes = 0
    this.#endedBytes = 0
    this.#nextLookRows = firstLookRows
    for (const leaf of this.#leaves) leaf.clear()
  }
}
