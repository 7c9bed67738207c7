// Holds what was read from all partitions against the ledger of the producers. Shares nothing with the product.
//
// Acknowledged: each record once, at its acknowledged offset. Never acknowledged: each record at most once, and a batch
// whole or not at all. All: only what was sent, where it was sent to, byte for byte; a producer's records in the order
// of their numbers within a partition; offsets from 0 on without gaps.

import { parseRecordText, recordText, type SentBatch } from './kafka-ledger.js'

export interface ReadRecord {
  readonly offset: number
  /** The client's clock when it sent what stands there. */
  readonly timestampMs: number
  readonly text: string
}

/** In the order in which they were read. */
export interface ReadPartition {
  readonly topic: string
  readonly partition: number
  readonly records: readonly ReadRecord[]
}

/** `displaced`: not at its acknowledged offset; `torn`: a part of a batch; `foreign`: never sent, or not so. */
export type KafkaFault = 'lost' | 'displaced' | 'twice' | 'disordered' | 'torn' | 'foreign' | 'gap'

export interface KafkaVerdict {
  readonly acknowledged: number
  /** Batches that were sent again, and acknowledged where an earlier try had left them. */
  readonly repetitions: number
  /** Records that were never acknowledged, and those of them that are there. */
  readonly unknown: number
  readonly unknownThere: number
  readonly faults: Readonly<Record<KafkaFault, number>>
  /** The first findings, for a person. */
  readonly findings: readonly string[]
}

const mostFindings = 10

export function judgeKafka(ledger: readonly SentBatch[], read: readonly ReadPartition[]): KafkaVerdict {
  const judgement = new Judgement(ledger)
  for (const partition of read) judgement.take(partition)
  return judgement.close()
}

/** Throws with the findings unless nothing is wrong. */
export function requireFaultless(what: string, { faults, findings }: KafkaVerdict): void {
  const found = Object.entries(faults).filter(([, count]) => count > 0)
  if (found.length === 0) return
  const counts = found.map(([fault, count]) => `${count} ${fault}`).join(', ')
  throw new Error([`${what}: ${counts}`, ...findings].join('\n  '))
}

/** Throws when a verdict does not find what was planted. */
export function requireFound(what: string, { faults }: KafkaVerdict, fault: KafkaFault): void {
  if (faults[fault] === 0) throw new Error(`a control that must fail held: ${what}`)
}

/** A batch, and where each of its records was read. */
interface Placed {
  readonly batch: SentBatch
  readonly offsets: (number | undefined)[]
  firstTimestampMs: number
}

class Judgement {
  readonly #placed: readonly Placed[]
  /** By producer and number. */
  readonly #byNumber = new Map<string, Placed[]>()
  readonly #faults = { lost: 0, displaced: 0, twice: 0, disordered: 0, torn: 0, foreign: 0, gap: 0 }
  readonly #findings: string[] = []

  constructor(ledger: readonly SentBatch[]) {
    this.#placed = ledger.map((batch) => ({ batch, offsets: [], firstTimestampMs: Infinity }))
    for (const placed of this.#placed) {
      const { producer, firstNumber, recordCount } = placed.batch
      const numbers = this.#byNumber.get(producer) ?? []
      numbers.length = Math.max(numbers.length, firstNumber + recordCount)
      numbers.fill(placed, firstNumber, firstNumber + recordCount)
      this.#byNumber.set(producer, numbers)
    }
  }

  take({ topic, partition, records }: ReadPartition): void {
    const lastNumbers = new Map<string, number>()
    let nextOffset = 0
    for (const { offset, timestampMs, text } of records) {
      const where = `${topic} ${partition}:${offset}`
      if (offset !== nextOffset) this.#find('gap', `${where}: follows offset ${nextOffset - 1}`)
      nextOffset = offset + 1
      const parsed = parseRecordText(text)
      const placed = parsed && this.#byNumber.get(parsed.producer)?.[parsed.number]
      if (parsed === undefined || placed === undefined || text !== recordText(parsed.producer, parsed.number)) {
        this.#find('foreign', `${where}: ${text.slice(0, 80)}`)
        continue
      }
      this.#place(placed, parsed.number, { topic, partition, offset })
      placed.firstTimestampMs = Math.min(placed.firstTimestampMs, timestampMs)
      const { producer, number } = parsed
      const last = lastNumbers.get(producer) ?? -1
      if (number < last) this.#find('disordered', `${where}: ${producer} ${number} behind ${last}`)
      lastNumbers.set(producer, number)
    }
  }

  #place({ batch, offsets }: Placed, number: number, at: { topic: string; partition: number; offset: number }): void {
    const what = `${at.topic} ${at.partition}:${at.offset}: ${batch.producer} ${number}`
    if (at.topic !== batch.topic || at.partition !== batch.partition) {
      return this.#find('foreign', `${what} was sent to ${batch.topic} ${batch.partition}`)
    }
    const index = number - batch.firstNumber
    const before = offsets[index]
    if (before === undefined) offsets[index] = at.offset
    else this.#find('twice', `${what} stands at ${before} too`)
  }

  close(): KafkaVerdict {
    const counts = { acknowledged: 0, repetitions: 0, unknown: 0, unknownThere: 0 }
    for (const { batch, offsets, firstTimestampMs } of this.#placed) {
      const { baseOffset, recordCount } = batch
      const there = offsets.reduce((count: number, offset) => count + (offset === undefined ? 0 : 1), 0)
      if (baseOffset === undefined) {
        counts.unknown += recordCount
        counts.unknownThere += there
        if (there !== 0 && there !== recordCount) this.#find('torn', `${nameOf(batch)}: ${there} are there`)
      } else {
        counts.acknowledged += recordCount
        if (firstTimestampMs < batch.lastSentAtMs) counts.repetitions++
        this.#checkAcknowledged(batch, { offsets, baseOffset })
      }
    }
    return { ...counts, faults: this.#faults, findings: this.#findings }
  }

  #checkAcknowledged(batch: SentBatch, at: { readonly offsets: Placed['offsets']; readonly baseOffset: number }): void {
    for (let index = 0; index < batch.recordCount; index++) {
      const offset = at.offsets[index]
      const expected = at.baseOffset + index
      if (offset === expected) continue
      const what = `${nameOf(batch)}: number ${batch.firstNumber + index}, acknowledged at ${expected},`
      if (offset === undefined) this.#find('lost', `${what} is missing`)
      else this.#find('displaced', `${what} stands at ${offset}`)
    }
  }

  #find(fault: KafkaFault, finding: string): void {
    this.#faults[fault]++
    if (this.#findings.length < mostFindings) this.#findings.push(`${fault}: ${finding}`)
  }
}

function nameOf({ producer, topic, partition, firstNumber, recordCount }: SentBatch): string {
  return `${recordCount} records of ${producer} from ${firstNumber} on in ${topic} ${partition}`
}
