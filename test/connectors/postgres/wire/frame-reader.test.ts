import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameReader } from '../../../../connectors/postgres/wire/frame-reader.js'
import { cut, frame } from './frames.js'

const violation = expect.objectContaining({ code: 'postgres_protocol_violation' })

function allOf(reader: FrameReader): string[] {
  const frames: string[] = []
  while (reader.next()) {
    frames.push(String.fromCharCode(reader.type) + reader.bytes.toString('latin1', reader.start, reader.end))
  }
  return frames
}

describe('frames', () => {
  it('come out whole, wherever the chunks end', () => {
    const payload = fc.uint8Array({ maxLength: 400 })
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 30 }), (payloads, places) => {
        const reader = new FrameReader()
        const found: string[] = []
        for (const chunk of cut(Buffer.concat(payloads.map((each) => frame('d', each))), places)) {
          reader.push(chunk)
          found.push(...allOf(reader))
        }
        expect(found).toEqual(payloads.map((each) => `d${Buffer.from(each).toString('latin1')}`))
        expect(reader.bufferedBytes).toBe(0)
      }),
    )
  })

  it('are read where they lie when they do not cross a border', () => {
    const reader = new FrameReader()
    const chunk = Buffer.concat([frame('a', 'one'), frame('b', 'two')])
    reader.push(chunk)
    reader.next()
    expect(reader.bytes).toBe(chunk)
    reader.next()
    expect(reader.bytes).toBe(chunk)
  })

  it('count what waits', () => {
    const reader = new FrameReader()
    reader.push(frame('a', 'one'))
    reader.push(frame('b', 'two').subarray(0, 6))
    expect(reader.waitingBytes).toBe(14)
    expect(allOf(reader)).toEqual(['aone'])
    expect(reader.waitingBytes).toBe(0)
    expect(reader.bufferedBytes).toBe(6)
  })

  it('of any length claimed cost no more than what has come', () => {
    const reader = new FrameReader()
    const head = Buffer.from('640000000034000000', 'hex')
    head.writeInt32BE(0x3fff_ffff, 1)
    const before = process.memoryUsage().arrayBuffers
    reader.push(head)
    expect(reader.next()).toBe(false)
    for (let count = 0; count < 64; count++) {
      reader.push(Buffer.alloc(65_536))
      expect(reader.next()).toBe(false)
    }
    expect(reader.bufferedBytes).toBe(9 + 64 * 65_536)
    // Twice what came, the chunks themselves, and what other tests leave behind.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024)
  })

  it('of many megabytes come out whole, and their memory is let go', () => {
    const reader = new FrameReader()
    const payload = Buffer.alloc(5_000_000, 'x')
    for (const chunk of cut(
      frame('d', payload),
      Array.from({ length: 80 }, (_, at) => at * 65_536),
    ))
      reader.push(chunk)
    expect(reader.next()).toBe(true)
    expect(reader.bytes.subarray(reader.start, reader.end).equals(payload)).toBe(true)
    reader.push(frame('d', 'small'))
    reader.next()
    expect(reader.bytes.length).toBe(10)
  })

  it.each([-1, 0, 3, 0x4000_0001, 0x7fff_ffff])('are refused when they claim %d bytes', (length) => {
    const head = Buffer.from('6400000000', 'hex')
    head.writeInt32BE(length, 1)
    const whole = new FrameReader()
    whole.push(head)
    expect(() => whole.next()).toThrow(violation)
    const split = new FrameReader()
    split.push(head.subarray(0, 2))
    split.next()
    split.push(head.subarray(2))
    expect(() => split.next()).toThrow(violation)
  })
})
