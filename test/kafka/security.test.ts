// Logging in to the Kafka port, over TLS and without, by kcat and by frames that no client sends; and what kafkajs and
// @platformatic/kafka say when they are refused.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Producer, stringSerializers } from '@platformatic/kafka'
import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHub, type Hub } from '../../hub/start-hub.js'
import { userFromPassword } from '../../hub/users.js'
import { missing } from '../support/missing.js'
import { run, type Ran } from './kit.js'
import { firstIdentity } from './tls-samples.js'

const username = 'ada'
const password = 'correct horse'
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
const withoutKcat = missing('kcat', ['-V'])

let directory: string
let certificatePath: string
let encrypted: Hub
let plain: Hub

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tailrace-security-'))
  certificatePath = join(directory, 'tls.crt')
  const keyPath = join(directory, 'tls.key')
  writeFileSync(certificatePath, firstIdentity.certificate)
  writeFileSync(keyPath, firstIdentity.key)
  const kafkaTls = { certificate: certificatePath, key: keyPath }
  const common = { kafka: '127.0.0.1:0', kafkaSasl: true, engine: 'memory:' }
  encrypted = await startHub({ ...common, dataDirectory: join(directory, 'encrypted'), kafkaTls })
  plain = await startHub({ ...common, dataDirectory: join(directory, 'plain') })
  const user = await userFromPassword(username, password)
  for (const hub of [encrypted, plain]) await hub.admin.putUser(username, user)
})

afterAll(async () => {
  await encrypted.close()
  await plain.close()
  rmSync(directory, { recursive: true })
})

function clientOf(mechanism: (typeof mechanisms)[number], as = { username, password }): Kafka {
  return new Kafka({
    brokers: [encrypted.kafka ?? ''],
    ssl: { ca: [firstIdentity.certificate] },
    sasl: { mechanism: mechanism.toLowerCase(), ...as } as SASLOptions,
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  })
}

describe.each(mechanisms)('kafkajs over TLS with %s', (mechanism) => {
  it.each([
    ['a wrong password', { username, password: 'correct house' }],
    ['an unknown user', { username: 'bob', password }],
  ])('is refused with %s', async (_what, as) => {
    const producer = clientOf(mechanism, as).producer()
    await expect(producer.connect()).rejects.toThrow(`Authentication failed with SASL mechanism ${mechanism}`)
    await producer.disconnect()
  })
})

describe.each(mechanisms)('@platformatic/kafka over TLS with %s', (mechanism) => {
  const settings = (as: { username: string; password: string }) => ({
    clientId: 'platformatic',
    bootstrapBrokers: [encrypted.kafka ?? ''],
    tls: { ca: [firstIdentity.certificate] },
    sasl: { mechanism, ...as },
    retries: 0,
    serializers: stringSerializers,
  })

  it('is refused with a wrong password', async () => {
    const producer = new Producer(settings({ username, password: 'correct house' }))
    await expect(producer.send({ messages: [{ topic: 'none', key: 'key', value: 'v' }] })).rejects.toThrow()
    await producer.close()
    expect(encrypted.engine.topics.find('none')).toBeUndefined()
  })
})

describe.skipIf(withoutKcat !== undefined)(withoutKcat ?? 'kcat', () => {
  const kcat = (protocol: 'SASL_SSL' | 'SASL_PLAINTEXT', mechanism: string, more: readonly string[]): Promise<Ran> => {
    const broker = (protocol === 'SASL_SSL' ? encrypted : plain).kafka ?? ''
    const settings = {
      'security.protocol': protocol,
      'ssl.ca.location': certificatePath,
      'sasl.mechanism': mechanism,
      'sasl.username': username,
      'sasl.password': password,
    }
    const options = Object.entries(settings).flatMap(([name, value]) => ['-X', `${name}=${value}`])
    return run('kcat', ['-b', broker, ...options, ...more], 'value\n')
  }

  it.each(mechanisms)('writes and reads over TLS with %s', async (mechanism) => {
    const topic = `kcat-${mechanism}`
    expect(await kcat('SASL_SSL', mechanism, ['-P', '-t', topic])).toMatchObject({ exitCode: 0, stderr: '' })
    const read = await kcat('SASL_SSL', mechanism, ['-C', '-t', topic, '-e', '-q', '-o', 'beginning'])
    expect(read).toMatchObject({ exitCode: 0, stdout: 'value\n' })
  })

  it.each(mechanisms)('logs in without TLS from this machine with %s', async (mechanism) => {
    expect((await kcat('SASL_PLAINTEXT', mechanism, ['-L'])).stdout).toContain('broker 1 at')
  })

  it('is refused with a wrong password', async () => {
    const ran = await kcat('SASL_SSL', 'SCRAM-SHA-512', ['-L', '-X', 'sasl.password=correct house', '-m', '1'])
    expect(ran.exitCode).not.toBe(0)
    expect(ran.stdout).toBe('')
  })
})

describe('a connection that has not logged in', () => {
  const frame = (key: number, version: number, body: Buffer): Buffer => {
    const header = Buffer.alloc(14)
    header.writeInt32BE(10 + body.length, 0)
    header.writeInt16BE(key, 4)
    header.writeInt16BE(version, 6)
    header.writeInt32BE(7, 8)
    header.writeInt16BE(-1, 12)
    return Buffer.concat([header, body])
  }
  const text = (value: string): Buffer => {
    const length = Buffer.alloc(2)
    length.writeInt16BE(value.length)
    return Buffer.concat([length, Buffer.from(value)])
  }
  const sized = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  /** What comes back for these frames, one at a time, until the server closes; each without its length. */
  const talk = (frames: readonly Buffer[]): Promise<Buffer[]> =>
    new Promise((resolve) => {
      const [host = '', port] = (plain.kafka ?? '').split(':')
      const socket = connect(Number(port), host)
      const answers: Buffer[] = []
      let got = Buffer.alloc(0)
      let sent = 0
      const next = (): void => {
        if (sent < frames.length) socket.write(frames[sent++]!)
        else socket.end()
      }
      socket.on('connect', next)
      socket.on('data', (part) => {
        got = Buffer.concat([got, part])
        while (got.length >= 4 && got.length >= 4 + got.readInt32BE(0)) {
          answers.push(got.subarray(4, 4 + got.readInt32BE(0)))
          got = got.subarray(4 + got.readInt32BE(0))
          next()
        }
      })
      // A server that closes with bytes unread resets the connection: that is an end as well.
      socket.on('error', () => undefined)
      socket.on('close', () => resolve(answers))
    })
  const metadata = frame(3, 0, Buffer.alloc(4))
  const versions = frame(18, 0, Buffer.alloc(0))
  const handshake = (version: number, mechanism: string): Buffer => frame(17, version, text(mechanism))
  const plainToken = Buffer.from(`\0${username}\0${password}`)

  it('is told the versions, and closed at anything else', async () => {
    expect(await talk([versions, metadata])).toHaveLength(1)
  })

  it('may send its tokens as frames of their own behind SaslHandshake 0', async () => {
    const answers = await talk([versions, handshake(0, 'PLAIN'), sized(plainToken), metadata])
    expect(answers).toHaveLength(4)
    expect(answers[1]!.readInt16BE(4)).toBe(0)
    expect(answers[2]).toHaveLength(0)
  })

  it('is closed without an answer at a raw token that is wrong', async () => {
    const wrong = sized(Buffer.from(`\0${username}\0wrong horse`))
    expect(await talk([handshake(0, 'PLAIN'), wrong, metadata])).toHaveLength(1)
  })

  it('is told the mechanisms when it wants another', async () => {
    const [answer, ...others] = await talk([handshake(1, 'GSSAPI'), metadata])
    expect(others).toEqual([])
    expect(answer!.readInt16BE(4)).toBe(33)
    for (const mechanism of mechanisms) expect(answer!.includes(mechanism)).toBe(true)
  })

  it('cannot begin with a token', async () => {
    const [answer, ...others] = await talk([frame(36, 0, sized(plainToken)), metadata])
    expect(others).toEqual([])
    expect(answer!.readInt16BE(4)).toBe(34)
  })

  it('is closed when it announces more than a log-in takes', async () => {
    const long = Buffer.concat([Buffer.from([0x01, 0, 0, 0]), Buffer.alloc(70_000)])
    expect(await talk([long])).toEqual([])
  })
})

describe('a port beyond this machine', () => {
  it('is refused without a log-in, and opened with one', async () => {
    const options = { dataDirectory: join(directory, 'open'), engine: 'memory:', kafka: '0.0.0.0:0' }
    await expect(startHub(options)).rejects.toMatchObject({ code: 'kafka_needs_authentication' })
    const hub = await startHub({ ...options, kafkaSasl: true })
    await hub.close()
  })

  it('is refused with a key that belongs to another certificate', async () => {
    const kafkaTls = { certificate: certificatePath, key: certificatePath }
    const options = { dataDirectory: join(directory, 'broken'), engine: 'memory:', kafka: '127.0.0.1:0', kafkaTls }
    await expect(startHub(options)).rejects.toMatchObject({ code: 'tls_refused' })
  })
})
