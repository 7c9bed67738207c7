import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TailraceError } from '../../../../core/errors/tailrace-error.js'
import { protocolErrors } from '../../../../core/kafka/protocol/errors.js'
import { FrameMemory } from '../../../../core/kafka/protocol/frame-memory.js'
import { FrameSplitter } from '../../../../core/kafka/protocol/frames.js'
import { failureOf } from '../../message/codec-laws.js'

const maxFrameBytes = 1_000_000

function framed(frame: Uint8Array): Buffer {
  const prefix = Buffer.alloc(4)
  prefix.writeInt32BE(frame.length)
  return Buffer.concat([prefix, frame])
}

function framesOf(splitter: FrameSplitter): readonly Buffer[] {
  const frames: Buffer[] = []
  for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) frames.push(frame)
  return frames
}

function refusalOf(prefix: Buffer | readonly number[]): TailraceError {
  const splitter = new FrameSplitter(maxFrameBytes)
  splitter.push(Buffer.from(prefix as Buffer))
  const failure = failureOf(() => splitter.next())
  expect(protocolErrors.is(failure, 'invalid_frame')).toBe(true)
  return failure as TailraceError
}

describe('the splitter of frames', () => {
  it('gives the same frames however the stream is cut', () => {
    const frame = fc.oneof(
      { weight: 5, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 40 }) },
      { weight: 1, arbitrary: fc.nat(300_000).map((length) => Buffer.alloc(length + 1, length)) },
    )
    const property = fc.property(
      fc.array(frame, { maxLength: 8 }),
      fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 200_000 })), { minLength: 1 }),
      fc.boolean(),
      fc.boolean(),
      (frames, cuts, readsAtOnce, givesBack) => {
        const stream = Buffer.concat(frames.map(framed))
        const memory = new FrameMemory(maxFrameBytes)
        const splitter = new FrameSplitter(maxFrameBytes, memory)
        const found: Buffer[] = []
        const take = (): void => {
          for (const taken of framesOf(splitter)) {
            found.push(Buffer.from(taken))
            if (givesBack) memory.giveBack(taken)
          }
        }
        let at = 0
        for (let index = 0; at < stream.length; index++) {
          const end = Math.min(stream.length, at + cuts[index % cuts.length]! + (index > 2000 ? 200_000 : 0))
          splitter.push(stream.subarray(at, end))
          at = end
          if (readsAtOnce) take()
        }
        take()
        expect(found.length).toBe(frames.length)
        expect(found.every((one, index) => one.equals(frames[index]!))).toBe(true)
        expect(splitter.bufferedBytes).toBe(0)
      },
    )
    fc.assert(property, { numRuns: 150 })
  })

  it('tells how many bytes wait for the rest of their frame', () => {
    const splitter = new FrameSplitter(maxFrameBytes)
    splitter.push(Buffer.from([0, 0]))
    expect(splitter.next()).toBeUndefined()
    expect(splitter.bufferedBytes).toBe(2)
    splitter.push(Buffer.from([0, 5, 1, 2, 3]))
    expect(splitter.next()).toBeUndefined()
    expect(splitter.bufferedBytes).toBe(3)
    splitter.push(Buffer.from([4, 5, 0]))
    expect([...(splitter.next() ?? [])]).toEqual([1, 2, 3, 4, 5])
    expect(splitter.bufferedBytes).toBe(1)
  })

  it('gives a frame that came in one piece as a view', () => {
    const chunk = framed(Buffer.from([1, 2, 3]))
    const splitter = new FrameSplitter(maxFrameBytes)
    splitter.push(chunk)
    expect(splitter.next()?.buffer).toBe(chunk.buffer)
  })

  it('gathers a large frame in what a large one before has left, and a small one never', () => {
    const memory = new FrameMemory(maxFrameBytes)
    const splitter = new FrameSplitter(maxFrameBytes, memory)
    const gathered = (bytes: number): Buffer | undefined => {
      const stream = framed(Buffer.alloc(bytes, bytes))
      splitter.push(stream.subarray(0, 8))
      expect(splitter.next()).toBeUndefined()
      splitter.push(stream.subarray(8))
      const frame = splitter.next()
      expect(frame?.equals(Buffer.alloc(bytes, bytes))).toBe(true)
      return frame
    }
    const first = gathered(300_000)
    memory.giveBack(first!)
    expect(gathered(1000)?.buffer).not.toBe(first?.buffer)
    expect(gathered(299_000)?.buffer).toBe(first?.buffer)
    expect(gathered(299_000)?.buffer).not.toBe(first?.buffer)
  })

  it('takes a frame of the greatest length and refuses one that is longer', () => {
    const splitter = new FrameSplitter(8)
    splitter.push(framed(Buffer.alloc(8)))
    expect(splitter.next()).toHaveLength(8)
    splitter.push(Buffer.from([0, 0, 0, 9]))
    expect(() => splitter.next()).toThrow('a frame of 9 bytes is announced; 1 to 8 are taken')
  })

  it.each([
    ['zero', [0, 0, 0, 0]],
    ['negative', [0xff, 0xff, 0xff, 0xff]],
    ['the least of 32 bits', [0x80, 0, 0, 0]],
    ['the greatest of 32 bits', [0x7f, 0xff, 0xff, 0xff]],
  ])('refuses a length that is %s', (_what, prefix) => {
    expect(refusalOf(prefix).hint).toContain('does not speak Kafka’s protocol')
  })

  it('says when the peer speaks HTTP or TLS', () => {
    expect(refusalOf(Buffer.from('GET / HTTP/1.1')).hint).toContain('HTTP')
    expect(refusalOf([0x16, 0x03, 0x01, 0x02, 0x00]).hint).toContain('TLS')
  })

  it('sets no more memory aside than twice what came, however much is announced', () => {
    const splitter = new FrameSplitter(0x7fffffff)
    splitter.push(Buffer.from([0x7f, 0xff, 0xff, 0xff, 1, 2, 3]))
    const before = process.memoryUsage().arrayBuffers
    expect(splitter.next()).toBeUndefined()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024)
  })
})
