import { describe, expect, it } from 'vitest'
import { type KafkaPort, kafkaPortFindings } from '../../../core/admin/kafka-port-findings.js'

const port: KafkaPort = {
  listen: { host: '127.0.0.1', port: 9092 },
  hasTls: false,
  userCount: undefined,
  connectionCount: 0,
}
const far = { host: '0.0.0.0', port: 9093 }

function lines(seen: KafkaPort | 'off' | undefined): string[] {
  return kafkaPortFindings(seen).map(({ level, subject, message, hint }) =>
    [`${level} ${subject}: ${message}`, ...(hint === undefined ? [] : [hint])].join(' | '),
  )
}

describe('what is said of the port for Kafka clients', () => {
  it.each([
    [port, 'good kafka port: listens on 127.0.0.1:9092 without TLS, nobody has to log in, 0 connections are open'],
    [
      { ...port, listen: { host: '::1', port: 9092 }, hasTls: true, userCount: 1, connectionCount: 1 },
      'good kafka port: listens on [::1]:9092 with TLS, 1 user may log in, 1 connection is open',
    ],
    [
      { ...port, listen: far, hasTls: true, userCount: 2, connectionCount: 7 },
      'good kafka port: listens on 0.0.0.0:9093 with TLS, 2 users may log in, 7 connections are open',
    ],
    ['off' as const, 'good kafka port: off'],
  ])('is where it listens, who may come in and how many are there', (seen, line) => {
    expect(lines(seen)).toEqual([line])
  })

  it('is a warning when nobody can log in', () => {
    expect(lines({ ...port, listen: far, hasTls: true, userCount: 0 })).toEqual([
      'warning kafka port: listens on 0.0.0.0:9093 with TLS, 0 users may log in, 0 connections are open | ' +
        'Add users with `tailrace users add`: until then all are refused.',
    ])
  })

  it('is a warning when records leave the machine as they are', () => {
    expect(lines({ ...port, listen: far, userCount: 1 })).toEqual([
      'warning kafka port: listens on 0.0.0.0:9093 without TLS, 1 user may log in, 0 connections are open | ' +
        'Records cross the network as they are: give --kafka-tls-cert and --kafka-tls-key, unless it is a private one.',
    ])
  })

  it('is nothing where no hub runs', () => {
    expect(lines(undefined)).toEqual([])
  })
})
