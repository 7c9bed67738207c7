import { describe, expect, it } from 'vitest'
import { Watermark } from '../../../../../core/pipeline/steps/stateful/watermark.js'
import { StoredState } from './state.js'

const idleMs = 1_000

function watermark(stored: StoredState, partitions: readonly string[], nowMs = 0) {
  const state = stored.open('time')
  const mark = new Watermark(state.of('time'), idleMs)
  mark.begin(partitions, nowMs)
  const save = (): void => {
    mark.save()
    state.accept()
    stored.append(state.take())
  }
  return { mark, save }
}

describe('a watermark', () => {
  it('is the least of the largest times of all partitions, and waits for one that showed none', () => {
    const { mark } = watermark(new StoredState(), ['a', 'b'])
    expect(mark.observe('a', 500, 0)).toBe(false)
    expect(mark.ms).toBe(-Infinity)
    expect(mark.observe('b', 300, 0)).toBe(true)
    expect(mark.ms).toBe(300)
    mark.observe('b', 700, 0)
    expect(mark.ms).toBe(500)
    mark.observe('a', 100, 0)
    expect(mark.ms).toBe(500)
  })

  it('leaves a partition aside that had nothing for long enough, and never goes back for it', () => {
    const { mark } = watermark(new StoredState(), ['a', 'b'])
    mark.observe('a', 500, 0)
    mark.passed('b', idleMs - 1)
    expect(mark.leaveIdleAside()).toBe(false)
    mark.passed('b', idleMs)
    mark.observe('a', 600, idleMs)
    expect(mark.ms).toBe(600)
    mark.observe('b', 10, idleMs)
    expect(mark.ms).toBe(600)
    mark.observe('a', 900, idleMs)
    expect(mark.ms).toBe(600)
  })

  it('takes no partition for idle whose records nobody looked at', () => {
    const { mark } = watermark(new StoredState(), ['a', 'b'])
    mark.observe('a', 500, 10 * idleMs)
    expect(mark.leaveIdleAside()).toBe(false)
    expect(mark.ms).toBe(-Infinity)
  })

  it('stands where the furthest is when all are idle, in whatever order they became so', () => {
    const { mark } = watermark(new StoredState(), ['a', 'b', 'c'])
    mark.observe('a', 500, 0)
    mark.observe('b', 900, 0)
    for (const name of ['a', 'b', 'c']) mark.passed(name, 5 * idleMs)
    expect(mark.leaveIdleAside()).toBe(true)
    expect(mark.ms).toBe(900)
    expect(mark.leaveIdleAside()).toBe(false)
  })

  it('goes on after a start where it was, and waits for partitions it has known', () => {
    const stored = new StoredState()
    const before = watermark(stored, ['a', 'b'])
    before.mark.observe('a', 500, 0)
    before.mark.observe('b', 300, 0)
    before.save()
    const { mark } = watermark(stored, ['a', 'b'])
    expect(mark.ms).toBe(300)
    mark.observe('b', 900, 0)
    expect(mark.ms).toBe(500)
  })
})
