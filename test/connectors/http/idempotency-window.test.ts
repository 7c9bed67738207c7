import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IdempotencyWindow, type KeyedRequest } from '../../../connectors/http/idempotency-window.js'
import type { ConnectorState, Json } from '../../../core/connector/context.js'

/** State whose appends settle when the test says so, all or nothing and in the order they were begun. */
class TestState {
  readonly durable = new Map<string, Json>()
  readonly view: ConnectorState = {
    get: (key) => this.durable.get(key),
    entries: (prefix) => [...this.durable].filter(([key]) => key.startsWith(prefix)),
    put: () => Promise.reject(new Error('the window puts nothing by itself')),
  }

  apply(changes: ReadonlyMap<string, Json | undefined>): void {
    for (const [key, value] of changes) {
      if (value === undefined) this.durable.delete(key)
      else this.durable.set(key, value)
    }
  }
}

const request = (key: string, timeMs: number, body = 'body'): KeyedRequest => ({ keyHash: key, bodyHash: body, timeMs })
const counts = { recordCount: 1, deadLetterCount: 0 }

async function take(window: IdempotencyWindow, state: TestState, keyed: KeyedRequest): Promise<boolean> {
  const { isRepeated } = await window.once(keyed, async (changesWith) => {
    state.apply(changesWith(counts))
    return { ranges: [], ...counts }
  })
  return isRepeated
}

describe('the window of keys', () => {
  it('forgets a key when it is over, and lets it leave the state with a later append', async () => {
    const state = new TestState()
    const window = new IdempotencyWindow({ windowMs: 1_000, maxKeys: 10 })
    await take(window, state, request('a', 0))
    await take(window, state, request('b', 500))
    expect(await take(window, state, request('a', 1_000))).toBe(true)
    await take(window, state, request('c', 1_001))
    expect([...state.durable.keys()]).toEqual(['key/b', 'key/c'])
    expect(await take(window, state, request('a', 1_002))).toBe(false)
  })

  it('makes room when the oldest key is over', async () => {
    const state = new TestState()
    const window = new IdempotencyWindow({ windowMs: 1_000, maxKeys: 1 })
    await take(window, state, request('a', 0))
    await expect(take(window, state, request('b', 1_000))).rejects.toMatchObject({
      code: 'idempotency_window_full',
      details: { retryAfterMs: 0 },
    })
    expect(await take(window, state, request('b', 1_001))).toBe(false)
  })

  it('keeps what an append that was refused should have removed', async () => {
    const state = new TestState()
    const window = new IdempotencyWindow({ windowMs: 1_000, maxKeys: 10 })
    await take(window, state, request('a', 0))
    const refused = window.once(request('b', 2_000), async (changesWith) => {
      expect([...changesWith(counts).keys()]).toEqual(['key/a', 'key/b'])
      throw new Error('the log is full')
    })
    await expect(refused).rejects.toThrow('the log is full')
    expect([...state.durable.keys()]).toEqual(['key/a'])
    await take(window, state, request('c', 2_001))
    expect([...state.durable.keys()]).toEqual(['key/c'])
  })

  it('takes each key once in a window, whatever fails and whenever it starts anew', async () => {
    const steps = fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c', 'd'),
        afterMs: fc.integer({ min: 0, max: 400 }),
        fails: fc.boolean(),
        restarts: fc.boolean(),
      }),
      { maxLength: 60 },
    )
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const limits = { windowMs: 1_000, maxKeys: 3 }
        const state = new TestState()
        let window = new IdempotencyWindow(limits)
        const takenAt = new Map<string, number>()
        let nowMs = 0
        for (const { key, afterMs, fails, restarts } of list) {
          nowMs += afterMs
          if (restarts) {
            window = new IdempotencyWindow(limits)
            window.load(state.view)
          }
          const before = takenAt.get(key)
          const isKnown = before !== undefined && nowMs - before <= limits.windowMs
          const outcome = await window
            .once(request(key, nowMs), async (changesWith) => {
              const changes = changesWith(counts)
              if (fails) throw new Error('refused')
              state.apply(changes)
              takenAt.set(key, nowMs)
              return { ranges: [], ...counts }
            })
            .catch((error: unknown) => (error as { code?: string }).code ?? 'refused')
          if (isKnown) expect(outcome).toMatchObject({ isRepeated: true })
          else if (typeof outcome === 'object') expect(outcome.isRepeated).toBe(false)
          const live = [...takenAt].filter(([, timeMs]) => nowMs - timeMs <= limits.windowMs)
          if (outcome === 'idempotency_window_full') expect(live.length).toBeGreaterThanOrEqual(limits.maxKeys)
          for (const [name] of live) expect(state.durable.has(`key/${name}`)).toBe(true)
        }
      }),
    )
  })
})
