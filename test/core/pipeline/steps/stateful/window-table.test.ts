import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../../../core/format/parsed.js'
import type { AggregateFunction } from '../../../../../core/pipeline/steps/stateful/accumulators.js'
import type { StepState } from '../../../../../core/pipeline/steps/stateful/step-state.js'
import { windowsOf } from '../../../../../core/pipeline/steps/stateful/window-frame.js'
import { WindowTable } from '../../../../../core/pipeline/steps/stateful/window-table.js'
import { StoredState } from './state.js'

const functions: readonly AggregateFunction[] = ['count', 'sum', 'distinct']

function table(state: StepState, limits: { maxGroups?: number; maxDistinct?: number } = {}): WindowTable {
  return new WindowTable({
    functions,
    entries: state.of('sums'),
    distinct: state.of('sums~distinct'),
    maxGroups: 100,
    maxDistinct: 100,
    ...limits,
  })
}

function open(stored = new StoredState()): StepState {
  return stored.open('sums', 'sums~distinct')
}

function input(startMs: number, group: string, value: JsonValue) {
  return { startMs, group, by: [group], values: [null, value, value], timeMs: startMs }
}

describe('the frame of windows', () => {
  it('puts a time into one tumbling window, whose end is excluded', () => {
    const frame = { sizeMs: 10, everyMs: 10 }
    expect([0, 9, 10].map((timeMs) => windowsOf(timeMs, frame))).toEqual([[0], [0], [10]])
    expect(windowsOf(-1, frame)).toEqual([-10])
  })

  it('puts a time into every sliding window that holds it', () => {
    expect(windowsOf(25, { sizeMs: 30, everyMs: 10 })).toEqual([0, 10, 20])
    expect(windowsOf(30, { sizeMs: 30, everyMs: 10 })).toEqual([10, 20, 30])
  })
})

describe('the open windows of an aggregate', () => {
  it('take records in by window and group', () => {
    const windows = table(open())
    windows.add(input(0, 'a', 1))
    windows.add(input(0, 'a', 1))
    windows.add(input(0, 'b', 5))
    windows.add(input(10, 'a', 7))
    expect(windows.result({ startMs: 0, group: 'a' })).toEqual({ by: ['a'], results: [2, 2, 1] })
    expect(windows.result({ startMs: 10, group: 'a' })?.results).toEqual([1, 7, 1])
  })

  it('are due from the oldest on, each group once', () => {
    const state = open()
    const windows = table(state)
    for (const [startMs, group] of [
      [20, 'a'],
      [0, 'b'],
      [0, 'a'],
      [10, 'a'],
    ] as const)
      windows.add(input(startMs, group, 1))
    state.accept()
    const due: string[] = []
    for (let next = windows.firstUntil(10); next !== undefined; next = windows.firstUntil(10)) {
      due.push(`${next.startMs}${next.group}`)
      windows.close(next)
      state.accept()
    }
    expect(due).toEqual(['0b', '0a', '10a'])
    expect(state.of('sums').size).toBe(1)
    expect(state.of('sums~distinct').size).toBe(1)
  })

  it('are due again when the unit that closed them was rolled back', () => {
    const state = open()
    const windows = table(state)
    windows.add(input(0, 'a', 1))
    windows.add(input(0, 'a', 2))
    state.accept()
    windows.close({ startMs: 0, group: 'a' })
    state.rollBack()
    expect(windows.firstUntil(0)).toEqual({ startMs: 0, group: 'a' })
    windows.close({ startMs: 0, group: 'a' })
    state.accept()
    expect(windows.firstUntil(0)).toBeUndefined()
    expect(state.of('sums~distinct').size).toBe(0)
  })

  it('leave nothing of a record that was rolled back', () => {
    const state = open()
    const windows = table(state)
    windows.add(input(0, 'a', 1))
    state.accept()
    windows.add(input(0, 'a', 5))
    windows.add(input(0, 'b', 5))
    state.rollBack()
    expect(windows.result({ startMs: 0, group: 'a' })?.results).toEqual([1, 1, 1])
    windows.add(input(0, 'a', 5))
    expect(windows.result({ startMs: 0, group: 'a' })?.results).toEqual([2, 6, 2])
    expect(windows.result({ startMs: 0, group: 'b' })).toBeUndefined()
  })

  it('go on after a start where they were, groups with slashes in them too', () => {
    const stored = new StoredState()
    const state = open(stored)
    const windows = table(state)
    windows.add(input(0, 'a/b', 'x'.length))
    state.accept()
    stored.append(state.take())
    const next = open(stored)
    const after = table(next)
    after.add(input(0, 'a/b', 1))
    next.accept()
    expect(after.result({ startMs: 0, group: 'a/b' })?.results).toEqual([2, 2, 1])
    after.close(after.firstUntil(0)!)
    next.accept()
    stored.append(next.take())
    expect(stored.keys).toEqual([])
  })

  it('refuse a group or a distinct value too many, and values that a function cannot take', () => {
    const few = table(open(), { maxGroups: 1 })
    few.add(input(0, 'a', 1))
    expect(() => few.add(input(0, 'b', 1))).toThrow(expect.objectContaining({ code: 'aggregate_full' }))
    const narrow = table(open(), { maxDistinct: 1 })
    narrow.add(input(0, 'a', 1))
    narrow.add(input(0, 'a', 1))
    expect(() => narrow.add(input(0, 'a', 2))).toThrow(expect.objectContaining({ code: 'distinct_full' }))
    expect(() => narrow.add(input(0, 'a', 'x'))).toThrow(expect.objectContaining({ code: 'aggregate_value' }))
  })
})
