import { describe, expect, it } from 'vitest'
import { delayBehind, standardSchedule } from '../../../connectors/webhook/schedule.js'

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
})
