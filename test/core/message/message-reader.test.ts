import { describe, expect, it } from 'vitest'
import { messageErrors } from '../../../core/message/errors.js'
import { maxElementsPerMessage, maxStringBytes, MessageReader } from '../../../core/message/message-reader.js'
import { failureOf } from './codec-laws.js'

function reader(bytes: readonly number[] | Buffer, flexible = false): MessageReader {
  const made = new MessageReader(Buffer.from(bytes as Buffer))
  made.flexible = flexible
  return made
}

function expectMalformed(call: () => unknown, why: string): void {
  const failure = failureOf(call)
  expect(messageErrors.is(failure, 'malformed_message'), `${String(failure)}`).toBe(true)
  expect(String(failure)).toContain(why)
}

describe('a reader of messages', () => {
  it('refuses lengths below zero that are not null', () => {
    expectMalformed(() => reader([0xff, 0xfe]).nullableString('name'), '-2 bytes')
    expectMalformed(() => reader([0xff, 0xff, 0xff, 0xfe]).nullableBytes('content'), '-2 bytes')
    expectMalformed(() => reader([0x80, 0, 0, 0]).nullableCount('names', 1), '-2147483648 elements')
  })

  it('refuses null where something must be', () => {
    expectMalformed(() => reader([0xff, 0xff]).string('name'), 'null')
    expectMalformed(() => reader([0], true).bytes('content'), 'null')
    expectMalformed(() => reader([0], true).count('names', 1), 'null')
  })

  it('refuses an array whose elements cannot fit before it makes one', () => {
    expectMalformed(() => reader([0x7f, 0xff, 0xff, 0xff, 1, 2]).count('names', 1), '2147483647 elements')
    expectMalformed(() => reader([0, 0, 0, 2, 1, 2, 3]).count('names', 2), '2 elements of at least 2 bytes')
    expectMalformed(() => reader([0xff, 0xff, 0xff, 0xff, 0x0f], true).count('names', 1), '4294967294 elements')
  })

  it('refuses more elements in one message than a bound, over all arrays together', () => {
    const half = maxElementsPerMessage / 2 + 1
    const frame = Buffer.alloc(8 + 2 * half)
    frame.writeInt32BE(half, 0)
    frame.writeInt32BE(half, 4)
    const twice = reader(frame)
    expect(twice.count('first', 1)).toBe(half)
    expectMalformed(() => twice.count('second', 1), `${maxElementsPerMessage}`)
  })

  it('refuses more tagged fields than a message may have elements', () => {
    const count = maxElementsPerMessage + 1
    const frame = Buffer.alloc(3 + 2 * count)
    frame.set([(count & 0x7f) | 0x80, ((count >> 7) & 0x7f) | 0x80, count >> 14])
    expectMalformed(() => reader(frame, true).skipTags('message'), `${maxElementsPerMessage}`)
  })

  it('refuses varints of more than 32 bits', () => {
    expectMalformed(() => reader([0xff, 0xff, 0xff, 0xff, 0x10], true).tag('tag'), '32 bits')
    expectMalformed(() => reader([0x80, 0x80, 0x80, 0x80, 0x80, 0], true).tag('tag'), '32 bits')
    expect(reader([0xff, 0xff, 0xff, 0xff, 0x0f], true).tag('tag')).toBe(0xffffffff)
  })

  it('refuses strings above the bound, and takes one at it', () => {
    const text = Buffer.alloc(maxStringBytes + 4, 'a')
    text.set([0x80, 0x80, 0x02])
    expect(reader(text, true).string('name')).toHaveLength(maxStringBytes)
    text.set([0x81, 0x80, 0x02])
    expectMalformed(() => reader(text, true).string('name'), 'too long')
  })

  it('refuses integers beyond 2^53 and takes the last before it', () => {
    expect(reader([0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).int64('offset')).toBe(Number.MAX_SAFE_INTEGER)
    expectMalformed(() => reader([0, 0x20, 0, 0, 0, 0, 0, 0]).int64('offset'), '2^53')
    expectMalformed(() => reader([0x80, 0, 0, 0, 0, 0, 0, 0]).int64('offset'), '2^53')
  })

  it('refuses a tagged field that reaches beyond the frame, or takes other bytes than it announced', () => {
    expectMalformed(() => reader([1, 0, 3, 1, 2], true).skipTags('message'), '3 bytes')
    const tagged = reader([2, 1, 2, 3], true)
    const end = tagged.tagEnd('tagged')
    tagged.int8('tagged')
    expectMalformed(() => tagged.expectAt(end, 'tagged'), 'ends at byte 3')
  })

  it('gives byte fields as views of the frame', () => {
    const frame = Buffer.from([0, 0, 0, 2, 7, 8])
    const view = new MessageReader(frame).bytes('content')
    frame[4] = 9
    expect([...view]).toEqual([9, 8])
  })
})
