import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../../../core/format/parsed.js'
import {
  accumulated,
  type AggregateFunction,
  emptyAccumulator,
  resultOf,
  valueFault,
} from '../../../../../core/pipeline/steps/stateful/accumulators.js'

function over(kind: AggregateFunction, values: readonly JsonValue[], times: readonly number[] = []): JsonValue {
  let accumulator = emptyAccumulator(kind)
  values.forEach((value, index) => (accumulator = accumulated(kind, accumulator, value, times[index] ?? index)))
  return resultOf(kind, accumulator)
}

describe('the functions of an aggregate', () => {
  it('add integers of any size exactly', () => {
    const integers = fc.oneof(fc.maxSafeInteger(), fc.bigInt(-(2n ** 80n), 2n ** 80n))
    fc.assert(
      fc.property(fc.array(integers), (values) => {
        const sum = values.reduce<bigint>((total, value) => total + BigInt(value), 0n)
        expect(BigInt(over('sum', values) as number | bigint)).toBe(sum)
      }),
    )
  })

  it('give a sum as a number for as long as a number is exact', () => {
    expect(over('sum', [Number.MAX_SAFE_INTEGER])).toBe(Number.MAX_SAFE_INTEGER)
    expect(over('sum', [Number.MAX_SAFE_INTEGER, 1])).toBe(9007199254740992n)
    expect(over('sum', [Number.MAX_SAFE_INTEGER, 1, -1])).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('add other numbers as doubles beside the integers', () => {
    expect(over('sum', [1, 0.5, 2, 0.25])).toBe(3.75)
    expect(over('avg', [1, 0.5])).toBe(0.75)
  })

  it('leave out null, and say nothing of no values but their number', () => {
    const values = [null, null]
    expect(over('sum', values)).toBe(0)
    expect(over('count', values)).toBe(2)
    for (const kind of ['avg', 'min', 'max', 'first', 'last'] as const) expect(over(kind, values)).toBeNull()
  })

  it('know the least and the greatest of numbers and of texts', () => {
    expect(over('min', [3, 1.5, 2n])).toBe(1.5)
    expect(over('max', [3, 2n ** 60n, 4])).toBe(2n ** 60n)
    expect(over('max', ['b', 'a'])).toBe('b')
    expect(over('min', ['b', 1, 'a'])).toBe(1)
  })

  it('know the first and the last by the time of the records, whatever order they come in', () => {
    const samples = fc.uniqueArray(fc.record({ timeMs: fc.nat(), value: fc.integer() }), {
      minLength: 1,
      selector: ({ timeMs }) => timeMs,
    })
    fc.assert(
      fc.property(samples, (records) => {
        const inOrder = [...records].sort((one, other) => one.timeMs - other.timeMs)
        const values = records.map(({ value }) => value)
        const times = records.map(({ timeMs }) => timeMs)
        expect(over('first', values, times)).toBe(inOrder[0]!.value)
        expect(over('last', values, times)).toBe(inOrder.at(-1)!.value)
      }),
    )
  })

  it('say which values they cannot take', () => {
    expect(valueFault('sum', '12')).toContain('numbers')
    expect(valueFault('avg', Number.NaN)).toContain('numbers')
    expect(valueFault('max', [1])).toContain('numbers or texts')
    expect(valueFault('last', [1])).toBeUndefined()
    expect(valueFault('sum', null)).toBeUndefined()
  })
})
