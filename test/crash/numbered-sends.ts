// What one idempotent producer sends, and what it was told: batches of numbered records to some partitions of a topic,
// one send at a time. (When one of several sends fails, kafkajs gives its sequence numbers to the next.)

import kafkajs, { type Message, type Producer } from 'kafkajs'
import type { SeededRandom } from '../simulation/world/seeded-random.js'
import { recordText, type SentBatch } from './kafka-ledger.js'
import { kafkaPartitions, kafkaTopicNames, kafkaTopics } from './kafka-site.js'

type OpenBatch = { -readonly [Field in keyof SentBatch]: SentBatch[Field] }

const mostRecords = 6
const codecs = { none: kafkajs.CompressionTypes.None, gzip: kafkajs.CompressionTypes.GZIP } as const

export class NumberedSends {
  readonly ledger: SentBatch[] = []
  sendCount = 0
  /** Sends that were tried more than once. */
  repeatedCount = 0
  readonly #producer: string
  readonly #random: SeededRandom
  #nextNumber = 0
  #firstMessage: Message | undefined
  #attempts = 0
  #lastSentAtMs = 0

  constructor(producer: string, random: SeededRandom) {
    this.#producer = producer
    this.#random = random
  }

  /** The partition of a message is chosen before; kafkajs asks for it again whenever a send is tried. */
  readonly createPartitioner = () => {
    return ({ message }: { readonly message: Message }): number => {
      if (message === this.#firstMessage) {
        this.#attempts++
        this.#lastSentAtMs = Date.now()
      }
      return message.partition!
    }
  }

  /** Rejects with kafkajs's error when the producer gives up: the ledger says then that nothing is known. */
  async next(producer: Producer): Promise<void> {
    const topic = this.#random.pick(kafkaTopicNames)
    const batches = Array.from({ length: kafkaPartitions }, (_, partition) => partition)
      .filter(() => this.#random.chance(0.6))
      .map((partition) => this.#batchFor(topic, partition))
    if (batches.length === 0) return
    const messages = batches.flatMap((batch) => messagesOf(batch))
    this.ledger.push(...batches)
    this.sendCount++
    this.#firstMessage = messages[0]
    this.#attempts = 0
    try {
      const answers = await producer.send({ topic, acks: -1, compression: codecs[kafkaTopics[topic]], messages })
      for (const batch of batches) {
        const answer = answers.find(({ partition }) => partition === batch.partition)
        if (answer?.baseOffset === undefined) throw new Error(`an answer without an offset for ${batch.partition}`)
        batch.baseOffset = Number(answer.baseOffset)
        batch.lastSentAtMs = this.#lastSentAtMs
      }
    } finally {
      if (this.#attempts > 1) this.repeatedCount++
    }
  }

  #batchFor(topic: string, partition: number): OpenBatch {
    const recordCount = 1 + this.#random.below(mostRecords)
    const firstNumber = this.#nextNumber
    this.#nextNumber += recordCount
    return { producer: this.#producer, topic, partition, firstNumber, recordCount, lastSentAtMs: Date.now() }
  }
}

function messagesOf({ producer, partition, firstNumber, recordCount }: SentBatch): Message[] {
  return Array.from({ length: recordCount }, (_, index) => ({
    partition,
    value: recordText(producer, firstNumber + index),
  }))
}
