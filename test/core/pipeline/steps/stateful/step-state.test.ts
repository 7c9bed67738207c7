import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StoredState } from './state.js'

describe('the state of steps', () => {
  it('gives to an append what units changed that were accepted, and nothing twice', () => {
    const state = new StoredState().open('seen')
    const seen = state.of('seen')
    seen.put('a', 1, 8)
    seen.put('a', 2, 8)
    state.accept()
    seen.put('b', 3, 8)
    state.rollBack()
    expect(texts(state.take())).toEqual({ 'seen/a': '2' })
    expect(state.isDirty).toBe(false)
    expect(state.take()).toEqual([])
  })

  it('holds integers beyond 2^53 through an append and a start', () => {
    const stored = new StoredState()
    const state = stored.open('sums')
    state.of('sums').put('a', [9007199254740993n, 0.1], 8)
    state.accept()
    stored.append(state.take())
    expect(stored.open('sums').of('sums').get('a')).toEqual([9007199254740993n, 0.1])
  })

  it('forgets what steps left behind that are no more', () => {
    const stored = new StoredState()
    const state = stored.open('old')
    state.of('old').put('a', 1, 8)
    state.accept()
    stored.append(state.take())
    const next = stored.open('new')
    stored.append(next.take())
    expect(stored.keys).toEqual([])
  })

  it('refuses what is no JSON', () => {
    const stored = new StoredState()
    stored.append([{ key: 'seen/a', value: Buffer.from('{') }])
    expect(() => stored.open('seen')).toThrow(expect.objectContaining({ code: 'state_unreadable' }))
  })

  it('is after any units, appends and starts what the accepted ones made of it', () => {
    const change = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.option(fc.integer(), { nil: undefined }))
    const unit = fc.record({ changes: fc.array(change), isAccepted: fc.boolean(), isAppended: fc.boolean() })
    fc.assert(
      fc.property(fc.array(unit), (units) => {
        const stored = new StoredState()
        const state = stored.open('step')
        const model = new Map<string, number>()
        let durable = new Map<string, number>()
        for (const { changes, isAccepted, isAppended } of units) {
          for (const [key, value] of changes) {
            if (value === undefined) state.of('step').delete(key)
            else state.of('step').put(key, value, 8)
            if (!isAccepted) continue
            if (value === undefined) model.delete(key)
            else model.set(key, value)
          }
          if (isAccepted) state.accept()
          else state.rollBack()
          expect(new Map(state.of('step').all())).toEqual(model)
          if (!isAppended) continue
          stored.append(state.take())
          durable = new Map(model)
        }
        expect(new Map(stored.open('step').of('step').all())).toEqual(durable)
      }),
    )
  })
})

function texts(changes: readonly { readonly key: string; readonly value: Uint8Array | null }[]): unknown {
  return Object.fromEntries(
    changes.map(({ key, value }) => [key, value === null ? null : Buffer.from(value).toString()]),
  )
}
