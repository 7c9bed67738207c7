// Holds what was read from all partitions against the ledger of the producers. Shares nothing with the product.
//
// Acknowledged: each record once, at its acknowledged offset. Never acknowledged: each record at most once, and a batch
// whole or not at all. All: only what was sent, where it was sent to, byte for byte; a producer's records in the order
// of their numbers within a partition; offsets from 0 on without gaps.

import { Findings, type Judged } from './findings.js'
import { parseRecordText, recordText, type SentBatch } from './kafka-ledger.js'
import type { ReadPartition } from './kcat-reader.js'

/** `displaced`: not at its acknowledged offset; `torn`: a part of a batch; `foreign`: never sent, or not so. */
const kafkaFaults = ['lost', 'displaced', 'twice', 'disordered', 'torn', 'foreign', 'gap'] as const
export type KafkaFault = (typeof kafkaFaults)[number]

export interface KafkaVerdict extends Judged<KafkaFault> {
  readonly acknowledged: number
  /** Batches that were sent again, and acknowledged where an earlier try had left them. */
  readonly repetitions: number
  /** Records that were never acknowledged, and those of them that are there. */
  readonly unknown: number
  readonly unknownThere: number
}

export function judgeKafka(ledger: readonly SentBatch[], read: readonly ReadPartition[]): KafkaVerdict {
  const judgement = new Judgement(ledger)
  for (const partition of read) judgement.take(partition)
  return judgement.close()
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
  readonly #findings = new Findings(kafkaFaults)

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
      if (offset !== nextOffset) this.#findings.find('gap', `${where}: follows offset ${nextOffset - 1}`)
      nextOffset = offset + 1
      const parsed = parseRecordText(text)
      const placed = parsed && this.#byNumber.get(parsed.producer)?.[parsed.number]
      if (parsed === undefined || placed === undefined || text !== recordText(parsed.producer, parsed.number)) {
        this.#findings.find('foreign', `${where}: ${text.slice(0, 80)}`)
        continue
      }
      this.#place(placed, parsed.number, { topic, partition, offset })
      placed.firstTimestampMs = Math.min(placed.firstTimestampMs, timestampMs)
      const { producer, number } = parsed
      const last = lastNumbers.get(producer) ?? -1
      if (number < last) this.#findings.find('disordered', `${where}: ${producer} ${number} behind ${last}`)
      lastNumbers.set(producer, number)
    }
  }

  #place({ batch, offsets }: Placed, number: number, at: { topic: string; partition: number; offset: number }): void {
    const what = `${at.topic} ${at.partition}:${at.offset}: ${batch.producer} ${number}`
    if (at.topic !== batch.topic || at.partition !== batch.partition) {
      return this.#findings.find('foreign', `${what} was sent to ${batch.topic} ${batch.partition}`)
    }
    const index = number - batch.firstNumber
    const before = offsets[index]
    if (before === undefined) offsets[index] = at.offset
    else this.#findings.find('twice', `${what} stands at ${before} too`)
  }

  close(): KafkaVerdict {
    const counts = { acknowledged: 0, repetitions: 0, unknown: 0, unknownThere: 0 }
    for (const { batch, offsets, firstTimestampMs } of this.#placed) {
      const { baseOffset, recordCount } = batch
      const there = offsets.reduce((count: number, offset) => count + (offset === undefined ? 0 : 1), 0)
      if (baseOffset === undefined) {
        counts.unknown += recordCount
        counts.unknownThere += there
        if (there !== 0 && there !== recordCount) this.#findings.find('torn', `${nameOf(batch)}: ${there} are there`)
      } else {
        counts.acknowledged += recordCount
        if (firstTimestampMs < batch.lastSentAtMs) counts.repetitions++
        this.#checkAcknowledged(batch, { offsets, baseOffset })
      }
    }
    return { ...counts, faults: this.#findings.faults, findings: this.#findings.findings }
  }

  #checkAcknowledged(batch: SentBatch, at: { readonly offsets: Placed['offsets']; readonly baseOffset: number }): void {
    for (let index = 0; index < batch.recordCount; index++) {
      const offset = at.offsets[index]
      const expected = at.baseOffset + index
      if (offset === expected) continue
      const what = `${nameOf(batch)}: number ${batch.firstNumber + index}, acknowledged at ${expected},`
      if (offset === undefined) this.#findings.find('lost', `${what} is missing`)
      else this.#findings.find('displaced', `${what} stands at ${offset}`)
    }
  }
}

function nameOf({ producer, topic, partition, firstNumber, recordCount }: SentBatch): string {
  return `${recordCount} records of ${producer} from ${firstNumber} on in ${topic} ${partition}`
}
