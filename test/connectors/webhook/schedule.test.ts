import { describe, expect, it } from 'vitest'
import { Breaker } from '../../../connectors/webhook/breaker.js'
import { delayBehind, standardSchedule } from '../../../connectors/webhook/schedule.js'
import { retryAfterOf } from '../../../core/format/retry-after.js'

const random = (fraction: number) => ({ fraction: () => fraction, bytes: () => Buffer.alloc(0), uuid: () => '' })

describe('the schedule of attempts', () => {
  it('is that of Standard Webhooks: ten attempts within 75 hours and 35 minutes', () => {
    expect(standardSchedule).toHaveLength(9)
    expect(standardSchedule.reduce((sum, ms) => sum + ms, 0)).toBe((75 * 60 + 35) * 60_000 + 5_000)
  })

  it('ends behind its last wait', () => {
    const options = { jitterPercent: 0, random: random(0), retryAfterMs: undefined }
    expect([1, 2, 3].map((attempt) => delayBehind(attempt, [100, 200], options))).toEqual([100, 200, undefined])
  })

  it('spreads waits by the jitter, both ways', () => {
    const at = (fraction: number) => {
      return delayBehind(1, [1000], { jitterPercent: 20, random: random(fraction), retryAfterMs: undefined })
    }
    expect([at(0), at(0.5), at(1)]).toEqual([800, 1000, 1200])
  })

  it('waits as long as the receiver asks, and no longer than a day', () => {
    const after = (retryAfterMs: number) =>
      delayBehind(1, [1000], { jitterPercent: 0, random: random(0), retryAfterMs })
    expect([after(500), after(5000), after(10 ** 12)]).toEqual([1000, 5000, 24 * 3600_000])
  })

  it('reads Retry-After as seconds and as a date', () => {
    const nowMs = Date.parse('2026-01-01T00:00:00Z')
    expect(retryAfterOf('120', nowMs)).toBe(120_000)
    expect(retryAfterOf('Thu, 01 Jan 2026 00:01:00 GMT', nowMs)).toBe(60_000)
    expect(retryAfterOf('Wed, 31 Dec 2025 00:00:00 GMT', nowMs)).toBe(0)
    expect([retryAfterOf('soon', nowMs), retryAfterOf(undefined, nowMs)]).toEqual([undefined, undefined])
  })
})

describe('a breaker', () => {
  const settings = { failurePercent: 50, minRequests: 4, openMs: 1000 }

  it('opens when enough of the last requests failed, and shows by one whether it may close', () => {
    const breaker = new Breaker(settings)
    expect([false, true, false].map((failed) => breaker.note(failed, 0))).toEqual([false, false, false])
    expect(breaker.note(true, 0)).toBe(true)
    expect([breaker.state(999), breaker.state(1000)]).toEqual(['open', 'half-open'])
    expect(breaker.note(true, 1000)).toBe(true)
    expect(breaker.state(1500)).toBe('open')
    breaker.note(false, 2000)
    expect(breaker.state(2000)).toBe('closed')
  })

  it('forgets what is long ago', () => {
    const breaker = new Breaker(settings)
    for (const failed of [true, false, false, false, false, false, true]) breaker.note(failed, 0)
    expect(breaker.state(0)).toBe('closed')
  })

  it('does not count what was on its way when it opened', () => {
    const breaker = new Breaker({ ...settings, minRequests: 1 })
    breaker.note(true, 0)
    breaker.note(false, 500)
    expect(breaker.state(500)).toBe('open')
  })
})
