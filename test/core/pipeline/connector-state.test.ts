import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Json } from '../../../core/connector/context.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { claimConnectorState, connectorScope, connectorStateView } from '../../../core/pipeline/connector-state.js'
import { makeRig } from './rig.js'

const scope = connectorScope('shop', 'source', 'logs')

let engine: LogEngine

beforeEach(async () => {
  engine = (await makeRig()).engine
})

describe('the state of a connector', () => {
  it('gives back every JSON value that was put', async () => {
    const state = await claimConnectorState(engine.state, scope)
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        await state.put(new Map([['key', value as Json]]))
        expect(state.get('key')).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { numRuns: 50 },
    )
  })

  it('lists by prefix in the order of keys, and forgets what is put as undefined', async () => {
    const state = await claimConnectorState(engine.state, scope)
    await state.put(
      new Map<string, Json>([
        ['file/b', 2],
        ['other', 9],
        ['file/a', 1],
        ['file/c', 3],
      ]),
    )
    await state.put(new Map<string, Json | undefined>([['file/b', undefined]]))
    expect(state.entries('file/')).toEqual([
      ['file/a', 1],
      ['file/c', 3],
    ])
    expect(state.get('file/b')).toBeUndefined()
  })

  it('refuses what an earlier run puts', async () => {
    const earlier = await claimConnectorState(engine.state, scope)
    const later = await claimConnectorState(engine.state, scope)
    await later.put(new Map([['key', 'later']]))
    await expect(earlier.put(new Map([['key', 'earlier']]))).rejects.toMatchObject({ code: 'state_fenced' })
    expect(later.get('key')).toBe('later')
  })

  it('can be looked at without ending a run, and not changed that way', async () => {
    const run = await claimConnectorState(engine.state, scope)
    await run.put(new Map([['key', 1]]))
    const view = connectorStateView(engine.state, scope)
    expect(view.get('key')).toBe(1)
    await expect(view.put(new Map([['key', 2]]))).rejects.toMatchObject({ code: 'state_view_only' })
    await run.put(new Map([['key', 3]]))
    expect(view.get('key')).toBe(3)
  })

  it('refuses what JSON cannot hold, and says what it cannot read', async () => {
    const state = await claimConnectorState(engine.state, scope)
    const notJson = new Map([['key', (() => 1) as unknown as Json]])
    await expect(state.put(notJson)).rejects.toMatchObject({ code: 'state_not_json' })
    const claim = await engine.state.claim(scope)
    await engine.state.put({ claim, changes: [{ key: 'key', value: Buffer.from('{broken') }] })
    expect(() => state.get('key')).toThrow('what stands under key is no JSON')
  })
})
