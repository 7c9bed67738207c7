// A producer that numbers what it sends to one partition: what it has sent, what of that was answered, and how its
// batches must stand in the log.

import { batchField, hasProducer, sealBatch } from '../../core/record/batch-layout.js'
import { sequencedBatchAt } from '../../core/record/producer-sequences.js'
import type { FoundPartition } from './log-examination.js'
import { type ModelBatch, type PartitionModel, Violation } from './log-model.js'

const sequenceCount = 2 ** 31
/** What a partition remembers of a producer, and what a producer may have under way. */
export const windowBatches = 5

export interface NumberedSend {
  batch: ModelBatch
  /** It was answered once; on a topic that is acknowledged when written that may not be for good. */
  wasAnswered: boolean
}

export class ProducerStream {
  readonly producerId: number
  epoch = 0
  nextSequence: number
  /** In their order; of those that were answered the last ones. */
  sends: NumberedSend[] = []
  /** The life in which an operation works with it. */
  busyIn: unknown

  constructor(producerId: number, firstSequence: number) {
    this.producerId = producerId
    this.nextSequence = firstSequence
  }

  unanswered(): readonly NumberedSend[] {
    return this.sends.filter(({ batch }) => batch.append.fate !== 'acked' && batch.append.fate !== 'written')
  }

  /** The producer learned of a loss, or was told to start over. */
  beginEpoch(): void {
    this.epoch++
    this.nextSequence = 0
    this.sends = []
  }

  /** Writes the next sequences into the header of a batch of so many records. */
  number(bytes: Buffer): void {
    const recordCount = bytes.readInt32BE(batchField.recordCount)
    writeProducer(bytes, { producerId: this.producerId, epoch: this.epoch, sequence: this.nextSequence })
    this.nextSequence = (this.nextSequence + recordCount) % sequenceCount
  }

  note(batch: ModelBatch): NumberedSend {
    const send = { batch, wasAnswered: false }
    this.sends = [...this.sends.slice(1 - windowBatches), send]
    return send
  }
}

export function writeProducer(
  bytes: Buffer,
  producer: { readonly producerId: number; readonly epoch: number; readonly sequence: number },
): void {
  bytes.writeBigInt64BE(BigInt(producer.producerId), batchField.producerId)
  bytes.writeInt16BE(producer.epoch, batchField.producerEpoch)
  bytes.writeInt32BE(producer.sequence, batchField.baseSequence)
  sealBatch(bytes, 0, bytes.length)
}

/** The batches of each producer stand in the order of epochs and sequences, none left out and none twice. */
export function checkSequences(partition: PartitionModel, found: FoundPartition): void {
  if (found.damaged.length > 0) return
  const lastOf = new Map<number, { readonly epoch: number; readonly lastSequence: number }>()
  for (const { bytes, baseOffset } of found.batches) {
    if (!hasProducer(bytes, 0)) continue
    const { producerId, epoch, firstSequence, lastSequence } = sequencedBatchAt(bytes, 0)
    const last = lastOf.get(producerId)
    lastOf.set(producerId, { epoch, lastSequence })
    if (last === undefined) continue
    const expected = epoch === last.epoch ? (last.lastSequence + 1) % sequenceCount : 0
    if (epoch < last.epoch || firstSequence !== expected)
      throw new Violation(
        `${partition.name} has sequence ${firstSequence} of producer ${producerId} in epoch ${epoch} at ${baseOffset}, behind ${last.lastSequence} in epoch ${last.epoch}`,
      )
  }
}
