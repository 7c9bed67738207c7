import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answerAtOnce, AppendSignal, isSatisfied, ReadBudget, waitForAppends } from '../../../core/engine/long-poll.js'
import type { PartitionRead, ReadLimits } from '../../../core/engine/log-engine.js'
import { isSettled, never } from '../../contracts/log-engine/engine-harness.js'
import { ManualClock } from '../../support/manual-clock.js'

const read = (maxBytes: number): PartitionRead => ({ topic: 't', partition: 0, offset: 0, maxBytes })
const limits = (more: Partial<ReadLimits> = {}): ReadLimits => {
  return { minBytes: 1, maxBytes: 1000, maxWaitMs: 500, isolation: 'durable', ...more }
}

describe('a read has enough', () => {
  const enough = (there: readonly number[], more: Partial<ReadLimits>, caps: readonly number[] = []): boolean => {
    const reads = there.map((_, index) => read(caps[index] ?? 1000))
    return isSatisfied(reads, limits(more), (_read, index) => there[index]!)
  }

  test.each([
    [[0, 0], { minBytes: 0 }, [], true],
    [[0, 0], { minBytes: 1 }, [], false],
    [[4, 5], { minBytes: 10 }, [], false],
    [[5, 5], { minBytes: 10 }, [], true],
    [[0, answerAtOnce], { minBytes: 10 }, [], true],
    // What a partition may not give does not count, and what nobody may give is not waited for.
    [[50, 0], { minBytes: 10 }, [5, 1000], false],
    [[50], { minBytes: 10 }, [5], true],
    [[20], { minBytes: 100, maxBytes: 20 }, [], true],
  ])('with %j bytes there, limits %j and caps %j: %s', (there, more, caps, expected) => {
    expect(enough(there, more, caps)).toBe(expected)
  })
})

describe('the budget of a read', () => {
  const none = (): number => 0

  test('is dealt out in order, with one batch for free', () => {
    const budget = new ReadBudget(limits({ maxBytes: 100 }), [], none)
    expect([budget.allowance(read(60)), budget.firstBatchIsFree]).toEqual([60, true])
    budget.spend(0)
    expect(budget.firstBatchIsFree).toBe(true)
    budget.spend(50)
    expect([budget.allowance(read(60)), budget.firstBatchIsFree]).toEqual([50, false])
    budget.spend(50)
    expect(budget.allowance(read(60))).toBe(0)
  })

  test('is never below zero, however large the free batch was', () => {
    const budget = new ReadBudget(limits({ maxBytes: 10 }), [], none)
    budget.spend(5000)
    expect(budget.allowance(read(60))).toBe(0)
  })

  test('asks for as much as is there, and gives no more than it got', () => {
    const asked: number[] = []
    const reserving = (grantedBytes: number) => {
      const reserve = (thereBytes: number): number => asked.push(thereBytes) && grantedBytes
      return new ReadBudget({ ...limits({ maxBytes: 100 }), reserve }, [read(60), read(60), read(60)], (_, index) => {
        return [70, answerAtOnce, 20][index]!
      })
    }
    expect(reserving(30).allowance(read(60))).toBe(30)
    expect(reserving(500).allowance(read(500))).toBe(100)
    expect(reserving(30).firstBatchIsFree).toBe(true)
    expect(reserving(0).firstBatchIsFree).toBe(false)
    expect(asked).toEqual([90, 90, 90, 90])
  })

  test('lets through no more than the limits and one batch', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: 1, max: 50 }))), fc.nat(200), (partitions, maxBytes) => {
        const budget = new ReadBudget(limits({ maxBytes }), [], none)
        let total = 0
        let largest = 0
        for (const batches of partitions) {
          let given = 0
          const allowance = budget.allowance(read(80))
          for (const bytes of batches) {
            if (given + bytes > allowance && !(given === 0 && budget.firstBatchIsFree)) break
            given += bytes
            largest = Math.max(largest, bytes)
          }
          budget.spend(given)
          total += given
        }
        expect(total).toBeLessThanOrEqual(maxBytes + largest)
      }),
    )
  })
})

describe('the wait for appends', () => {
  test('looks once at many wakes of one turn', async () => {
    const signals = Array.from({ length: 500 }, () => new AppendSignal())
    let looks = 0
    let isThere = false
    const satisfied = (): boolean => {
      looks++
      return isThere
    }
    const waiting = waitForAppends({ signals, satisfied, maxWaitMs: 1000, clock: new ManualClock() }, never())
    expect(looks).toBe(1)
    for (const signal of signals) signal.wake()
    expect(await isSettled(waiting)).toBe(false)
    expect(looks).toBe(2)
    isThere = true
    signals[0]!.wake()
    await waiting
    expect(looks).toBe(3)
  })

  test('leaves no timer and no subscription behind, however it ends', async () => {
    const clock = new ManualClock()
    const signal = new AppendSignal()
    let looks = 0
    const wait = { signals: [signal], maxWaitMs: 1000, clock, satisfied: () => looks++ < 0 }
    const controller = new AbortController()
    const timedOut = waitForAppends(wait, controller.signal)
    const aborted = waitForAppends(wait, controller.signal)
    const failed = waitForAppends({ ...wait, satisfied: () => (looks++ > 2 ? fail() : false) }, never())
    const fail = (): never => {
      throw new Error('the engine is closed')
    }
    signal.wake()
    await expect(failed).rejects.toThrow('the engine is closed')
    controller.abort(new Error('not wanted'))
    await expect(aborted).rejects.toThrow('not wanted')
    await expect(timedOut).rejects.toThrow('not wanted')
    expect(clock.pendingTimers).toBe(0)
    const before = looks
    signal.wake()
    await isSettled(failed)
    expect(looks).toBe(before)
  })

  test('ends when its time is over', async () => {
    const clock = new ManualClock()
    const waiting = waitForAppends({ signals: [], satisfied: () => false, maxWaitMs: 100, clock }, never())
    await clock.advance(99)
    expect(await isSettled(waiting)).toBe(false)
    await clock.advance(1)
    await waiting
  })

  test('does not begin with an aborted signal, nor when there is enough', async () => {
    const clock = new ManualClock()
    const wait = { signals: [], satisfied: () => true, maxWaitMs: 100, clock }
    await expect(waitForAppends(wait, AbortSignal.abort(new Error('over')))).rejects.toThrow('over')
    await waitForAppends(wait, never())
    await waitForAppends({ ...wait, satisfied: () => false, maxWaitMs: 0 }, never())
    expect(clock.pendingTimers).toBe(0)
  })
})
