import { describe, expect, it } from 'vitest'
import { inLanes } from '../../../connectors/lake/in-lanes.js'

describe('work in lanes', () => {
  it('is on all items in their order, so many at once', async () => {
    const begun: number[] = []
    let running = 0
    let most = 0
    await inLanes(3, [1, 2, 3, 4, 5, 6, 7], async (item) => {
      begun.push(item)
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
    })
    expect([begun, most]).toEqual([[1, 2, 3, 4, 5, 6, 7], 3])
  })

  it('begins nothing after a failure, and ends what is under way', async () => {
    const ended: number[] = []
    const work = inLanes(2, [1, 2, 3, 4], async (item) => {
      if (item === 1) throw new Error('the first')
      await new Promise((resolve) => setImmediate(resolve))
      ended.push(item)
    })
    await expect(work).rejects.toThrow('the first')
    expect(ended).toEqual([2])
  })
})
