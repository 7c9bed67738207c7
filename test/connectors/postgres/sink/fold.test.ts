import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ColumnSets, type ColumnSet } from '../../../../connectors/postgres/sink/column-set.js'
import type { CopyLines, LineRange } from '../../../../connectors/postgres/sink/copy-lines.js'
import { KeyedFold, KeylessFold, type OutcomeGroup } from '../../../../connectors/postgres/sink/fold.js'

/** Column 0 is the key, 1 to 3 hold values; what a row does not say is the default. */
const columnCount = 4
const defaultValue = 'd'

type Row = readonly string[]
type Step =
  | { readonly kind: 'put' | 'patch'; readonly key: string; readonly values: ReadonlyMap<number, string> }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'truncate' }

const values = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: columnCount - 1 }), fc.constantFrom('x', 'y', 'z', '\\N', '')), {
    selector: ([column]) => column,
  })
  .map((list) => new Map(list))
const key = fc.constantFrom('1', '2', '3')
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('put' as const, 'patch' as const), key, values }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'truncate' as const }) },
)

function put(table: Map<string, Row>, of: string, given: ReadonlyMap<number, string>): void {
  const before = table.get(of) ?? [of, defaultValue, defaultValue, defaultValue]
  table.set(
    of,
    before.map((value, column) => given.get(column) ?? value),
  )
}

function applyOneByOne(table: Map<string, Row>, steps: readonly Step[]): void {
  for (const one of steps) {
    if (one.kind === 'truncate') table.clear()
    else if (one.kind === 'delete') table.delete(one.key)
    else if (one.kind === 'put' || table.has(one.key)) put(table, one.key, one.values)
  }
}

/** Without patches of rows that are not there: no source sends them. */
function consistent(start: ReadonlyMap<string, Row>, steps: readonly Step[]): readonly Step[] {
  const table = new Map(start)
  return steps.filter((one) => {
    if (one.kind === 'patch' && !table.has(one.key)) return false
    applyOneByOne(table, [one])
    return true
  })
}

function writeLine(lines: CopyLines, fields: readonly string[]): LineRange {
  const start = lines.out.at
  const text = fields.join('\t')
  lines.out.ensure(text.length)
  lines.out.at += lines.out.bytes.write(text, start, 'latin1')
  return lines.endLine(start)
}

function linesOf({ block }: OutcomeGroup): readonly (readonly string[])[] {
  return block
    .toString('latin1')
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'))
}

function applyGroup(table: Map<string, Row>, group: OutcomeGroup): void {
  for (const fields of linesOf(group)) {
    const given = new Map(group.set.columns.map((column, index) => [column, fields[index]!]))
    const of = given.get(0)!
    if (group.outcome === 'delete' || group.outcome === 'replace') table.delete(of)
    if (group.outcome === 'put' || group.outcome === 'replace' || (group.outcome === 'patch' && table.has(of))) {
      put(table, of, given)
    }
  }
}

describe('folded changes', () => {
  it('leave what the changes leave one by one, in any order of the groups', () => {
    const rows = fc.uniqueArray(key).map((keys) => new Map(keys.map((of): [string, Row] => [of, [of, 'a', 'b', 'c']])))
    fc.assert(
      fc.property(rows, fc.array(step, { maxLength: 30 }), fc.boolean(), (start, all, isReversed) => {
        const steps = consistent(start, all)
        const sets = new ColumnSets()
        const fold = new KeyedFold(sets)
        for (const one of steps) {
          if (one.kind === 'truncate') fold.truncate(false)
          else if (one.kind === 'delete') fold.delete(one.key, sets.of([0]), writeLine(fold.lines, [one.key]))
          else {
            const columns = [0, ...[...one.values.keys()].sort((a, b) => a - b)]
            const fields = columns.map((column) => (column === 0 ? one.key : one.values.get(column)!))
            fold[one.kind](one.key, sets.of(columns), writeLine(fold.lines, fields))
          }
        }
        const expected = new Map(start)
        applyOneByOne(expected, steps)
        const folded = new Map(start)
        if (fold.truncation !== 'none') folded.clear()
        const groups = [...fold.groups()]
        for (const group of isReversed ? groups.reverse() : groups) applyGroup(folded, group)
        expect(folded).toEqual(expected)
      }),
    )
  })

  it('write each key once', () => {
    const sets = new ColumnSets()
    const fold = new KeyedFold(sets)
    for (let round = 0; round < 5; round++) fold.put('1', sets.of([0, 1]), writeLine(fold.lines, ['1', `${round}`]))
    expect(fold.groups().flatMap(linesOf)).toEqual([['1', '4']])
  })

  it('leave the bag of rows without keys that the changes leave one by one', () => {
    const row = fc.constantFrom('a', 'b', 'c')
    const change = fc.record({ isDeletion: fc.boolean(), row })
    fc.assert(
      fc.property(fc.array(row), fc.array(change, { maxLength: 30 }), (start, changes) => {
        const set: ColumnSet = new ColumnSets().of([0])
        const fold = new KeylessFold()
        const expected: string[] = [...start]
        for (const { isDeletion, row: value } of changes) {
          const at = expected.indexOf(value)
          if (isDeletion && at < 0) continue
          const line = writeLine(fold.lines, [value])
          if (isDeletion) {
            expected.splice(at, 1)
            fold.delete(set, line)
          } else {
            expected.push(value)
            fold.insert(set, line)
          }
        }
        const bag: string[] = [...start]
        for (const group of fold.groups()) {
          for (const [value] of linesOf(group)) {
            if (group.outcome === 'put') bag.push(value!)
            else bag.splice(bag.indexOf(value!), 1)
          }
        }
        expect(bag.sort()).toEqual(expected.sort())
      }),
    )
  })
})
