// The batches under construction of one writer, whichever topics they are for: taken from here and given back, so that
// a source that runs for weeks allocates nothing.
//
// Bounded on both sides: `heldBytes` says what is out, for the writer to stop in time; what lies here beyond
// `mostFreeBytes` is let go, so that neither a burst over many topics nor builders of a former size stay in memory.

import { BatchBuilder } from '../record/batch-builder.js'

/** What an append of a topic with very many partitions takes comes back whole. */
const mostFreeBytes = 16 * 1024 * 1024

export interface PooledBuilder {
  readonly builder: BatchBuilder
  readonly capacityBytes: number
  readonly maxBatchBytes: number
}

export class BuilderPool {
  private readonly free = new Map<string, PooledBuilder[]>()
  private freeBytes = 0
  private held = 0

  /** Bytes of the builders that are out. */
  get heldBytes(): number {
    return this.held
  }

  take(capacityBytes: number, maxBatchBytes: number): PooledBuilder {
    this.held += capacityBytes
    const known = this.free.get(kindOf(capacityBytes, maxBatchBytes))?.pop()
    if (known === undefined) {
      return { builder: new BatchBuilder(capacityBytes, { maxBatchBytes }), capacityBytes, maxBatchBytes }
    }
    this.freeBytes -= capacityBytes
    return known
  }

  giveBack(pooled: PooledBuilder): void {
    const { builder, capacityBytes, maxBatchBytes } = pooled
    this.held -= capacityBytes
    if (this.freeBytes + capacityBytes > mostFreeBytes) this.letGo()
    builder.reset()
    this.freeBytes += capacityBytes
    const kind = kindOf(capacityBytes, maxBatchBytes)
    const alike = this.free.get(kind)
    if (alike === undefined) this.free.set(kind, [pooled])
    else alike.push(pooled)
  }

  private letGo(): void {
    this.free.clear()
    this.freeBytes = 0
  }
}

/** Builders of one kind replace each other. */
function kindOf(capacityBytes: number, maxBatchBytes: number): string {
  return `${capacityBytes}/${maxBatchBytes}`
}
