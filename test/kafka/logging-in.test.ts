// What kafkajs and @platformatic/kafka see when they log in, over TLS and without.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs'
import { afterAll, expect } from 'vitest'
import { userFromPassword } from '../../hub/users.js'
import { behavioursOf, type Behaviours, type KafkaSite } from './kit.js'
import { closed } from './platformatic-client.js'
import { firstIdentity } from './tls-samples.js'

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
type Mechanism = (typeof mechanisms)[number]
type Behaviour = Behaviours[string]
const password = 'a=b,c;d é水🌊'

const directory = mkdtempSync(join(tmpdir(), 'tailrace-logging-in-'))
const kafkaTls = { certificate: join(directory, 'tls.crt'), key: join(directory, 'tls.key') }
writeFileSync(kafkaTls.certificate, firstIdentity.certificate)
writeFileSync(kafkaTls.key, firstIdentity.key)
afterAll(() => rmSync(directory, { recursive: true }))

const ca = [firstIdentity.certificate]

/** Each behaviour has a user of its name. */
async function putUser({ admin, name }: KafkaSite, secret = password): Promise<void> {
  await admin.putUser(name, await userFromPassword(name, secret))
}

function kafkajsOf({ kafka, name }: KafkaSite, mechanism: Mechanism, more: Partial<KafkaConfig> = {}): Kafka {
  const sasl = { mechanism: mechanism.toLowerCase(), username: name, password } as SASLOptions
  const quiet = { logLevel: logLevel.NOTHING, retry: { retries: 0 } }
  return new Kafka({ clientId: name, brokers: [kafka], ssl: { ca }, sasl, ...quiet, ...more })
}

/** Resolves with what the client says when it cannot connect. */
async function refusal(kafka: Kafka): Promise<string> {
  const admin = kafka.admin()
  const message = await admin.connect().then(
    () => 'connected',
    (error: Error) => error.message,
  )
  await admin.disconnect()
  return message
}

const kafkajsBehaviours: Record<string, Behaviour> = {
  'is refused its old password, and let in with the new one': async (site) => {
    await putUser(site, 'the password of before')
    const kafka = kafkajsOf(site, 'SCRAM-SHA-256')
    expect(await refusal(kafka)).toContain('Authentication failed')
    await putUser(site)
    expect(await refusal(kafka)).toBe('connected')
  },
  'goes on when its user is removed, and is not let in again': async (site) => {
    await putUser(site)
    const kafka = kafkajsOf(site, 'SCRAM-SHA-512')
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic: site.name, messages: [{ value: 'before' }] })
    await site.admin.removeUser(site.name)
    await producer.send({ topic: site.name, messages: [{ value: 'after' }] })
    await producer.disconnect()
    expect(await refusal(kafka)).toContain('Authentication failed')
    expect(await site.engine.bounds({ topic: site.name, partition: 0 })).toMatchObject({ highWatermark: 2 })
  },
  'is cut off when it does not log in': async (site) => {
    const { kafka: address, name } = site
    const quiet = { logLevel: logLevel.NOTHING, retry: { retries: 0 } }
    const admin = new Kafka({ clientId: name, brokers: [address], ssl: { ca }, ...quiet }).admin()
    await expect(admin.connect().then(() => admin.listTopics())).rejects.toThrow('Closed connection')
    await admin.disconnect()
  },
  'is cut off when it does not speak TLS': async (site) => {
    await putUser(site)
    expect(await refusal(kafkajsOf(site, 'SCRAM-SHA-256', { ssl: false }))).toMatch(/closed|reset|disconnected/i)
  },
  'does not trust a certificate that nobody vouches for': async (site) => {
    expect(await refusal(kafkajsOf(site, 'SCRAM-SHA-256', { ssl: true }))).toMatch(/certificate/)
  },
  'is refused a mechanism that is not offered': async (site) => {
    const sasl = { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: 'token' }) } as const
    const kafka = kafkajsOf(site, 'PLAIN', { sasl })
    expect(await refusal(kafka)).toContain('does not support the requested SASL mechanism')
  },
}

for (const mechanism of mechanisms) {
  kafkajsBehaviours[`administers, writes and reads in a group with ${mechanism} and a password of any characters`] =
    async (site) => {
      await putUser(site)
      const kafka = kafkajsOf(site, mechanism)
      const admin = kafka.admin()
      await admin.connect()
      await admin.createTopics({ topics: [{ topic: site.name, numPartitions: 2 }] })
      await admin.disconnect()
      const producer = kafka.producer()
      await producer.connect()
      await producer.send({ topic: site.name, messages: [{ value: 'a secret' }] })
      await producer.disconnect()
      const consumer = kafka.consumer({ groupId: site.name, maxWaitTimeInMs: 100 })
      await consumer.connect()
      await consumer.subscribe({ topic: site.name, fromBeginning: true })
      const value = await new Promise((resolve, reject) => {
        consumer.run({ eachMessage: async ({ message }) => resolve(String(message.value)) }).catch(reject)
      })
      await consumer.disconnect()
      expect(value).toBe('a secret')
    }
}

function settingsOf({ kafka, name }: KafkaSite, mechanism: Mechanism) {
  const sasl = { mechanism, username: name, password }
  return { clientId: name, bootstrapBrokers: [kafka], retries: 0, tls: { ca }, sasl }
}

async function listTopics(settings: object): Promise<string> {
  const admin = new Admin(settings as ConstructorParameters<typeof Admin>[0])
  const result = await admin.listTopics().then(
    () => 'listed',
    (error: Error) => JSON.stringify([error.message, error.cause, (error as AggregateError).errors]),
  )
  await admin.close()
  return result
}

const platformaticBehaviours: Record<string, Behaviour> = {
  'is refused its old password, and let in with the new one': async (site) => {
    await putUser(site, 'the password of before')
    expect(await listTopics(settingsOf(site, 'SCRAM-SHA-256'))).not.toBe('listed')
    await putUser(site)
    expect(await listTopics(settingsOf(site, 'SCRAM-SHA-256'))).toBe('listed')
  },
  'is not let in when its user is removed': async (site) => {
    await putUser(site)
    expect(await listTopics(settingsOf(site, 'SCRAM-SHA-512'))).toBe('listed')
    await site.admin.removeUser(site.name)
    expect(await listTopics(settingsOf(site, 'SCRAM-SHA-512'))).not.toBe('listed')
  },
  'is cut off when it does not log in': async (site) => {
    const { sasl: _, ...settings } = settingsOf(site, 'PLAIN')
    expect(await listTopics(settings)).not.toBe('listed')
  },
}

for (const mechanism of mechanisms) {
  platformaticBehaviours[
    `administers, writes and reads in a group with ${mechanism} and a password of any characters`
  ] = async (site) => {
    await putUser(site)
    const settings = settingsOf(site, mechanism)
    const admin = new Admin(settings)
    await admin.createTopics({ topics: [site.name], partitions: 2, replicas: 1 })
    await admin.close()
    const producer = new Producer({ ...settings, serializers: stringSerializers })
    await producer.send({ messages: [{ topic: site.name, key: 'key', value: 'a secret' }] })
    await producer.close()
    const consumer = new Consumer({ ...settings, groupId: site.name, deserializers: stringDeserializers })
    const stream = await consumer.consume({ topics: [site.name], mode: 'earliest', maxWaitTime: 100 })
    const { value: message } = await stream[Symbol.asyncIterator]().next()
    await stream.close()
    await closed(consumer)
    expect(message).toMatchObject({ key: 'key', value: 'a secret' })
  }
}

const plainBehaviours: Record<string, Behaviour> = {}
for (const mechanism of mechanisms) {
  plainBehaviours[`kafkajs logs in without TLS from this machine with ${mechanism}`] = async (site) => {
    await putUser(site)
    expect(await refusal(kafkajsOf(site, mechanism, { ssl: false }))).toBe('connected')
  }
  plainBehaviours[`@platformatic/kafka logs in without TLS from this machine with ${mechanism}`] = async (site) => {
    await putUser(site)
    const { tls: _, ...settings } = settingsOf(site, mechanism)
    expect(await listTopics(settings)).toBe('listed')
  }
}

const secured = { kafkaSasl: true, engine: 'memory:' }
behavioursOf('kafkajs logs in', kafkajsBehaviours, undefined, { ...secured, kafkaTls })
behavioursOf('@platformatic/kafka logs in', platformaticBehaviours, undefined, { ...secured, kafkaTls })
behavioursOf('users without TLS', plainBehaviours, undefined, secured)
