import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nodeClock } from '../../../../core/runtime/node/node-clock.js'

const dayMs = 86_400_000

describe('the real clock', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('waits longer than one timer of node can', async () => {
    let fired = false
    nodeClock.after(60 * dayMs, () => {
      fired = true
    })
    await vi.advanceTimersByTimeAsync(60 * dayMs - 1)
    expect(fired).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(fired).toBe(true)
  })

  it('calls nothing back after a timer was cancelled, even in its second part', async () => {
    let fired = false
    const timer = nodeClock.after(60 * dayMs, () => {
      fired = true
    })
    await vi.advanceTimersByTimeAsync(59 * dayMs)
    timer.cancel()
    timer.cancel()
    await vi.advanceTimersByTimeAsync(10 * dayMs)
    expect(fired).toBe(false)
  })

  it('ends a sleep with the reason of the signal, at once and during the wait', async () => {
    const reason = new Error('enough')
    await expect(nodeClock.sleep(1000, AbortSignal.abort(reason))).rejects.toBe(reason)
    const abort = new AbortController()
    const sleeping = nodeClock.sleep(1000, abort.signal)
    abort.abort(reason)
    await expect(sleeping).rejects.toBe(reason)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('resolves a sleep that nobody aborts', async () => {
    const sleeping = nodeClock.sleep(1000, new AbortController().signal)
    await vi.advanceTimersByTimeAsync(1000)
    await sleeping
  })
})
