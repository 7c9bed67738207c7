// A handful of seeds on each run of the tests; test/proofs/transactions.ts runs thousands.

import { describe, expect, it } from 'vitest'
import type { LogEngine } from '../../core/engine/log-engine.js'
import { simulateTransactions } from './transaction-run.js'

const seeds = Array.from({ length: 40 }, (_, index) => index + 1)

/** What is open or aborted is shown as if it were committed. */
function blurred(engine: LogEngine): LogEngine {
  const read: LogEngine['read'] = (partitions, limits, signal) => {
    const transactions = limits.transactions === 'committed' ? 'all' : limits.transactions
    return engine.read(partitions, { ...limits, ...(transactions !== undefined && { transactions }) }, signal)
  }
  return new Proxy(engine, {
    get: (target, name) => {
      if (name === 'read') return read
      const found: unknown = Reflect.get(target, name, target)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

describe('transactions in the simulated machine', () => {
  it('are wholly there or not at all, through crashes and faults', async () => {
    const sum = { committed: 0, aborted: 0, crashes: 0 }
    for (const seed of seeds) {
      const { committed, aborted, crashCount } = await simulateTransactions(seed)
      sum.committed += committed
      sum.aborted += aborted
      sum.crashes += crashCount
    }
    expect(sum.committed).toBeGreaterThan(100)
    expect(sum.aborted).toBeGreaterThan(50)
    expect(sum.crashes).toBeGreaterThanOrEqual(2 * seeds.length)
  }, 120_000)

  it('leave the same trace when a seed is run again', async () => {
    expect((await simulateTransactions(11)).hash).toBe((await simulateTransactions(11)).hash)
  })

  it('are told from what is not committed', async () => {
    const found = await Promise.allSettled(seeds.slice(0, 3).map((seed) => simulateTransactions(seed, blurred)))
    expect(found.filter(({ status }) => status === 'rejected')).not.toEqual([])
  })
})
