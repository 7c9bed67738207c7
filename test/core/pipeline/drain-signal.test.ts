import { describe, expect, it } from 'vitest'
import { DrainSignal } from '../../../core/pipeline/drain-signal.js'
import { nodeClock } from '../../../core/runtime/node/node-clock.js'

describe('the signal that ends edges', () => {
  it('is heard by any number of them without a warning', async () => {
    const warnings: Error[] = []
    const note = (warning: Error): void => void warnings.push(warning)
    process.on('warning', note)
    const signal = new DrainSignal(nodeClock)
    let heard = 0
    for (let edge = 0; edge < 100; edge++) {
      signal.ending.addEventListener('abort', () => heard++)
      signal.cancelled.addEventListener('abort', () => heard++)
    }
    await signal.drain(Promise.resolve(), { deadlineMs: 1000, catchUpMs: 0 })
    process.off('warning', note)
    expect(warnings).toEqual([])
    expect(heard).toBe(100)
  })
})
