// The laws of growing schemas. The one that matters most: what a schema refuses, every larger one refuses.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinSchemas, learnSchema, Unfit, widenSchema } from '../../../../connectors/lake/rows/type-widening.js'
import type { ColumnType, TableSchema } from '../../../../connectors/lake/table/column-type.js'
import type { JsonObject } from '../../../../core/format/parsed.js'

const none: TableSchema = { columns: [] }

function grown(schema: TableSchema, record: JsonObject): TableSchema | undefined {
  try {
    return widenSchema(schema, record)
  } catch (unfit) {
    if (unfit instanceof Unfit) return undefined
    throw unfit
  }
}

const names = fc.constantFrom('a', 'b', 'c')
const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(2n ** 53n + 1n, 2n ** 60n, -(2n ** 63n), 2n ** 64n),
    fc.string(),
    fc.constantFrom('NaN', 'Infinity', '1000000000000000', '9007199254740993', '9223372036854775808'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(names, tie('value'), { maxKeys: 3 }),
  ),
})).value
const records = fc.dictionary(names, values, { maxKeys: 3 }) as fc.Arbitrary<JsonObject>

/** Without the order in which columns were found. */
function unordered(schema: TableSchema): unknown {
  return Object.fromEntries(schema.columns.map(({ name, type }) => [name, unorderedType(type)]))
}

function unorderedType(type: ColumnType): unknown {
  if (type.kind === 'struct') return unordered({ columns: type.fields })
  return type.kind === 'list' ? [unorderedType(type.element)] : type
}

describe('a schema that grows', () => {
  it('holds what it grew for, and does not change for it again', () => {
    fc.assert(
      fc.property(fc.array(records, { maxLength: 6 }), (all) => {
        let schema = none
        for (const record of all) {
          const next = grown(schema, record)
          if (next === undefined) continue
          expect(widenSchema(next, record)).toBe(next)
          schema = next
        }
      }),
      { numRuns: 500 },
    )
  })

  it('does not grow for a list whose elements have no type in common', () => {
    const integers: TableSchema = { columns: [{ name: 'a', type: { kind: 'list', element: { kind: 'int64' } } }] }
    for (const schema of [none, integers]) {
      expect(grown(schema, { a: [2n ** 53n + 1n, 0.5] })).toBeUndefined()
      expect(grown(schema, { a: [0.5, 2n ** 53n + 1n] })).toBeUndefined()
      expect(grown(schema, { a: [2n ** 53n, 0.5] })).toBeDefined()
    }
  })

  it('refuses what a smaller one refused', () => {
    fc.assert(
      fc.property(fc.array(records, { minLength: 2, maxLength: 8 }), records, (all, suspect) => {
        let schema = none
        let wasRefused = false
        for (const record of all) {
          schema = grown(schema, record) ?? schema
          const isRefused = grown(schema, suspect) === undefined
          expect(wasRefused && !isRefused).toBe(false)
          wasRefused = isRefused
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('refuses what a smaller one refused, of whatever numbers it began with', () => {
    const numbers = fc.constantFrom<ColumnType>(
      { kind: 'int32' },
      { kind: 'int64' },
      { kind: 'float' },
      { kind: 'double' },
    )
    const holding = fc.record({ a: values }) as fc.Arbitrary<JsonObject>
    fc.assert(
      fc.property(numbers, numbers, holding, (first, second, suspect) => {
        const small: TableSchema = { columns: [{ name: 'a', type: first }] }
        const large = joinSchemas(small, { columns: [{ name: 'a', type: second }] })
        expect(large).toBeDefined()
        if (grown(small, suspect) === undefined) expect(grown(large!, suspect)).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  it('joins numbers of any kinds in any order', () => {
    const numbers = fc.constantFrom<ColumnType>(
      { kind: 'int32' },
      { kind: 'int64' },
      { kind: 'float' },
      { kind: 'double' },
      { kind: 'string' },
    )
    const table = (type: ColumnType): TableSchema => ({ columns: [{ name: 'a', type }] })
    fc.assert(
      fc.property(numbers, numbers, numbers, (one, two, three) => {
        const join = (left: TableSchema | undefined, right: TableSchema | undefined) =>
          left && right && joinSchemas(left, right)
        const [a, b, c] = [table(one), table(two), table(three)]
        expect(join(a, b)).toEqual(join(b, a))
        expect(join(join(a, b), c)).toEqual(join(a, join(b, c)))
      }),
    )
  })

  it('keeps a column as it is when it is told of a type that does not join', () => {
    const known: TableSchema = { columns: [{ name: 'a', type: { kind: 'int64' } }] }
    expect(learnSchema(known, [{ name: 'a', type: { kind: 'string' } }])).toBe(known)
    const told = learnSchema(known, [
      { name: 'a', type: { kind: 'string' } },
      { name: 'b', type: { kind: 'date' } },
    ])
    expect(told.columns).toEqual([...known.columns, { name: 'b', type: { kind: 'date' } }])
  })

  it('joins in any order, with itself to itself, and to what holds both', () => {
    fc.assert(
      fc.property(records, records, records, (first, second, third) => {
        const [one, two, three] = [grown(none, first), grown(none, second), grown(none, third)]
        if (one === undefined || two === undefined || three === undefined) return
        expect(joinSchemas(one, one)).toBe(one)
        const joined = joinSchemas(one, two)
        const other = joinSchemas(two, one)
        expect(joined && unordered(joined)).toEqual(other && unordered(other))
        const left = joined && joinSchemas(joined, three)
        const rest = joinSchemas(two, three)
        const right = rest && joinSchemas(one, rest)
        expect(left && unordered(left)).toEqual(right && unordered(right))
        if (joined !== undefined) expect(joinSchemas(joined, two)).toBe(joined)
      }),
      { numRuns: 2000 },
    )
  })

  it('has no column for what says nothing', () => {
    expect(widenSchema(none, { a: null, b: {}, c: [], d: [null, {}], e: { f: null } })).toBe(none)
  })

  it('makes an integer a decimal, and nothing else anything else', () => {
    const integer = widenSchema(none, { a: 1 })
    expect(widenSchema(integer, { a: 1.5 }).columns).toEqual([{ name: 'a', type: { kind: 'double' } }])
    for (const value of ['1', true, [1], { b: 1 }, 2n ** 63n]) {
      expect(() => widenSchema(integer, { a: value })).toThrow(Unfit)
    }
  })

  it('rounds no integer', () => {
    const decimal = widenSchema(none, { a: 0.5 })
    expect(widenSchema(decimal, { a: 2n ** 60n })).toBe(decimal)
    expect(() => widenSchema(decimal, { a: 2n ** 60n + 1n })).toThrow(Unfit)
  })

  it('has at most 2000 columns, and none without a name', () => {
    const wide = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`c${index}`, index]))
    const schema = widenSchema(none, wide)
    expect(() => widenSchema(schema, { more: 1 })).toThrow(Unfit)
    expect(() => widenSchema(none, { '': 1 })).toThrow(Unfit)
    expect(() => widenSchema(none, { ['x'.repeat(257)]: 1 })).toThrow(Unfit)
    expect(() => widenSchema(none, { '\ud800': 1 })).toThrow(Unfit)
  })

  it('is no deeper than readers can follow', () => {
    const lists = (depth: number): JsonObject => ({ a: JSON.parse('['.repeat(depth) + '1' + ']'.repeat(depth)) })
    const structs = (depth: number): JsonObject => JSON.parse('{"a":'.repeat(depth) + '1' + '}'.repeat(depth))
    const eight = widenSchema(none, lists(8))
    expect(() => widenSchema(none, lists(9))).toThrow(Unfit)
    expect(() => widenSchema(eight, lists(9))).toThrow(Unfit)
    expect(() => widenSchema(none, structs(32))).not.toThrow()
    expect(() => widenSchema(none, structs(33))).toThrow(Unfit)
  })
})

describe('the bounds of a table', () => {
  it('refuse what would be too much to remember, however few its columns are', () => {
    const name = (of: number): string => `${of}`.padEnd(256, 'n')
    const chain = (from: number): JsonObject => {
      let value: JsonObject = { leaf: 1 }
      for (let depth = 0; depth < 30; depth++) value = { [name(from + depth)]: value }
      return value
    }
    let schema = none
    let taken = 0
    for (; taken < 200; taken++) {
      const next = grown(schema, chain(taken * 100))
      if (next === undefined) break
      schema = next
    }
    expect(taken).toBeGreaterThan(100)
    expect(taken).toBeLessThan(200)
    expect(JSON.stringify(schema).length).toBeLessThanOrEqual(1024 * 1024)
    expect(() => widenSchema(schema, chain(taken * 100))).toThrow(
      expect.objectContaining({ why: expect.stringMatching(/a schema of \d+ bytes, 1048576 are possible/) }),
    )
  })
})
