// kafkajs 2.2.4, which sends no flexible version of any request: what its tables of behaviours share.

import { type Admin, type Consumer, type ConsumerConfig, Kafka, logLevel, type Message, type Producer } from 'kafkajs'
import type { ProducerConfig, RecordMetadata } from 'kafkajs'
import type { KafkaSite } from './kit.js'

export interface Read {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly key: string | null
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly timestamp: string
}

export function clientOf({ kafka, name }: KafkaSite): Kafka {
  return new Kafka({ clientId: name, brokers: [kafka], logLevel: logLevel.NOTHING, retry: { retries: 1 } })
}

export async function withProducer<T>(
  site: KafkaSite,
  work: (producer: Producer) => Promise<T>,
  config: ProducerConfig = {},
): Promise<T> {
  const producer = clientOf(site).producer(config)
  await producer.connect()
  try {
    return await work(producer)
  } finally {
    await producer.disconnect()
  }
}

/** In one request, to the behaviour's topic. */
export function produce(
  site: KafkaSite,
  messages: readonly Message[],
  more: { readonly acks?: number; readonly compression?: number } = {},
): Promise<RecordMetadata[]> {
  return withProducer(site, (producer) => producer.send({ topic: site.name, messages: [...messages], ...more }))
}

export async function withAdmin<T>(site: KafkaSite, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = clientOf(site).admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Connected and subscribed to the behaviour's topic; not running yet. */
export async function memberOf(
  site: KafkaSite,
  more: Partial<ConsumerConfig> = {},
  { fromBeginning = true } = {},
): Promise<Consumer> {
  const quick = { maxWaitTimeInMs: 100, heartbeatInterval: 200, rebalanceTimeout: 10_000 }
  const consumer = clientOf(site).consumer({ groupId: groupOf(site), ...quick, ...more })
  await consumer.connect()
  await consumer.subscribe({ topic: site.name, fromBeginning })
  return consumer
}

export const groupOf = ({ name }: KafkaSite): string => `${name}-group`

/** Reads so many records in a new member of a group. */
export async function consume(
  site: KafkaSite,
  count: number,
  { group = groupOf(site), fromBeginning = true } = {},
): Promise<Read[]> {
  const consumer = await memberOf(site, { groupId: group, maxWaitTimeInMs: 200 }, { fromBeginning })
  try {
    return await readFrom(consumer, count)
  } finally {
    await consumer.disconnect()
  }
}

/** Runs the consumer until it has read so many. */
export function readFrom(consumer: Consumer, count: number): Promise<Read[]> {
  const read: Read[] = []
  return new Promise((resolve, reject) => {
    consumer
      .run({
        async eachMessage({ topic, partition, message }) {
          const { offset, key, value, headers = {}, timestamp } = message
          const texts = Object.entries(headers).map(([name, text]) => [name, String(text)] as const)
          const keyText = key === null ? null : key.toString()
          const valueText = value === null ? null : value.toString()
          const shown = { topic, partition, offset, key: keyText, value: valueText, timestamp }
          read.push({ ...shown, headers: Object.fromEntries(texts) })
          if (read.length === count) resolve(read)
        },
      })
      .catch(reject)
  })
}

export const messages = (count: number): Message[] =>
  Array.from({ length: count }, (_, index) => ({ key: `key ${index}`, value: `value ${index}` }))

/** Resolves when the consumer has its next assignment. */
export function joins(consumer: Consumer): Promise<Readonly<Record<string, number[]>>> {
  return new Promise((resolve) => {
    const stop = consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      stop()
      resolve(payload.memberAssignment)
    })
  })
}

/** A member that runs and has its assignment. */
export async function runningMember(
  site: KafkaSite,
  run: Parameters<Consumer['run']>[0] = {},
  more: Partial<ConsumerConfig> = {},
): Promise<Consumer> {
  const consumer = await memberOf(site, more)
  const joined = joins(consumer)
  await consumer.run({ eachMessage: async () => undefined, ...run })
  await joined
  return consumer
}

/** Kafka's name for the error that the work ends with, wherever this client puts it; undefined when it succeeds. */
export async function refusalOf(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => typeIn(error) ?? String(error),
  )
}

function typeIn(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { type, cause, errors, groups } = error as Record<string, unknown>
  if (typeof type === 'string') return type
  const inner = [cause, ...(Array.isArray(errors) ? errors : []), ...(Array.isArray(groups) ? groups : [])]
  for (const each of inner) {
    const found = typeIn(each) ?? typeIn((each as { error?: unknown } | undefined)?.error)
    if (found !== undefined) return found
  }
  return undefined
}
