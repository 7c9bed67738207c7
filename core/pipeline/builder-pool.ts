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

/** Builders of one kind replace each other. */
interface Kind {
  readonly capacityBytes: number
  readonly maxBatchBytes: number
  readonly free: PooledBuilder[]
}

export class BuilderPool {
  private kinds: Kind[] = []
  private freeBytes = 0
  private held = 0

  /** Bytes of the builders that are out. */
  get heldBytes(): number {
    return this.held
  }

  take(capacityBytes: number, maxBatchBytes: number): PooledBuilder {
    this.held += capacityBytes
    const known = this.kindOf(capacityBytes, maxBatchBytes).free.pop()
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
    this.kindOf(capacityBytes, maxBatchBytes).free.push(pooled)
  }

  private letGo(): void {
    this.kinds = []
    this.freeBytes = 0
  }

  /** The last one asked for stands first: there are few, and mostly one. */
  private kindOf(capacityBytes: number, maxBatchBytes: number): Kind {
    const { kinds } = this
    const at = kinds.findIndex((kind) => kind.capacityBytes === capacityBytes && kind.maxBatchBytes === maxBatchBytes)
    if (at === 0) return kinds[0]!
    const [found = { capacityBytes, maxBatchBytes, free: [] }] = at === -1 ? [] : kinds.splice(at, 1)
    kinds.unshift(found)
    return found
  }
}
