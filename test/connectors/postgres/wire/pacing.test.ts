import { describe, expect, it } from 'vitest'
import { Pacing } from '../../../../connectors/postgres/wire/pacing.js'
import { ManualClock } from '../../../support/manual-clock.js'

/** How many of the reads in a second, evenly spread, are to be followed by a rest. */
async function restsOf(readsPerSecond: number, readBytes: number): Promise<number> {
  const clock = new ManualClock()
  const pacing = new Pacing(clock)
  let rests = 0
  for (let read = 0; read < readsPerSecond; read++) {
    await clock.advance(1000 / readsPerSecond)
    if (pacing.isShortOfMany(readBytes)) rests++
  }
  return rests
}

describe('pacing', () => {
  it('leaves five hundred small transactions a second alone', async () => {
    expect(await restsOf(500, 1000)).toBe(0)
  })

  it('rests after nearly every short read of a fast stream', async () => {
    expect(await restsOf(50_000, 400)).toBeGreaterThan(49_000)
  })

  it('never rests after a full read', async () => {
    expect(await restsOf(5000, 65_536)).toBe(0)
  })

  it('forgets a burst when it is over', async () => {
    const clock = new ManualClock()
    const pacing = new Pacing(clock)
    for (let read = 0; read < 100; read++) pacing.isShortOfMany(10_000)
    await clock.advance(10)
    expect(pacing.isShortOfMany(200)).toBe(true)
    await clock.advance(10)
    expect(pacing.isShortOfMany(200)).toBe(false)
  })
})
