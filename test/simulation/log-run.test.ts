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
