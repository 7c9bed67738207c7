import { expect, it } from 'vitest'
import { retryAfterOf } from '../../../core/format/retry-after.js'

it('reads Retry-After as seconds and as a date', () => {
  const nowMs = Date.parse('2026-01-01T00:00:00Z')
  expect(retryAfterOf('120', nowMs)).toBe(120_000)
  expect(retryAfterOf('Thu, 01 Jan 2026 00:01:00 GMT', nowMs)).toBe(60_000)
  expect(retryAfterOf('Wed, 31 Dec 2025 00:00:00 GMT', nowMs)).toBe(0)
  expect([retryAfterOf('soon', nowMs), retryAfterOf(undefined, nowMs)]).toEqual([undefined, undefined])
})
