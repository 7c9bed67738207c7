import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Part, type PartPlan } from '../../../../connectors/postgres/snapshot/part.js'
import type { Json } from '../../../../core/connector/context.js'

const plan = (pages: number, rangePages: number): PartPlan => {
  return { oid: 1, tableOid: 1, fileNode: 1, pages, rangePages, isIdentityFull: false }
}

/** What a run does with the range that it holds for longest, or that the part is interrupted. */
const step = fc.constantFrom('take', 'take', 'row', 'row', 'row', 'finish', 'crash')

describe('the ranges of a heap', () => {
  it('are read to their ends, each row once, wherever runs are interrupted', () => {
    const rowsOfPage = 2
    const law = fc.property(
      fc.nat({ max: 20 }),
      fc.integer({ min: 1, max: 7 }),
      fc.array(step, { maxLength: 200 }),
      (pages, rangePages, steps) => {
        let part = new Part(plan(pages, rangePages))
        const read: string[] = []
        let held: { range: number; rows: string[] }[] = []
        const act = (what: (typeof steps)[number]): void => {
          const [first] = held
          if (what === 'crash') {
            part = Part.restored(part.plan, structuredClone(part.state))
            held = []
          } else if (what === 'take') {
            const taken = part.take()
            if (taken === undefined) return
            const rows: string[] = []
            for (let page = taken.firstPage; page < taken.endPage; page++) {
              for (let row = 1; row <= rowsOfPage; row++) rows.push(`(${page},${row})`)
            }
            const from = taken.after === undefined ? 0 : rows.indexOf(taken.after) + 1
            held.push({ range: taken.range, rows: rows.slice(from) })
          } else if (first === undefined) {
            return
          } else if (what === 'row' && first.rows.length > 0) {
            const row = first.rows.shift()!
            read.push(row)
            part.reach(first.range, row)
          } else if (first.rows.length === 0) {
            part.finish(first.range)
            held.shift()
          }
        }
        for (const what of steps) act(what)
        for (let round = 0; !part.isRead && round < 1000; round++) {
          act('take')
          act('row')
        }
        expect(part.isRead).toBe(true)
        const all = Array.from({ length: pages * rowsOfPage }, (_, row) => `(${Math.floor(row / 2)},${(row % 2) + 1})`)
        expect(read.toSorted()).toEqual(all.toSorted())
      },
    )
    fc.assert(law)
  })

  it('need a state that does not grow with the heap', () => {
    const part = new Part(plan(1_000_000, 1))
    for (let count = 0; count < 500_000; count++) {
      const { range } = part.take()!
      part.reach(range, `(${range},1)`)
      part.finish(range)
    }
    part.take()
    expect(JSON.stringify(part.state)).toBe('{"next":500001,"open":[[500000]]}')
  })

  it('are none where there is no page', () => {
    const part = new Part(plan(0, 8))
    expect(part.take()).toBeUndefined()
    expect(part.isRead).toBe(true)
    expect(part.isBegun).toBe(false)
  })

  it.each<Json>([
    { next: '5', open: [] },
    { next: 5 },
    { next: 5, open: [['3']] },
    { next: 5, open: [[3, "(1,2)'; --"]] },
  ])('refuse a state that another release wrote: %j', (state) => {
    expect(() => Part.restored(plan(10, 1), state)).toThrow(/a part of the snapshot holds/)
  })
})
