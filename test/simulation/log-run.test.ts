// A handful of seeds on each run of the tests; test/proofs/simulation.ts runs thousands.

import { describe, expect, it } from 'vitest'
import { simulate } from './log-run.js'

describe('the log engine in the simulated machine', () => {
  it.each([1, 2, 3, 4, 5, 6])('keeps its promises through crashes, faults and rot: seed %i', async (seed) => {
    const report = await simulate(seed)
    expect(report.operationCount).toBeGreaterThanOrEqual(200)
    expect(report.crashCount).toBeGreaterThanOrEqual(2)
  })

  it('leaves the same trace when a seed is run again', async () => {
    expect((await simulate(11)).hash).toBe((await simulate(11)).hash)
  })
})

describe('seeds that found a bug', () => {
  it('answers a deletion of records only when the log start is durable, whoever moved it', async () => {
    await simulate(165)
  })

  it('syncs what a checkpoint speaks of though its topic is being deleted', async () => {
    await simulate(2372)
  })

  it.each([3333, 3362])(
    'removes nothing in recovery for frames that a power loss may still take: seed %i',
    async (seed) => {
      await simulate(seed)
    },
  )

  it('is not led astray by an index entry that points into a batch', async () => {
    await simulate(155)
  })

  it('ends while the disk is full and compaction waits for room', async () => {
    await simulate(1250)
  })

  it('does not pass over a batch whose last offset went bad', async () => {
    await simulate(4092)
  })
})
