// When a read over many partitions has enough, how much each partition may give, and the wait in between.
//
// Every engine of ours reads alike: `isSatisfied` decides, `waitForAppends` waits without polling, `ReadBudget` deals
// out bytes in the order of the request. Kafka's rules: DelayedFetch (enough bytes over all partitions, or an error in
// one) and KIP-74 (the first batch comes whole, whatever the limits).

import type { Clock } from '../runtime/clock.js'
import type { PartitionRead, ReadLimits } from './log-engine.js'

/** What `bytesFrom` says of a partition that has an error to answer: the read ends at once. */
export const answerAtOnce = -1

/**
 * Are there enough bytes to answer? `bytesFrom(read, index)` gives the visible bytes from the batch that holds the
 * offset wanted up to the visible end, or `answerAtOnce`. A minimum above what the limits let through counts as met
 * when everything that they let through is there.
 */
export function isSatisfied(
  reads: readonly PartitionRead[],
  limits: ReadLimits,
  bytesFrom: (read: PartitionRead, index: number) => number,
): boolean {
  if (limits.minBytes <= 0) return true
  let there = 0
  let passable = 0
  for (let index = 0; index < reads.length; index++) {
    const read = reads[index]!
    const bytes = bytesFrom(read, index)
    if (bytes === answerAtOnce) return true
    there += Math.min(bytes, read.maxBytes)
    passable += read.maxBytes
  }
  return there >= Math.min(limits.minBytes, limits.maxBytes, passable)
}

/** How many bytes each partition of one read may give; asked in the order of the request. */
export class ReadBudget {
  private remainingBytes: number
  private anyBatch = false

  /** To be made behind the wait, as it reserves what the read needs. `bytesFrom` as of `isSatisfied`. */
  constructor(
    limits: ReadLimits,
    reads: readonly PartitionRead[],
    bytesFrom: (read: PartitionRead, index: number) => number,
  ) {
    this.remainingBytes = limits.maxBytes
    if (limits.reserve === undefined) return
    let thereBytes = 0
    for (let index = 0; index < reads.length; index++) thereBytes += Math.max(0, bytesFrom(reads[index]!, index))
    const grantedBytes = limits.reserve(thereBytes)
    this.remainingBytes = Math.min(limits.maxBytes, grantedBytes)
    this.anyBatch = grantedBytes === 0
  }

  /** Whole batches up to this many bytes are to be read for the partition. */
  allowance(read: PartitionRead): number {
    return Math.max(0, Math.min(read.maxBytes, this.remainingBytes))
  }

  /** Must the next batch come although it is larger than the allowance? True until a partition gave one. */
  get firstBatchIsFree(): boolean {
    return !this.anyBatch
  }

  /** The partition gave this many bytes. */
  spend(bytes: number): void {
    if (bytes > 0) this.anyBatch = true
    this.remainingBytes -= bytes
  }
}

/** One per partition: whoever waits for its records is woken by it. */
export class AppendSignal {
  private readonly waits = new Set<() => void>()

  /** To be called when the visible end moved, the partition went away or the engine stops. Costs nothing without waits. */
  wake(): void {
    for (const wake of this.waits) wake()
  }

  /** Calls back at every wake until `unsubscribe`; at most once however often it is passed. */
  subscribe(wake: () => void): void {
    this.waits.add(wake)
  }

  unsubscribe(wake: () => void): void {
    this.waits.delete(wake)
  }
}

export interface AppendWait {
  /** Of the partitions to be read. A partition that is not there needs none: its read is answered at once. */
  readonly signals: readonly AppendSignal[]
  /** Looked at first and after each wake. What it throws ends the wait. */
  readonly satisfied: () => boolean
  readonly maxWaitMs: number
  readonly clock: Clock
}

/**
 * Resolves when `satisfied` or after `maxWaitMs`; rejects with the signal's reason. Wakes of one turn are looked at
 * once, in a microtask, so that an append to 500 partitions costs a reader of all of them one look.
 */
export async function waitForAppends(wait: AppendWait, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (wait.maxWaitMs <= 0 || wait.satisfied()) return
  await new Promise<void>((resolve, reject) => {
    let looking = false
    let over = false
    const end = (settle: () => void): void => {
      if (over) return
      over = true
      for (const each of wait.signals) each.unsubscribe(wake)
      signal.removeEventListener('abort', abort)
      timer.cancel()
      settle()
    }
    const look = (): void => {
      looking = false
      if (over) return
      try {
        if (wait.satisfied()) end(resolve)
      } catch (error) {
        end(() => reject(error))
      }
    }
    const wake = (): void => {
      if (looking) return
      looking = true
      queueMicrotask(look)
    }
    const abort = (): void => end(() => reject(signal.reason))
    for (const each of wait.signals) each.subscribe(wake)
    signal.addEventListener('abort', abort)
    const timer = wait.clock.after(wait.maxWaitMs, () => end(resolve))
  })
}
