// Fills the input of the movers through one idempotent producer (kafkajs), which goes on through every kill of the hub,
// and keeps the ledger of what was acknowledged.

import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import type { SeededRandom } from '../../simulation/world/seeded-random.js'
import { kafkaPartitions } from '../kafka-site.js'
import { chooseTransfer, type Transfer, transferText, transferTopic } from './transfers.js'

/** So many may wait for movers: they always find work, and are through with it soon after the last kill. */
const mostWaiting = 200
const mostPerPartition = 4
const pauseMs = 10

export class TransferProducer {
  readonly ledger: Transfer[] = []
  readonly #address: string
  readonly #random: SeededRandom
  readonly #movedCount: () => number
  readonly #nextNumbers = Array.from({ length: kafkaPartitions }, () => 0)
  #isFinishing = false
  readonly #end: Promise<void>

  /** `movedCount`: how many of the transfers have been moved. */
  constructor(address: string, random: SeededRandom, movedCount: () => number) {
    this.#address = address
    this.#random = random
    this.#movedCount = movedCount
    this.#end = this.#run()
    this.#end.catch(() => undefined) // told by finish()
  }

  /** By partition of the input, the number of transfers. */
  get ends(): readonly number[] {
    return this.#nextNumbers
  }

  /** Resolves when the last send was answered; rejects when one was refused. */
  finish(): Promise<void> {
    this.#isFinishing = true
    return this.#end
  }

  async #run(): Promise<void> {
    const retry = { retries: Number.MAX_SAFE_INTEGER, initialRetryTime: 20, maxRetryTime: 100 }
    const brokers = [this.#address]
    const kafka = new kafkajs.Kafka({ clientId: 'transfers', brokers, logLevel: kafkajs.logLevel.NOTHING, retry })
    const producer = kafka.producer({ idempotent: true, allowAutoTopicCreation: false, retry })
    await producer.connect()
    try {
      while (!this.#isFinishing) {
        const transfers = this.ledger.length - this.#movedCount() < mostWaiting ? this.#next() : []
        const messages = transfers.map((transfer) => ({
          partition: transfer.partition,
          key: transfer.from,
          value: transferText(transfer),
        }))
        if (messages.length > 0) await producer.send({ topic: transferTopic, acks: -1, messages })
        this.ledger.push(...transfers)
        await sleep(pauseMs)
      }
    } finally {
      await producer.disconnect()
    }
  }

  #next(): Transfer[] {
    return this.#nextNumbers.flatMap((first, partition) => {
      const transferCount = this.#random.below(mostPerPartition + 1)
      this.#nextNumbers[partition] = first + transferCount
      return Array.from({ length: transferCount }, (_, index) => chooseTransfer(this.#random, partition, first + index))
    })
  }
}
