import { describe, expect, it } from 'vitest'
import { giveMemoryBack, takeMemory } from '../../../../connectors/lake/table/spare-memory.js'

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

describe('memory of columns', () => {
  it('is what somebody gave back, when it is large enough', () => {
    const first = takeMemory(100_000)
    expect(first).toHaveLength(128 * kibibyte)
    giveMemoryBack(first)
    expect(takeMemory(65 * kibibyte)).toBe(first)
    expect(takeMemory(65 * kibibyte)).not.toBe(first)
  })

  it('is never two owners’ at once', () => {
    const taken = Array.from({ length: 20 }, () => takeMemory(64 * kibibyte))
    for (const memory of taken) giveMemoryBack(memory)
    const again = Array.from({ length: 20 }, () => takeMemory(64 * kibibyte))
    expect(new Set(again.map(({ buffer }) => buffer)).size).toBe(20)
  })

  it('is kept up to a bound', () => {
    const taken = Array.from({ length: 40 }, () => takeMemory(mebibyte))
    for (const memory of taken) giveMemoryBack(memory)
    const again = Array.from({ length: 40 }, () => takeMemory(mebibyte))
    const known = new Set(taken)
    expect(again.filter((memory) => known.has(memory)).length).toBeLessThanOrEqual(32)
    expect(again.filter((memory) => known.has(memory)).length).toBeGreaterThan(0)
  })
})
