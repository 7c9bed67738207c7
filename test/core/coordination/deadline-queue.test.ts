import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Deadline, DeadlineQueue } from '../../../core/coordination/deadline-queue.js'
import { ManualClock } from '../../support/manual-clock.js'

test('deadlines expire in their order, each once and never early, whatever was moved and removed', async () => {
  const operation = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), which: fc.nat(9), inMs: fc.nat(100) }),
    fc.record({ kind: fc.constant('remove' as const), which: fc.nat(9) }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(60) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      const clock = new ManualClock()
      const queue = new DeadlineQueue(clock)
      const expired: [number, number][] = []
      const deadlines = Array.from(
        { length: 10 },
        (_, which) => new Deadline(() => expired.push([which, clock.monotonicMs()])),
      )
      const model = new Map<number, number>()
      for (const step of operations) {
        if (step.kind === 'set') {
          model.set(step.which, clock.monotonicMs() + step.inMs)
          queue.set(deadlines[step.which]!, clock.monotonicMs() + step.inMs)
        } else if (step.kind === 'remove') {
          model.delete(step.which)
          queue.remove(deadlines[step.which]!)
        } else {
          const before = expired.length
          await clock.advance(step.ms)
          const due = [...model].filter(([, dueMs]) => dueMs <= clock.monotonicMs())
          for (const [which] of due) model.delete(which)
          expect(new Map(expired.slice(before))).toEqual(new Map(due))
        }
        expect(clock.pendingTimers).toBeLessThanOrEqual(1)
      }
      const times = expired.map(([, atMs]) => atMs)
      expect(times).toEqual([...times].sort((a, b) => a - b))
    }),
    { numRuns: 100 },
  )
})

test('a closed queue lets nothing expire and keeps no timer', async () => {
  const clock = new ManualClock()
  const queue = new DeadlineQueue(clock)
  let expired = 0
  queue.set(new Deadline(() => expired++), 10)
  queue.close()
  await clock.advance(100)
  expect([expired, clock.pendingTimers]).toEqual([0, 0])
})

test('a deadline that sets itself anew takes its turn like any other', async () => {
  const clock = new ManualClock()
  const queue = new DeadlineQueue(clock)
  const times: number[] = []
  const again = new Deadline(() => {
    times.push(clock.monotonicMs())
    queue.set(again, clock.monotonicMs() + 10)
  })
  queue.set(again, 10)
  await clock.advance(35)
  expect(times).toEqual([10, 20, 30])
})
