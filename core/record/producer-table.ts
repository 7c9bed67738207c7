// The idempotent producers of one partition, by id, and the bounds of what an engine remembers of them: so many per
// partition, so many in all, and none that was idle for a day. Times come from a clock that does not jump.

import { entryWith, sequenceBehind, type ProducerEntry, type SequencedBatch } from './producer-sequences.js'

/** A producer that has not written for so long is forgotten: Kafka's `producer.id.expiration.ms`. */
export const producerIdleMs = 24 * 3600_000

/** Of a hub (a UUID): drawn with its id, so that a client that outlives its hub is not taken for one of the next. Below 2^52. */
export function firstProducerId(hubId: string): number {
  return Number.parseInt(hubId.slice(0, 8), 16) * 2 ** 20
}

/** An entry as a checkpoint keeps it. */
export interface ProducerRecord {
  readonly id: number
  readonly epoch: number
  /** How long it had not written; a time during which nobody could write does not count. */
  readonly idleMs: number
  readonly lastTimestampMs: number
  /** First sequence, last sequence, base offset. */
  readonly batches: readonly (readonly [number, number, number])[]
}

/**
 * The bounds of all tables of one engine: what they hold lies in memory and in every checkpoint. Beyond a bound the
 * producer that was idle longest is forgotten, first of the partition, then of all.
 */
export class ProducerRoom {
  readonly perPartition: number
  readonly #total: number
  readonly #tables = new Set<ProducerTable>()
  #count = 0

  /** Some 250 bytes of a checkpoint each: 12 MiB at most. */
  constructor(
    limits: { readonly perPartition: number; readonly total: number } = { perPartition: 5000, total: 50_000 },
  ) {
    this.perPartition = limits.perPartition
    this.#total = limits.total
  }

  /** Entries came or went; an empty table is not looked at when room must be made. */
  note(table: ProducerTable, change: number): void {
    this.#count += change
    if (table.size === 0) this.#tables.delete(table)
    else this.#tables.add(table)
    while (this.#count > this.#total) this.#idlest().forgetIdlest()
  }

  #idlest(): ProducerTable {
    let idlest: ProducerTable | undefined
    for (const table of this.#tables)
      if (idlest === undefined || table.idlestActiveAtMs < idlest.idlestActiveAtMs) idlest = table
    return idlest as ProducerTable
  }
}

export class ProducerTable {
  readonly #room: ProducerRoom
  /** The longest idle one first. */
  readonly #entries = new Map<number, ProducerEntry>()

  constructor(room: ProducerRoom, records: readonly ProducerRecord[] = [], nowMs = 0) {
    this.#room = room
    for (const { id, epoch, idleMs, lastTimestampMs, batches } of records) {
      const produced = batches.map(([firstSequence, lastSequence, baseOffset]) => ({
        firstSequence,
        lastSequence,
        baseOffset,
      }))
      const nextSequence = sequenceBehind(produced.at(-1)?.lastSequence ?? -1)
      this.put(id, { epoch, batches: produced, nextSequence, lastTimestampMs, activeAtMs: nowMs - idleMs })
    }
  }

  get size(): number {
    return this.#entries.size
  }

  get idlestActiveAtMs(): number {
    for (const { activeAtMs } of this.#entries.values()) return activeAtMs
    return Number.POSITIVE_INFINITY
  }

  get(producerId: number): ProducerEntry | undefined {
    return this.#entries.get(producerId)
  }

  /** Those that have a batch here. */
  *entries(): Generator<readonly [number, ProducerEntry]> {
    for (const [producerId, entry] of this.#entries) if (entry.batches.length > 0) yield [producerId, entry]
  }

  /** Sets what is known of a producer; undefined forgets it. */
  put(producerId: number, entry: ProducerEntry | undefined): void {
    const before = this.#entries.size
    this.#entries.delete(producerId)
    if (entry !== undefined) this.#entries.set(producerId, entry)
    if (this.#entries.size > this.#room.perPartition) this.#dropFirst()
    this.#room.note(this, this.#entries.size - before)
  }

  /** A batch that was appended before the crash is appended again. */
  replay(batch: SequencedBatch, place: { readonly baseOffset: number; readonly nowMs: number }): void {
    this.put(batch.producerId, entryWith(this.#entries.get(batch.producerId), batch, place))
  }

  /** Forgets who was idle for producerIdleMs. */
  expire(nowMs: number): void {
    while (nowMs - this.idlestActiveAtMs >= producerIdleMs) this.forgetIdlest()
  }

  forgetIdlest(): void {
    this.#dropFirst()
    this.#room.note(this, -1)
  }

  /** Its partition is gone. */
  clear(): void {
    const count = this.#entries.size
    this.#entries.clear()
    this.#room.note(this, -count)
  }

  records(nowMs: number): readonly ProducerRecord[] {
    return Array.from(this.entries(), ([id, { epoch, batches, lastTimestampMs, activeAtMs }]) => ({
      id,
      epoch,
      idleMs: Math.max(0, Math.round(nowMs - activeAtMs)),
      lastTimestampMs,
      batches: batches.map(
        ({ firstSequence, lastSequence, baseOffset }) => [firstSequence, lastSequence, baseOffset] as const,
      ),
    }))
  }

  #dropFirst(): void {
    for (const producerId of this.#entries.keys()) {
      this.#entries.delete(producerId)
      return
    }
  }
}
