import { describe, expect, it } from 'vitest'
import { FrameMemory } from '../../../../core/kafka/protocol/frame-memory.js'

describe('the memory of frames', () => {
  it('gives what was given back to the next frame that fits into it, once', () => {
    const memory = new FrameMemory(1000)
    const first = memory.take(400)
    expect(memory.takeKept(1)).toBeUndefined()
    memory.giveBack(first.subarray(0, 300))
    expect(memory.takeKept(401)).toBeUndefined()
    const second = memory.takeKept(400)
    expect([second?.buffer === first.buffer, second?.length]).toEqual([true, 400])
    expect(memory.takeKept(1)).toBeUndefined()
  })

  it('keeps nothing twice, and nothing that it did not give', () => {
    const memory = new FrameMemory(1000)
    const taken = memory.take(100)
    memory.giveBack(taken)
    memory.giveBack(taken)
    memory.giveBack(Buffer.alloc(100).subarray(4))
    expect(memory.takeKept(100)?.buffer).toBe(taken.buffer)
    expect(memory.takeKept(1)).toBeUndefined()
    memory.giveBack(taken)
    expect(memory.takeKept(1)?.buffer).toBe(taken.buffer)
  })

  it('keeps the newest up to its bound', () => {
    const memory = new FrameMemory(250)
    const frames = [100, 101, 102, 251].map((bytes) => memory.take(bytes))
    for (const frame of frames) memory.giveBack(frame)
    const kept = [memory.takeKept(1), memory.takeKept(1), memory.takeKept(1)]
    expect(kept.map((buffer) => buffer?.length)).toEqual([102, 101, undefined])
  })
})
