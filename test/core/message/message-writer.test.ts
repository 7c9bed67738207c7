import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../../core/errors/invariant.js'
import { MessageWriter } from '../../../core/message/message-writer.js'

describe('a writer of messages', () => {
  it('keeps large record sets by reference, in their place', () => {
    const first = Buffer.alloc(5000, 1)
    const second = Buffer.alloc(4000, 2)
    const writer = new MessageWriter()
    writer.int32(7)
    writer.records([first, Buffer.from([3, 4]), second])
    writer.int8(9)
    const chunks = writer.finish()
    expect(chunks.map((chunk) => chunk.length)).toEqual([8, 5000, 2, 4000, 1])
    expect(chunks[1]?.buffer).toBe(first.buffer)
    expect(chunks[3]?.buffer).toBe(second.buffer)
    const whole = Buffer.concat(chunks)
    expect(whole).toHaveLength(writer.sizeBytes)
    expect(whole.readInt32BE(4)).toBe(9002)
    expect([...whole.subarray(5008, 5010)]).toEqual([3, 4])
    expect(whole.at(-1)).toBe(9)
  })

  it('copies small record sets', () => {
    const records = Buffer.alloc(100, 1)
    const writer = new MessageWriter()
    writer.records(records)
    records.fill(2)
    expect(writer.finish()).toEqual([Buffer.concat([Buffer.from([0, 0, 0, 100]), Buffer.alloc(100, 1)])])
  })

  it('writes a null record set in both forms of lengths', () => {
    const plain = new MessageWriter()
    plain.nullableRecords(null)
    const flexible = new MessageWriter()
    flexible.flexible = true
    flexible.nullableRecords(null)
    expect([...plain.finish(), ...flexible.finish()]).toEqual([Buffer.from([255, 255, 255, 255]), Buffer.from([0])])
  })

  it.each<[string, (writer: MessageWriter) => void]>([
    ['an integer out of range', (writer) => writer.int16(40_000)],
    ['an unsigned integer out of range', (writer) => writer.uint16(-1)],
    ['an unsafe integer', (writer) => writer.int64(2 ** 53)],
    ['a fraction', (writer) => writer.int32(0.5)],
    ['a string above 32767 bytes', (writer) => writer.string('é'.repeat(16_384))],
    ['null for a string', (writer) => writer.string(null)],
    ['null for bytes', (writer) => writer.bytes(null)],
    ['null for records', (writer) => writer.records(null)],
    ['null for an array', (writer) => writer.count(null)],
    ['a UUID in another form', (writer) => writer.uuid('A')],
  ])('takes %s for a broken assumption', (_what, write) => {
    for (const flexible of [false, true]) {
      const writer = new MessageWriter()
      writer.flexible = flexible
      expect(() => write(writer)).toThrow(InvariantError)
    }
  })
})
