import { describe, expect, it } from 'vitest'
import { UploadLanes } from '../../../../connectors/lake/s3/upload-lanes.js'

describe('upload lanes', () => {
  it('let so many run at once, in the order of asking, with as many buffers in all', async () => {
    const lanes = new UploadLanes(3, 16)
    const buffers = new Set<Buffer>()
    const began: number[] = []
    let running = 0
    let most = 0
    const work = (index: number): Promise<void> =>
      lanes.run(10, async (buffer) => {
        began.push(index)
        buffers.add(buffer)
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
        if (index % 5 === 2) throw new Error('failed')
      })
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => work(index)))
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBe(4)
    expect(began).toEqual(Array.from({ length: 20 }, (_, index) => index))
    expect([most, buffers.size]).toEqual([3, 3])
  })

  it('give a larger buffer to whom needs it, and keep it not', async () => {
    const lanes = new UploadLanes(1, 16)
    expect(await lanes.run(100, (buffer) => Promise.resolve(buffer.length))).toBe(100)
    expect(await lanes.run(10, (buffer) => Promise.resolve(buffer.length))).toBe(16)
  })
})
