// Record batches for Produce: whole ones of every codec, and ones that are wrong behind a right checksum, where only who
// opens them can see it.

import type { ProducerIdentity } from '../../core/engine/producer-service.js'
import { batchField, batchHeaderBytes, sealBatch } from '../../core/record/batch-layout.js'
import { compress } from '../../core/record/compression.js'
import { encodeBatch } from '../../core/record/encode-batch.js'
import type { SeededRandom } from '../simulation/world/seeded-random.js'

const poolSize = 60
const codecs = 5
const transactionalBit = 0x10
const timestampMs = 1_790_000_000_000

export class BatchPool {
  readonly #random: SeededRandom
  readonly #batches: readonly Buffer[]

  constructor(random: SeededRandom) {
    this.#random = random
    this.#batches = Array.from({ length: poolSize }, (_, index) => this.#make(index % codecs))
  }

  /** It belongs to the caller. With a producer it is often of its transaction. */
  next(producer: ProducerIdentity | undefined): Buffer {
    const random = this.#random
    const batch = Buffer.from(random.pick(this.#batches))
    if (producer !== undefined && random.chance(0.8)) this.#join(batch, producer)
    else if (random.chance(0.3)) this.#number(batch)
    if (random.chance(0.2)) this.#damage(batch)
    if (random.chance(0.1)) return batch.subarray(0, random.below(batch.length + 1))
    return random.chance(0.05) ? Buffer.concat([batch, random.pick(this.#batches)]) : batch
  }

  #make(codec: number): Buffer {
    const random = this.#random
    const isKeyed = random.chance(0.7)
    const records = Array.from({ length: 1 + random.below(5) }, (_, index) => ({
      key: isKeyed ? Buffer.from(`key ${random.below(20)}`) : null,
      value: random.chance(0.1) ? null : Buffer.alloc(random.below(120), `value ${index} `),
      timestampMs: timestampMs + random.below(1000),
      headers: [],
    }))
    const plain = encodeBatch(records)
    const batch = Buffer.concat([
      plain.subarray(0, batchHeaderBytes),
      compress(codec, plain.subarray(batchHeaderBytes)),
    ])
    batch.writeInt16BE(codec, batchField.attributes)
    sealBatch(batch, 0, batch.length)
    return batch
  }

  /** As an idempotent producer does. */
  #number(batch: Buffer): void {
    batch.writeBigInt64BE(BigInt(this.#random.below(4)), batchField.producerId)
    batch.writeInt16BE(this.#random.below(3), batchField.producerEpoch)
    batch.writeInt32BE(this.#random.below(12), batchField.baseSequence)
    sealBatch(batch, 0, batch.length)
  }

  /** As a transactional producer does. */
  #join(batch: Buffer, { producerId, epoch }: ProducerIdentity): void {
    batch.writeInt16BE(batch.readInt16BE(batchField.attributes) | transactionalBit, batchField.attributes)
    batch.writeBigInt64BE(BigInt(producerId), batchField.producerId)
    batch.writeInt16BE(epoch, batchField.producerEpoch)
    batch.writeInt32BE(this.#random.below(3), batchField.baseSequence)
    sealBatch(batch, 0, batch.length)
  }

  /** Anywhere behind the checksum, or in front of it. */
  #damage(batch: Buffer): void {
    const random = this.#random
    const from = random.chance(0.6) ? batchHeaderBytes : 0
    for (let count = 1 + random.below(3); count > 0; count--) {
      batch[from + random.below(batch.length - from)] = random.uint32()
    }
    if (random.chance(0.7)) sealBatch(batch, 0, batch.length)
  }
}
