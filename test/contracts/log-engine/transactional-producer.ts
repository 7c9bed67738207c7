// A producer with a transactional id as a client is one: it numbers its batches and says where they go.

import type { LogEngine, Offset, PartitionId } from '../../../core/engine/log-engine.js'
import type { ProducerIdentity } from '../../../core/engine/producer-service.js'
import type { TransactionIdentity, TransactionOutcome } from '../../../core/engine/transaction-service.js'
import { batchField, sealBatch } from '../../../core/record/batch-layout.js'
import { encodeBatch, type PlainRecord } from '../../../core/record/encode-batch.js'

const transactionalBit = 0x10

/** A batch of a transaction. */
export function transactionalBatch(
  { producerId, epoch }: ProducerIdentity,
  sequence: number,
  records: readonly PlainRecord[],
): Buffer {
  const batch = encodeBatch(records)
  batch.writeInt16BE(transactionalBit, batchField.attributes)
  batch.writeBigInt64BE(BigInt(producerId), batchField.producerId)
  batch.writeInt16BE(epoch, batchField.producerEpoch)
  batch.writeInt32BE(sequence, batchField.baseSequence)
  sealBatch(batch, 0, batch.length)
  return batch
}

export class TransactionalProducer {
  readonly identity: TransactionIdentity
  readonly #engine: LogEngine
  readonly #sequences = new Map<string, number>()

  private constructor(engine: LogEngine, identity: TransactionIdentity) {
    this.#engine = engine
    this.identity = identity
  }

  static async open(engine: LogEngine, transactionalId: string, timeoutMs = 60_000): Promise<TransactionalProducer> {
    const producer = await engine.transactions.initialize({ transactionalId, timeoutMs })
    return new TransactionalProducer(engine, { transactionalId, ...producer })
  }

  /** Names the partition, then sends one batch there; its base offset. */
  async send(to: PartitionId, ...values: readonly string[]): Promise<Offset> {
    await this.#engine.transactions.addPartitions(this.identity, [to])
    return this.write(
      to,
      values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs: 5 })),
    )
  }

  /** Sends one batch to a partition that may not be named. */
  async write(to: PartitionId, records: readonly PlainRecord[]): Promise<Offset> {
    const key = `${to.topic}/${to.partition}`
    const sequence = this.#sequences.get(key) ?? 0
    const batch = transactionalBatch(this.identity, sequence, records)
    const [appended] = await this.#engine.append([{ ...to, batch }])
    this.#sequences.set(key, sequence + records.length)
    return appended!.baseOffset
  }

  end(outcome: TransactionOutcome): Promise<void> {
    return this.#engine.transactions.end(this.identity, outcome)
  }
}
