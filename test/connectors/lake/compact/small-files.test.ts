import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runsOf, type SmallFile } from '../../../../connectors/lake/compact/small-files.js'

const rules = { below: 100, to: 300, after: 10 }
const nowMs = 1000

function file(firstOffset: number, bytes: number, more: Partial<SmallFile> = {}): SmallFile {
  const name = `f${firstOffset}`
  return { name, bytes, modifiedMs: 0, group: '', firstOffset, throughOffset: firstOffset, ...more }
}

const offsetsOf = (files: readonly SmallFile[]): readonly (readonly number[])[] =>
  runsOf(files, rules, nowMs).map((run) => run.map(({ firstOffset }) => firstOffset))

describe('small files', () => {
  it('are merged in the order of their offsets', () => {
    expect(offsetsOf([file(2, 50), file(0, 60), file(1, 40)])).toEqual([[0, 1, 2]])
  })

  it('are merged up to the size of what they become', () => {
    expect(offsetsOf([0, 1, 2, 3, 4, 5, 6].map((offset) => file(offset, 90)))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ])
  })

  it('are merged with their neighbours only', () => {
    expect(offsetsOf([file(0, 60), file(1, 500), file(2, 60), file(3, 60)])).toEqual([[2, 3]])
    expect(offsetsOf([file(0, 60), file(1, 60, { modifiedMs: nowMs - 9 }), file(2, 60)])).toEqual([])
    expect(offsetsOf([file(0, 60), file(1, 60, { group: 'other' }), file(2, 60)])).toEqual([[0, 2]])
  })

  it('leave one alone that has more than they have together', () => {
    expect(offsetsOf([file(0, 60), file(1, 20)])).toEqual([])
    expect(offsetsOf([file(0, 60), file(1, 20), file(2, 20), file(3, 20)])).toEqual([[0, 1, 2, 3]])
    expect(offsetsOf([file(0, 90), file(1, 20)])).toEqual([[0, 1]])
  })

  it('are written again a few times in all, however many come', () => {
    let written = 0
    let files: SmallFile[] = []
    for (let offset = 0; offset < 400; offset++) {
      files.push(file(offset, 1))
      for (const run of runsOf(files, { below: 200, to: 400, after: 10 }, nowMs)) {
        const bytes = run.reduce((sum, one) => sum + one.bytes, 0)
        written += bytes
        const merged = file(run[0]!.firstOffset, bytes)
        files = [...files.filter((one) => !run.includes(one)), merged]
      }
    }
    expect(files.length).toBeLessThan(12)
    expect(written).toBeLessThan(400 * 10)
  })

  it('are in one run at most, and runs keep the rules', () => {
    const files = fc.array(
      fc.record({ bytes: fc.nat(150), modifiedMs: fc.nat(1100), group: fc.constantFrom('a', 'b') }),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(files, (all) => {
        const given = all.map(({ bytes, ...more }, offset) => file(offset, bytes, more))
        const runs = runsOf(given, rules, nowMs)
        const taken = runs.flat()
        expect(new Set(taken).size).toBe(taken.length)
        for (const run of runs) {
          expect(run.length).toBeGreaterThan(1)
          expect(new Set(run.map(({ group }) => group)).size).toBe(1)
          expect(run.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(rules.to)
          expect(run.every(({ bytes, modifiedMs }) => bytes < rules.below && modifiedMs <= nowMs - rules.after)).toBe(
            true,
          )
        }
      }),
    )
  })
})
