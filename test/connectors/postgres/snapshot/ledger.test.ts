import { describe, expect, it } from 'vitest'
import type { Heap } from '../../../../connectors/postgres/snapshot/heaps.js'
import { Ledger, type ReadingView, snapshotPrefix } from '../../../../connectors/postgres/snapshot/ledger.js'
import type { ConnectorState, Json } from '../../../../core/connector/context.js'

const options = { originShown: '700:712:705', rangeBytes: 8 * 8192 }
const later = '900:900:'

const heap = (oid: number, other: Partial<Heap> = {}): Heap => ({
  oid,
  tableOid: oid,
  fileNode: oid,
  pages: 100,
  pageBytes: 8192,
  isIdentityFull: false,
  isUntouched: true,
  hasLargeValues: false,
  ...other,
})

const atOrigin = (...heaps: Heap[]): ReadingView => ({ shown: options.originShown, settledLsn: undefined, heaps })
const atLater = (...heaps: Heap[]): ReadingView => ({ shown: later, settledLsn: 0x1000, heaps })

class State implements ConnectorState {
  readonly held = new Map<string, Json>()
  get(key: string): Json | undefined {
    return this.held.get(key)
  }
  entries(prefix: string): [string, Json][] {
    return [...this.held].filter(([key]) => key.startsWith(prefix))
  }
  put(): Promise<void> {
    throw new Error('a ledger puts nothing by itself')
  }
  /** What an append would bring. */
  take(ledger: Ledger): Map<string, Json | undefined> {
    const changes = ledger.changesSince(new Map(this.entries(snapshotPrefix)))
    for (const [key, value] of changes) {
      if (value === undefined) this.held.delete(key)
      else this.held.set(key, value)
    }
    return changes
  }
}

/** A run in the slot's snapshot that read a range and a half of heap 1, all of heap 2, and died. */
function interrupted(): State {
  const state = new State()
  const ledger = new Ledger(options)
  ledger.adopt([1, 2, 3], atOrigin(heap(1), heap(2, { pages: 1 }), heap(3)))
  const [first, second] = [...ledger.parts.values()]
  first!.finish(first!.take()!.range)
  first!.reach(first!.take()!.range, '(12,3)')
  second!.finish(second!.take()!.range)
  second!.isDone = true
  state.take(ledger)
  return state
}

describe('what a snapshot remembers', () => {
  it('lets a run go on where the one before died', () => {
    const ledger = Ledger.restored(options, interrupted())
    ledger.adopt([1, 2, 3], atLater(heap(1), heap(2), heap(3)))
    const [first, second, third] = [...ledger.parts.values()]
    expect(first!.take()).toEqual({ range: 1, firstPage: 8, endPage: 16, after: '(12,3)' })
    expect(second!.isDone).toBe(true)
    expect(third!.take()).toMatchObject({ range: 0, after: undefined })
    expect([first!.isLate, third!.isLate]).toEqual([true, true])
    expect(ledger.shownOf(1)).toBe(options.originShown)
    expect(ledger.settledLsn).toBe(0x1000)
  })

  it('holds what a heap was cut into, whatever the settings say now', () => {
    const ledger = Ledger.restored({ ...options, rangeBytes: 8192 }, interrupted())
    ledger.adopt([1], atLater(heap(1, { pages: 500 })))
    expect(ledger.parts.get(1)!.plan).toMatchObject({ pages: 100, rangePages: 8 })
  })

  it('is put into the state only where it changed', () => {
    const state = interrupted()
    const ledger = Ledger.restored(options, state)
    expect([...state.take(ledger).keys()]).toEqual([])
    ledger.parts.get(3)!.take()
    expect([...state.take(ledger).keys()]).toEqual(['snapshot/part/3'])
  })

  it('is nothing to a slot that was made anew', () => {
    const state = interrupted()
    const ledger = new Ledger(options)
    ledger.adopt([4], atOrigin(heap(4)))
    state.take(ledger)
    expect([...state.held.keys()]).toEqual(['snapshot/plan'])
  })

  it('is refused when another release wrote it', () => {
    const state = interrupted()
    state.held.set('snapshot/plan', { tables: { 1: { 1: [1, 'many', 8, false] } } })
    expect(() => Ledger.restored(options, state)).toThrow(/snapshot\/plan holds/)
  })
})

describe('a heap that is not what it was', () => {
  it('begins again as of now when it was rewritten, and stays there', () => {
    const state = interrupted()
    const ledger = Ledger.restored(options, state)
    const { startedOver } = ledger.adopt([1, 2, 3], atLater(heap(1, { fileNode: 77 }), heap(2), heap(3)))
    expect(startedOver.map(({ oid }) => oid)).toEqual([1])
    expect(ledger.shownOf(1)).toBe(later)
    expect(ledger.parts.get(1)!.isLate).toBe(false)
    ledger.parts.get(1)!.take()
    state.take(ledger)

    const next = Ledger.restored(options, state)
    expect(next.adopt([1], { ...atLater(heap(1, { fileNode: 77 })), shown: '950:950:' }).startedOver).toEqual([])
    expect(next.shownOf(1)).toBe(later)
    expect(next.parts.get(1)!.isLate).toBe(true)
  })

  it('is left alone when all of it was read before', () => {
    const ledger = Ledger.restored(options, interrupted())
    expect(ledger.adopt([2], atLater(heap(2, { fileNode: 77 }))).startedOver).toEqual([])
    expect(ledger.parts.get(2)!.isDone).toBe(true)
  })

  it('is told of when it is gone and was not read, and forgotten', () => {
    const state = interrupted()
    const ledger = Ledger.restored(options, state)
    expect(ledger.adopt([1, 2, 3], atLater(heap(3))).gone.map(({ oid }) => oid)).toEqual([1])
    state.take(ledger)
    expect([...state.held.keys()].toSorted()).toEqual(['snapshot/plan'])
  })
})

describe('a heap that was not there', () => {
  it('is not read when it is a new partition of a table in the plan: its rows are changes', () => {
    const ledger = Ledger.restored(options, interrupted())
    ledger.adopt([1, 2, 3], atLater(heap(3), heap(30, { tableOid: 3 })))
    expect([...ledger.parts.keys()]).toEqual([3])
  })

  it('is read as of now when its table was not in the plan', () => {
    const ledger = Ledger.restored(options, interrupted())
    ledger.adopt([3, 4], atLater(heap(3), heap(4)))
    expect(ledger.shownOf(4)).toBe(later)
    expect(ledger.parts.get(4)!.isLate).toBe(false)
  })

  it('is read as of the slot when a run died before it had a plan, unless it was touched', () => {
    const ledger = Ledger.restored(options, new State())
    ledger.adopt([1, 2], atLater(heap(1), heap(2, { isUntouched: false })))
    expect([ledger.shownOf(1), ledger.parts.get(1)!.isLate]).toEqual([options.originShown, true])
    expect([ledger.shownOf(2), ledger.parts.get(2)!.isLate]).toEqual([later, false])
  })
})
