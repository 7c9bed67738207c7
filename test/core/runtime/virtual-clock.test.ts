import { describe, expect, it } from 'vitest'
import { nodeClock } from '../../../core/runtime/node/node-clock.js'
import { VirtualClock } from '../../../core/runtime/virtual-clock.js'

const hour = 3600_000

describe('a virtual clock', () => {
  it('moves from timer to timer, in the order of their times, and stands still in between', () => {
    const clock = new VirtualClock(nodeClock, 1_000)
    const fired: string[] = []
    clock.after(2 * hour, () => fired.push(`second at ${clock.now()}`))
    clock.after(hour, () => fired.push(`first at ${clock.now()}`))
    clock.after(hour / 2, () => fired.push('cancelled')).cancel()
    expect([clock.now(), clock.monotonicMs()]).toEqual([1_000, 0])
    while (clock.toNextTimer());
    expect(fired).toEqual([`first at ${1_000 + hour}`, `second at ${1_000 + 2 * hour}`])
    expect(clock.monotonicMs()).toBe(2 * hour)
  })

  it('ends a sleep by its time or by the signal, whichever comes first', async () => {
    const clock = new VirtualClock(nodeClock, 0)
    const cancel = new AbortController()
    const slept = clock.sleep(hour)
    const woken = clock.sleep(2 * hour, cancel.signal)
    expect(clock.toNextTimer()).toBe(true)
    await slept
    cancel.abort(new Error('enough'))
    await expect(woken).rejects.toThrow('enough')
    await expect(clock.sleep(1, cancel.signal)).rejects.toThrow('enough')
    expect(clock.toNextTimer()).toBe(false)
  })
})
