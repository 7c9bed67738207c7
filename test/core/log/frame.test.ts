import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameBuilder } from '../../../core/log/frame-builder.js'
import {
  alignedFrameBytes,
  frameAlignment,
  frameHeaderBytes,
  isBodyIntact,
  maxFrameBytes,
  readFrameHeader,
} from '../../../core/log/frame.js'
import { batchEntryTemplate, walkEntries } from '../../../core/log/journal-entry.js'

const topicId = '0123abcd-4567-4890-abcd-0123456789ab'
const template = batchEntryTemplate(topicId, 7)
const epoch = Buffer.from('0102030405060708', 'hex')

function frameOf(batches: readonly Uint8Array[], sequence = 5): Buffer {
  const builder = new FrameBuilder(maxFrameBytes)
  let position = 0
  for (const batch of batches) {
    const start = builder.addBatch(template, { segmentBase: 40, position }, batch)
    builder.finishEntry(start + batch.length)
    position += batch.length
  }
  return Buffer.from(
    builder.seal({ epoch, sequence, durable: sequence - 1, checkpoint: 3, sealedAtMs: 1_790_000_000_000 }),
  )
}

const batches = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { minLength: 1, maxLength: 8 })

describe('a frame of the journal', () => {
  it('gives back header and entries as they were put in, at a multiple of 4096 bytes', () => {
    fc.assert(
      fc.property(batches, (given) => {
        const frame = frameOf(given)
        const header = readFrameHeader(frame, 0)!
        expect(frame.length % frameAlignment).toBe(0)
        expect(frame.length).toBe(alignedFrameBytes(header.bodyBytes))
        expect(header).toMatchObject({ sequence: 5, durable: 4, checkpoint: 3, entryCount: given.length })
        expect(isBodyIntact(frame, 0, header)).toBe(true)
        const found = [...walkEntries(frame, frameHeaderBytes, frameHeaderBytes + header.bodyBytes)].map((entry) =>
          entry?.kind === 'batch' ? frame.subarray(entry.start, entry.end) : undefined,
        )
        expect(found).toEqual(given.map((batch) => Buffer.from(batch)))
      }),
    )
  })

  it('is refused after any flip of a bit in header or body', () => {
    const whole = frameOf([Buffer.from('some batch'), Buffer.from('another')])
    const usedBytes = frameHeaderBytes + readFrameHeader(whole, 0)!.bodyBytes
    for (let bit = 0; bit < usedBytes * 8; bit++) {
      const frame = Buffer.from(whole)
      frame[bit >> 3] = frame[bit >> 3]! ^ (1 << (bit & 7))
      const header = readFrameHeader(frame, 0)
      expect(header !== undefined && isBodyIntact(frame, 0, header), `bit ${bit}`).toBe(false)
    }
  })

  it('is not taken for whole when its end is missing', () => {
    const frame = frameOf([Buffer.alloc(5000, 1)])
    const header = readFrameHeader(frame, 0)!
    expect(isBodyIntact(frame.subarray(0, 5000), 0, header)).toBe(false)
    expect(readFrameHeader(frame.subarray(0, frameHeaderBytes - 1), 0)).toBeUndefined()
  })

  it('is sealed without what was rolled back', () => {
    const builder = new FrameBuilder(maxFrameBytes)
    const first = builder.addBatch(template, { segmentBase: 0, position: 0 }, Buffer.from('kept'))
    builder.finishEntry(first + 4)
    const mark = builder.mark()
    const second = builder.addBatch(template, { segmentBase: 0, position: 4 }, Buffer.from('taken back'))
    builder.finishEntry(second + 10)
    builder.rollBack(mark)
    const sealed = builder.seal({ epoch, sequence: 1, durable: 0, checkpoint: 0, sealedAtMs: 0 })
    const header = readFrameHeader(sealed, 0)!
    expect(header.entryCount).toBe(1)
    expect(isBodyIntact(sealed, 0, header)).toBe(true)
  })
})
