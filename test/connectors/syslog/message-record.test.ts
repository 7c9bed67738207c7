import { describe, expect, it } from 'vitest'
import { messageRecord, timeOf } from '../../../connectors/syslog/message-record.js'

const nowMs = Date.parse('2026-11-22T12:00:00Z')
const received = { address: '10.0.0.7', nowMs }
const plain = { format: 'json', key: 'host', zone: 'Z' } as const

function recordOf(text: string | Buffer, settings: Partial<Parameters<typeof messageRecord>[1]> = {}) {
  const { value, ...rest } = messageRecord(Buffer.from(text), { ...plain, ...settings }, received)
  return { ...rest, value: JSON.parse(value.toString()) as unknown }
}

describe('a message of syslog as a record', () => {
  it('has the fields of RFC 5424', () => {
    expect(recordOf('<34>1 2026-11-22T10:30:00.5Z web app 17 id7 [x@1 a="b"] it failed')).toEqual({
      key: 'web',
      timestampMs: Date.parse('2026-11-22T10:30:00.5Z'),
      value: {
        facility: 4,
        severity: 2,
        time: '2026-11-22T10:30:00.5Z',
        host: 'web',
        app: 'app',
        pid: '17',
        messageId: 'id7',
        structured: '[x@1 a="b"]',
        message: 'it failed',
      },
    })
  })

  it.each([
    ['Nov 22 10:30:00', '2026-11-22T10:30:00Z'],
    ['2026-11-22T10:30:00.123456+01:00', '2026-11-22T09:30:00.123Z'],
  ])('has the fields of RFC 3164, with the time %s', (time, at) => {
    expect(recordOf(`<13>${time} web sshd[42]: it failed`)).toEqual({
      key: 'web',
      timestampMs: Date.parse(at),
      value: { facility: 1, severity: 5, time, host: 'web', app: 'sshd', pid: '42', message: 'it failed' },
    })
  })

  it.each([
    ['a priority alone', '<165>just this', { facility: 20, severity: 5, message: 'just this' }],
    ['a number behind the priority', '<165>1 of them', { facility: 20, severity: 5, message: '1 of them' }],
    ['no priority', 'just this', { facility: 1, severity: 5, message: 'just this' }],
    ['a priority that cannot be', '<999>just this', { facility: 1, severity: 5, message: '<999>just this' }],
  ])('is all message when it has no header: %s', (_, text, fields) => {
    const { value, key, timestampMs } = recordOf(text)
    expect(value).toEqual({ time: null, host: null, app: null, pid: null, ...fields })
    expect([key, timestampMs]).toEqual(['10.0.0.7', nowMs])
  })

  it('loses no byte that is no text', () => {
    const bytes = Buffer.concat([Buffer.from('<13>Nov 22 10:30:00 web app: '), Buffer.from([0xff, 0x00, 0xfe])])
    expect(recordOf(bytes).value).toMatchObject({
      host: 'web',
      app: 'app',
      message: null,
      messageBase64: bytes.toString('base64'),
    })
    const written = Buffer.from('<13>a real \u{fffd}')
    expect(recordOf(written).value).toMatchObject({ message: 'a real \u{fffd}' })
  })

  it('stays as it came when that is asked for', () => {
    const bytes = Buffer.from([0x3c, 0xff, 0x00])
    const { value, key } = messageRecord(bytes, { format: 'raw', key: 'none', zone: 'Z' }, received)
    expect([value, key]).toEqual([bytes, undefined])
    expect(recordOf('<13>Nov 22 10:30:00 web app: x', { key: 'address' }).key).toBe('10.0.0.7')
  })
})

describe('a time without a year', () => {
  it.each([
    ['Dec 31 23:59:59', '2026-01-01T00:00:10Z', '2025-12-31T23:59:59Z'],
    ['Jan  1 00:00:05', '2025-12-31T23:59:59Z', '2026-01-01T00:00:05Z'],
    ['Feb  3 04:05:06', '2026-02-03T04:05:07Z', '2026-02-03T04:05:06Z'],
  ])('%s, which came at %s, is the nearest', (time, now, at) => {
    expect(timeOf(time, 0, Date.parse(now))).toBe(Date.parse(at))
  })

  it('is of the zone that is set', () => {
    expect(timeOf('Nov 22 10:30:00', 90, nowMs)).toBe(Date.parse('2026-11-22T09:00:00Z'))
    expect(timeOf('Nov 22 10:30:00', -300, nowMs)).toBe(Date.parse('2026-11-22T15:30:00Z'))
  })

  it.each(['Foo 22 10:30:00', 'yesterday', '', null, undefined])('is none when it is none: %s', (time) => {
    expect(timeOf(time, 0, nowMs)).toBeUndefined()
  })
})
