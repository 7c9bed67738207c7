// The transactions of one partition: which are open, by their first offsets, and which were aborted, by their ends.
//
// Open ones are as of the last batch that has an offset; readers take what was open at their watermark, which goes with it
// (core/log/partition-log.ts). Of an aborted one the range of offsets stays known until nothing in it is left to be read.
//
// The last stable offset of each end bounds a search: an end that left nothing open before an offset was later than all
// transactions that began before it. Source of the scheme: Apache Kafka's TransactionIndex.

import { baseOffsetOf, batchBytes, isControl, isTransactional, producerIdOf } from './batch-layout.js'

/** Where the first batch of a transaction lies. */
export interface TransactionPlace {
  readonly firstOffset: number
  /** The base offset of its segment, and where it begins there. */
  readonly segmentBase: number
  readonly position: number
}

export interface OpenTransaction {
  readonly producerId: number
  readonly epoch: number
  readonly place: TransactionPlace
}

/** All transactional batches of the producer in this range of offsets, the marker at its end included, are void. */
export interface AbortedRange {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  /** The first offset that was still open behind this end; behind `lastOffset` when none was. */
  readonly stableOffset: number
}

/** As a checkpoint keeps it. */
export interface TransactionsRecord {
  /** Producer id, epoch, first offset, base of its segment, position there; by first offset. */
  readonly open: readonly (readonly [number, number, number, number, number])[]
  /** Producer id, first offset, last offset, stable offset; by last offset. */
  readonly aborted: readonly (readonly [number, number, number, number])[]
}

export const noTransactions: TransactionsRecord = { open: [], aborted: [] }

export class PartitionTransactions {
  /** By producer id, in the order of their first offsets. */
  #open = new Map<number, OpenTransaction>()
  /** Ascending by last offset. */
  #aborted: AbortedRange[]

  constructor(record: TransactionsRecord = noTransactions) {
    for (const [producerId, epoch, firstOffset, segmentBase, position] of record.open)
      this.#open.set(producerId, { producerId, epoch, place: { firstOffset, segmentBase, position } })
    this.#aborted = record.aborted.map(([producerId, firstOffset, lastOffset, stableOffset]) => {
      return { producerId, firstOffset, lastOffset, stableOffset }
    })
  }

  /** The open one that began first. */
  get firstOpen(): OpenTransaction | undefined {
    for (const open of this.#open.values()) return open
    return undefined
  }

  openOf(producerId: number): OpenTransaction | undefined {
    return this.#open.get(producerId)
  }

  /** By their first offsets. */
  allOpen(): Iterable<OpenTransaction> {
    return this.#open.values()
  }

  get isEmpty(): boolean {
    return this.#open.size === 0 && this.#aborted.length === 0
  }

  /** The producer, which has none open, begins one behind all others. */
  begin(producerId: number, epoch: number, place: TransactionPlace): OpenTransaction {
    const open = { producerId, epoch, place }
    this.#open.set(producerId, open)
    return open
  }

  /** It is not open any more. */
  remove(open: OpenTransaction): void {
    this.#open.delete(open.producerId)
  }

  /** Takes a `remove` back. */
  restore(restored: OpenTransaction): void {
    const all = [...this.#open.values(), restored].sort((a, b) => a.place.firstOffset - b.place.firstOffset)
    this.#open = new Map(all.map((open) => [open.producerId, open]))
  }

  /** Gives the open ones, whose first batches may be lost, the places of what is left of them; undefined where nothing is. */
  relocate(placeLeft: (place: TransactionPlace) => TransactionPlace | undefined): void {
    const before = [...this.#open.values()]
    this.#open.clear()
    for (const { producerId, epoch, place } of before) {
      const left = placeLeft(place)
      if (left !== undefined) this.begin(producerId, epoch, left)
    }
  }

  /** The batch at `lastOffset` aborted it. */
  noteAborted({ producerId, place }: OpenTransaction, lastOffset: number): AbortedRange {
    const stableOffset = this.firstOpen?.place.firstOffset ?? lastOffset + 1
    const range = { producerId, firstOffset: place.firstOffset, lastOffset, stableOffset }
    this.#aborted.push(range)
    return range
  }

  /** Takes back the `noteAborted` that was the last. */
  unnoteAborted(): void {
    this.#aborted.pop()
  }

  /** The aborted ones of which offsets lie between `from` and, below it, `to`; by their first offsets. */
  abortedIn(from: number, to: number): readonly AbortedRange[] {
    const found: AbortedRange[] = []
    for (let index = this.#firstEndAt(from); index < this.#aborted.length; index++) {
      const range = this.#aborted[index]!
      if (range.firstOffset < to) found.push(range)
      if (range.stableOffset >= to) break
    }
    return found.sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Nothing below the offset is read any more, or nothing aborted is left there. */
  forgetBelow(offset: number): void {
    const count = this.#firstEndAt(offset)
    if (count > 0) this.#aborted = this.#aborted.slice(count)
  }

  record(): TransactionsRecord {
    if (this.isEmpty) return noTransactions
    return {
      open: Array.from(this.#open.values(), ({ producerId, epoch, place }) => {
        return [producerId, epoch, place.firstOffset, place.segmentBase, place.position] as const
      }),
      aborted: this.#aborted.map(({ producerId, firstOffset, lastOffset, stableOffset }) => {
        return [producerId, firstOffset, lastOffset, stableOffset] as const
      }),
    }
  }

  /** Index of the first that ends at the offset or behind it. */
  #firstEndAt(offset: number): number {
    let low = 0
    let high = this.#aborted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#aborted[middle]!.lastOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The batches without those of `aborted` and without ends of transactions; the very same bytes when all stay. */
export function withoutVoid(batches: Buffer, aborted: readonly AbortedRange[]): Buffer {
  const kept: Buffer[] = []
  let start = 0
  let keptBytes = 0
  for (let at = 0; at < batches.length; ) {
    const next = at + batchBytes(batches, at)
    if (isVoid(batches, at, aborted)) {
      if (at > start) kept.push(batches.subarray(start, at))
      keptBytes += at - start
      start = next
    }
    at = next
  }
  if (start === 0) return batches
  kept.push(batches.subarray(start))
  return Buffer.concat(kept, keptBytes + batches.length - start)
}

function isVoid(batches: Buffer, at: number, aborted: readonly AbortedRange[]): boolean {
  if (!isTransactional(batches, at)) return false
  if (isControl(batches, at)) return true
  if (aborted.length === 0) return false
  const producerId = producerIdOf(batches, at)
  const offset = baseOffsetOf(batches, at)
  return aborted.some((range) => {
    return range.producerId === producerId && range.firstOffset <= offset && offset <= range.lastOffset
  })
}
