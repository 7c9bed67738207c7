import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeStateKey, encodeStateKey, StateTable } from '../../../core/engine/state-table.js'

const text = fc.string({ unit: 'grapheme', maxLength: 10 })
const scope = { pipeline: 'p', connector: 'c' }

describe('keys of state records', () => {
  test('are read as they were written', () => {
    fc.assert(
      fc.property(text, text, text, (pipeline, connector, key) => {
        expect(decodeStateKey(encodeStateKey({ pipeline, connector }, key))).toEqual({
          scope: { pipeline, connector },
          key,
        })
      }),
    )
  })

  test('lie in bytes as docs/formats/state-records.md says', () => {
    expect(encodeStateKey({ pipeline: 'p', connector: 'cc' }, 'é').toString('hex')).toBe(
      ['01', '000170', '00026363', '0002c3a9'].join(''),
    )
  })

  test('of another version, or cut off, are refused', () => {
    const key = encodeStateKey(scope, 'k')
    const later = Buffer.from(key)
    later[0] = 2
    expect(() => new StateTable().apply(later, null)).toThrow(expect.objectContaining({ code: 'state_key_unknown' }))
    const cut = key.subarray(0, -1)
    expect(() => new StateTable().apply(cut, null)).toThrow(expect.objectContaining({ code: 'bytes_truncated' }))
  })
})

describe('the state table', () => {
  test('is what the records say, applied once or twice, and only by them', () => {
    const change = fc.record({
      connector: fc.constantFrom('a', 'b'),
      key: fc.constantFrom('x', 'x/1', 'x/10', 'x/2', ''),
      value: fc.option(fc.uint8Array({ maxLength: 3 })),
    })
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const table = new StateTable()
        const twice = new StateTable()
        const model = new Map<string, Uint8Array>()
        for (const { connector, key, value } of changes) {
          const claim = table.claim({ pipeline: 'p', connector })
          const [record] = table.records({ claim, changes: [{ key, value }] })
          expect(table.get(claim.scope, key)).toEqual(
            model.has(`${connector} ${key}`) ? Buffer.from(model.get(`${connector} ${key}`)!) : undefined,
          )
          table.apply(record!.key, record!.value)
          for (let time = 0; time < 2; time++) twice.apply(record!.key, record!.value)
          if (value === null) model.delete(`${connector} ${key}`)
          else model.set(`${connector} ${key}`, value)
        }
        for (const connector of ['a', 'b']) {
          const expected = [...model]
            .filter(([name]) => name.startsWith(`${connector} x/`))
            .sort(([a], [b]) => (a < b ? -1 : 1))
          const found = table.entries({ pipeline: 'p', connector }, 'x/')
          expect(found.map(([key, value]) => [`${connector} ${key}`, new Uint8Array(value)])).toEqual(expected)
          expect(twice.entries({ pipeline: 'p', connector }, '')).toEqual(
            table.entries({ pipeline: 'p', connector }, ''),
          )
        }
      }),
    )
  })

  test('fences every claim but the latest, one that was never given too', () => {
    const table = new StateTable()
    const first = table.claim(scope)
    const second = table.claim(scope)
    const fenced = expect.objectContaining({ code: 'state_fenced' })
    expect(() => table.records({ claim: first, changes: [] })).toThrow(fenced)
    expect(table.records({ claim: second, changes: [] })).toEqual([])
    expect(() => table.records({ claim: { scope: { ...scope, connector: 'x' }, generation: 1 }, changes: [] })).toThrow(
      fenced,
    )
  })
})
