import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RateWindows } from '../../../../../core/pipeline/steps/stateful/rate-windows.js'
import { SeenKeys } from '../../../../../core/pipeline/steps/stateful/seen-keys.js'
import type { StepState } from '../../../../../core/pipeline/steps/stateful/step-state.js'
import { StoredState } from './state.js'

function seenKeys(state: StepState, maxKeys = 1_000): SeenKeys {
  return new SeenKeys(state.of('seen'), { windowMs: 100, maxKeys })
}

describe('the keys that a dedupe has seen', () => {
  it('let a key pass once in its window, and again behind it', () => {
    const keys = seenKeys(new StoredState().open('seen'))
    const passes = [0, 50, 99, 100, 150, 200].map((timeMs) => keys.passes('a', timeMs, 0))
    expect(passes).toEqual([true, false, false, true, false, true])
  })

  it('hold back an older record that comes late, within the window', () => {
    const keys = seenKeys(new StoredState().open('seen'))
    expect(keys.passes('a', 500, 0)).toBe(true)
    expect(keys.passes('a', 450, 0)).toBe(false)
    expect(keys.passes('a', 400, 0)).toBe(true)
    expect(keys.passes('a', 550, 0)).toBe(false)
  })

  it('forget a key when the watermark has left its window behind', () => {
    const state = new StoredState().open('seen')
    const keys = seenKeys(state)
    keys.passes('a', 0, 0)
    keys.passes('b', 99, 99)
    expect(state.of('seen').size).toBe(2)
    keys.passes('b', 99, 100)
    expect([...state.of('seen').all()].map(([key]) => key)).toEqual(['b'])
    expect(keys.evicted).toBe(0)
  })

  it('let the oldest leave when there are too many, and count them', () => {
    const state = new StoredState().open('seen')
    const keys = seenKeys(state, 3)
    for (const key of ['a', 'b', 'c', 'd', 'e']) keys.passes(key, 0, 0)
    expect(state.of('seen').size).toBe(3)
    expect(keys.evicted).toBe(2)
    expect(keys.passes('e', 0, 0)).toBe(false)
    expect(keys.passes('a', 0, 0)).toBe(true)
  })

  it('decide as if no unit had been rolled back and no run had ended', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      timeMs: fc.integer({ min: 0, max: 600 }),
      isAccepted: fc.boolean(),
      isRestarted: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const stored = new StoredState()
        let state = stored.open('seen')
        let keys = seenKeys(state)
        const plain = seenKeys(new StoredState().open('seen'))
        for (const { key, timeMs, isAccepted, isRestarted } of steps) {
          const passes = keys.passes(key, timeMs, 0)
          if (!isAccepted) {
            state.rollBack()
            continue
          }
          state.accept()
          expect(passes).toBe(plain.passes(key, timeMs, 0))
          if (!isRestarted) continue
          stored.append(state.take())
          state = stored.open('seen')
          keys = seenKeys(state)
        }
      }),
    )
  })
})

describe('the windows of a throttle', () => {
  function windows(state: StepState, maxKeys = 1_000): RateWindows {
    return new RateWindows(state.of('rate'), { limit: 2, perMs: 100, maxKeys })
  }

  it('let so many records of a key pass in each window of the records own time', () => {
    const rate = windows(new StoredState().open('rate'))
    const passes = [10, 20, 30, 110, 120, 130, 190, 350].map((timeMs) => rate.passes('a', timeMs, 0))
    expect(passes).toEqual([true, true, false, true, true, false, false, true])
    expect(rate.passes('b', 10, 0)).toBe(true)
  })

  it('count a record of the window before there, and hold back what is older', () => {
    const rate = windows(new StoredState().open('rate'))
    expect([10, 110, 20, 30].map((timeMs) => rate.passes('a', timeMs, 0))).toEqual([true, true, true, false])
    expect(rate.passes('a', 310, 0)).toBe(true)
    expect(rate.passes('a', 110, 0)).toBe(false)
  })

  it('go on after a start with what was counted', () => {
    const stored = new StoredState()
    const state = stored.open('rate')
    windows(state).passes('a', 10, 0)
    windows(state).passes('a', 20, 0)
    state.accept()
    stored.append(state.take())
    expect(windows(stored.open('rate')).passes('a', 30, 0)).toBe(false)
  })

  it('forget keys that the watermark has left behind by two windows, and the oldest of too many', () => {
    const state = new StoredState().open('rate')
    const rate = windows(state)
    rate.passes('a', 10, 0)
    rate.passes('b', 250, 199)
    expect(state.of('rate').size).toBe(2)
    rate.passes('b', 251, 200)
    expect(state.of('rate').size).toBe(1)
    const crowded = windows(new StoredState().open('rate'), 1)
    crowded.passes('a', 10, 0)
    crowded.passes('b', 10, 0)
    expect(crowded.evicted).toBe(1)
  })
})
