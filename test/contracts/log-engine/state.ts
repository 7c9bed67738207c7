// Behaviours of every engine: what connectors remember.

import { describe, expect, test } from 'vitest'
import type { StateScope } from '../../../core/engine/state-service.js'
import { codeOf, type MakeHarness, useEngine } from './engine-harness.js'

export function stateBehaviours(make: MakeHarness): void {
  describe('state', () => {
    const under = useEngine(make)
    const scope: StateScope = { pipeline: 'shop', connector: 'orders' }
    const bytes = (text: string): Buffer => Buffer.from(text)

    test('is empty at first', () => {
      expect(under.engine.state.get(scope, 'k')).toBeUndefined()
      expect(under.engine.state.entries(scope, '')).toEqual([])
      expect(under.engine.state.scopes()).toEqual([])
    })

    test('holds what was put, and forgets what was put as null', async () => {
      const { state } = under.engine
      const claim = await state.claim(scope)
      await state.put({
        claim,
        changes: [
          { key: 'a', value: bytes('1') },
          { key: 'b', value: bytes('2') },
        ],
      })
      await state.put({
        claim,
        changes: [
          { key: 'a', value: bytes('3') },
          { key: 'b', value: null },
        ],
      })
      expect(state.get(scope, 'a')).toEqual(bytes('3'))
      expect(state.get(scope, 'b')).toBeUndefined()
    })

    test('tells an empty value from none', async () => {
      const { state } = under.engine
      const claim = await state.claim(scope)
      await state.put({ claim, changes: [{ key: '', value: new Uint8Array(0) }] })
      expect(state.get(scope, '')).toEqual(bytes(''))
      expect(state.entries(scope, '')).toEqual([['', bytes('')]])
    })

    test('lists entries by prefix in the order of their keys', async () => {
      const { state } = under.engine
      const claim = await state.claim(scope)
      const keys = ['file/2', 'file/10', 'plan/1', 'file/1', 'fil']
      await state.put({ claim, changes: keys.map((key) => ({ key, value: bytes(key) })) })
      expect(state.entries(scope, 'file/').map(([key]) => key)).toEqual(['file/1', 'file/10', 'file/2'])
      expect(state.entries(scope, '').map(([, value]) => Buffer.from(value).toString())).toEqual([...keys].sort())
    })

    test('keeps scopes apart, whatever their names are', async () => {
      const { state } = under.engine
      const scopes = [
        { pipeline: 'a', connector: 'b.c' },
        { pipeline: 'a.b', connector: 'c' },
        { pipeline: 'a","b', connector: 'c' },
        { pipeline: '', connector: 'a' },
      ]
      for (const [index, each] of scopes.entries()) {
        await state.put({ claim: await state.claim(each), changes: [{ key: 'k', value: bytes(`${index}`) }] })
      }
      expect(scopes.map((each) => Buffer.from(state.get(each, 'k')!).toString())).toEqual(['0', '1', '2', '3'])
      expect(state.scopes()).toHaveLength(4)
      expect(state.scopes()).toEqual(expect.arrayContaining(scopes))
    })

    test('lists a scope as long as it holds a key', async () => {
      const { state } = under.engine
      const claim = await state.claim(scope)
      expect(state.scopes()).toEqual([])
      await state.put({ claim, changes: [{ key: 'k', value: bytes('1') }] })
      expect(state.scopes()).toEqual([scope])
      await state.put({ claim, changes: [{ key: 'k', value: null }] })
      expect(state.scopes()).toEqual([])
    })

    test('is written under the latest claim alone', async () => {
      const { state } = under.engine
      const first = await state.claim(scope)
      await state.put({ claim: first, changes: [{ key: 'k', value: bytes('first') }] })
      const second = await state.claim(scope)
      const fenced = state.put({ claim: first, changes: [{ key: 'k', value: bytes('zombie') }] })
      expect(await codeOf(fenced)).toBe('state_fenced')
      await state.put({ claim: second, changes: [{ key: 'l', value: bytes('second') }] })
      expect(state.entries(scope, '').map(([key, value]) => [key, Buffer.from(value).toString()])).toEqual([
        ['k', 'first'],
        ['l', 'second'],
      ])
    })

    test('a claim leaves the claims of other scopes alone', async () => {
      const { state } = under.engine
      const claim = await state.claim(scope)
      await state.claim({ pipeline: 'shop', connector: 'payments' })
      await state.put({ claim, changes: [{ key: 'k', value: bytes('1') }] })
      expect(state.get(scope, 'k')).toEqual(bytes('1'))
    })

    test('a claim comes after what was under way before it', async () => {
      const { state } = under.engine
      const claim = await state.claim(scope)
      const puts = Array.from({ length: 20 }, (_, index) =>
        state.put({ claim, changes: [{ key: 'k', value: bytes(`${index}`) }] }),
      )
      const next = state.claim(scope)
      await next
      expect(state.get(scope, 'k')).toEqual(bytes('19'))
      await Promise.all(puts)
    })

    test('keeps the bytes that were given, not the caller’s buffer', async () => {
      const { state } = under.engine
      const value = bytes('mine')
      await state.put({ claim: await state.claim(scope), changes: [{ key: 'k', value }] })
      value.fill(0)
      expect(state.get(scope, 'k')).toEqual(bytes('mine'))
    })

    test('takes a change whole or not at all', async () => {
      const { state } = under.engine
      const claim = await state.claim(scope)
      const changes = [
        { key: 'small', value: bytes('1') },
        { key: 'large', value: new Uint8Array(5 * 1024 * 1024) },
      ]
      expect(await codeOf(state.put({ claim, changes }))).toBe('append_too_large')
      expect(await codeOf(state.put({ claim, changes: [{ key: 'k'.repeat(9000), value: bytes('1') }] }))).toBe(
        'append_too_large',
      )
      expect(state.scopes()).toEqual([])
    })

    test('takes thousands of keys in one change', async () => {
      const { state } = under.engine
      const claim = await state.claim(scope)
      const changes = Array.from({ length: 5000 }, (_, index) => ({ key: `file/${index}`, value: bytes(`${index}`) }))
      await state.put({ claim, changes })
      expect(state.entries(scope, 'file/')).toHaveLength(5000)
      expect(state.get(scope, 'file/4999')).toEqual(bytes('4999'))
    })
  })
}
