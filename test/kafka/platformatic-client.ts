// @platformatic/kafka 1.35.0, which sends flexible versions of nearly every request and fetches by topic id: what its
// tables of behaviours share.

import {
  Admin,
  Consumer,
  type ConsumeOptions,
  type ConsumerOptions,
  type GroupOptions,
  type Message,
  type MessagesStream,
  type MessageToProduce,
  type ProduceOptions,
  type ProduceResult,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import type { KafkaSite } from './kit.js'

export type TextProducer = Producer<string, string, string, string>
export type TextConsumer = Consumer<string, string, string, string>
export type TextMessage = Message<string, string, string, string>
export type TextStream = MessagesStream<string, string, string, string>
type TextToProduce = Omit<MessageToProduce<string, string, string, string>, 'topic'>

export function settingsOf({ kafka, name }: KafkaSite) {
  return { clientId: name, bootstrapBrokers: [kafka], retries: 1, retryDelay: 50 }
}

export async function withProducer<T>(
  site: KafkaSite,
  work: (producer: TextProducer) => Promise<T>,
  more: object = { autocreateTopics: true },
): Promise<T> {
  const producer = new Producer({ ...settingsOf(site), serializers: stringSerializers, ...more })
  try {
    return await work(producer)
  } finally {
    await producer.close()
  }
}

export async function withAdmin<T>(site: KafkaSite, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin(settingsOf(site))
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

/** In one call, to the behaviour's topic. */
export function produce(
  site: KafkaSite,
  messages: readonly TextToProduce[],
  more: ProduceOptions<string, string, string, string> = {},
): Promise<ProduceResult> {
  const send = messages.map((message) => ({ ...message, topic: site.name }))
  return withProducer(site, (producer) => producer.send({ messages: send, ...more }))
}

export const groupOf = ({ name }: KafkaSite): string => `${name}-group`

export function consumerOf(
  site: KafkaSite,
  more: Partial<ConsumerOptions<string, string, string, string>> & GroupOptions = {},
): TextConsumer {
  const quick = { maxWaitTime: 200, heartbeatInterval: 200, sessionTimeout: 6000 }
  const settings = { ...settingsOf(site), groupId: groupOf(site), deserializers: stringDeserializers }
  return new Consumer({ ...settings, ...quick, autocommit: false, ...more } as ConsumerOptions<
    string,
    string,
    string,
    string
  >)
}

/** Leaves the group, with whatever streams there are. */
export function closed(consumer: TextConsumer): Promise<void> {
  return new Promise((resolve, reject) => {
    consumer.close(true, (error) => (error === null || error === undefined ? resolve() : reject(error)))
  })
}

/** Reads so many records of the stream, and closes it. */
export async function readFrom(stream: TextStream, count: number): Promise<TextMessage[]> {
  const read: TextMessage[] = []
  for await (const message of stream) {
    read.push(message)
    if (read.length === count) break
  }
  await stream.close()
  return read
}

/** Reads so many records in a new member of the behaviour's group. */
export async function consume(
  site: KafkaSite,
  count: number,
  more: Partial<ConsumeOptions<string, string, string, string>> = { mode: 'earliest' },
): Promise<TextMessage[]> {
  const consumer = consumerOf(site)
  try {
    return await readFrom(await consumer.consume({ topics: [site.name], ...more }), count)
  } finally {
    await closed(consumer)
  }
}

export const texts = (count: number): { key: string; value: string }[] =>
  Array.from({ length: count }, (_, index) => ({ key: `key ${index}`, value: `value ${index}` }))

/** Kafka's names for the errors that the work ends with; empty when it succeeds. */
export async function refusalsOf(work: Promise<unknown>): Promise<string[]> {
  return work.then(
    () => [],
    (error: unknown) => codesIn(error),
  )
}

function codesIn(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return []
  const { apiId, errors, cause } = error as { apiId?: string; errors?: unknown[]; cause?: unknown }
  return [...(apiId === undefined ? [] : [apiId]), ...[...(errors ?? []), cause].flatMap(codesIn)]
}
