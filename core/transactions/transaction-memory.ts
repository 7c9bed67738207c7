// All transactional ids in memory, as the durable records say, and where to find them: by name, by producer id, by group.
//
// Changes in `replay` alone, but for entries of ids that are only being made, which have nothing durable yet.

import { Deadline } from '../coordination/deadline-queue.js'
import { TransactionEntry } from './transaction-entry.js'
import { type PendingOffsets, partitionCount, sizeOf, type TransactionMetadata } from './transaction.js'
import { decodeRecord } from './transaction-record.js'

export class TransactionMemory {
  readonly #byName = new Map<string, TransactionEntry>()
  readonly #byProducer = new Map<number, TransactionEntry>()
  /** Those that have pending offsets in the group. */
  readonly #byGroup = new Map<string, Set<TransactionEntry>>()
  readonly #expire: (entry: TransactionEntry) => void
  #partitions = 0
  #pendingBytes = 0

  /** `expire` is called when the `due` of an entry is over. */
  constructor(expire: (entry: TransactionEntry) => void) {
    this.#expire = expire
  }

  get size(): number {
    return this.#byName.size
  }

  /** Partitions that open transactions have named, over all of them. */
  get partitions(): number {
    return this.#partitions
  }

  /** What the pending offsets of all transactions take. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  all(): Iterable<TransactionEntry> {
    return this.#byName.values()
  }

  get(transactionalId: string): TransactionEntry | undefined {
    return this.#byName.get(transactionalId)
  }

  ofProducer(producerId: number): TransactionEntry | undefined {
    return this.#byProducer.get(producerId)
  }

  pendingIn(group: string): Iterable<TransactionEntry> {
    return this.#byGroup.get(group) ?? []
  }

  /** The entry of the id; a new one when there is none. */
  entryFor(transactionalId: string): TransactionEntry {
    const known = this.#byName.get(transactionalId)
    if (known !== undefined) return known
    const entry: TransactionEntry = new TransactionEntry(transactionalId, new Deadline(() => this.#expire(entry)))
    this.#byName.set(transactionalId, entry)
    return entry
  }

  /** Takes in one durable record and gives its entry; twice is fine. Errors: transaction_record_unknown, bytes_truncated. */
  replay(key: Uint8Array, value: Uint8Array | null): TransactionEntry {
    const record = decodeRecord(key, value)
    const entry = this.entryFor(record.transactionalId)
    if (record.kind === 'metadata') this.#setMetadata(entry, record.metadata)
    else this.#setPending(entry, record.group, record.pending)
    return entry
  }

  /** Forgets an entry of which nothing is left; false when something is. */
  letGo(entry: TransactionEntry): boolean {
    if (!entry.isVacant) return false
    if (this.#byName.get(entry.transactionalId) === entry) this.#byName.delete(entry.transactionalId)
    return true
  }

  #setMetadata(entry: TransactionEntry, after: TransactionMetadata | undefined): void {
    const before = entry.metadata
    if (before !== undefined) {
      this.#byProducer.delete(before.producer.producerId)
      this.#partitions -= partitionCount(before)
    }
    if (after !== undefined) {
      this.#byProducer.set(after.producer.producerId, entry)
      this.#partitions += partitionCount(after)
    }
    entry.metadata = after
    entry.isEnding = false
  }

  #setPending(entry: TransactionEntry, group: string, after: PendingOffsets | undefined): void {
    const before = entry.pending.get(group)
    const entries = this.#byGroup.get(group) ?? new Set()
    if (before !== undefined) this.#pendingBytes -= sizeOf(group, before).bytes
    if (after === undefined) {
      entry.pending.delete(group)
      entries.delete(entry)
    } else {
      entry.pending.set(group, after)
      entries.add(entry)
      this.#pendingBytes += sizeOf(group, after).bytes
    }
    if (entries.size === 0) this.#byGroup.delete(group)
    else this.#byGroup.set(group, entries)
  }
}
