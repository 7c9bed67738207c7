import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  advanced,
  completed,
  type Horizon,
  mayBeGone,
  opened,
  pastGone,
  readUpTo,
  windowBegun,
  type WindowPoint,
} from '../../../connectors/bullmq/event-window.js'

interface Row {
  readonly id: number
  readonly xid: number
}

interface Transaction {
  readonly xid: number
  readonly rows: Row[]
}

/** What a Postgres does with transactions, a sequence and a table that is trimmed. */
class Model {
  lastValue = 0
  nextXid = 700
  readonly kept: number
  running: Transaction[] = []
  visible: Row[] = []
  /** Of all that was committed. */
  readonly committed: Row[] = []

  constructor(kept: number) {
    this.kept = kept
  }

  begin(): void {
    this.running.push({ xid: this.nextXid++, rows: [] })
  }

  /** Ids are global: another queue takes some as well. */
  insert(which: number, isOurs: boolean): void {
    const transaction = this.running[which % Math.max(1, this.running.length)]
    if (transaction === undefined) return
    const id = ++this.lastValue
    if (isOurs) transaction.rows.push({ id, xid: transaction.xid })
  }

  end(which: number, isCommit: boolean): void {
    const [transaction] = this.running.splice(which % Math.max(1, this.running.length), 1)
    if (transaction === undefined || !isCommit) return
    this.visible.push(...transaction.rows)
    this.committed.push(...transaction.rows)
  }

  /** In the transaction of an event, by its id. */
  trim(): void {
    if (this.kept === 0) return
    const newest = Math.max(0, ...this.committed.map(({ id }) => id))
    this.visible = this.visible.filter(({ id }) => id > newest - this.kept)
  }

  /** What was not durable is forgotten, as a crash may do: the numbers behind the newest commit are given out again. */
  crash(): void {
    this.running = []
    this.lastValue = Math.max(0, ...this.committed.map(({ id }) => id))
    this.nextXid = Math.max(700, ...this.committed.map(({ xid }) => xid + 1))
  }

  horizon(): Horizon {
    const ids = this.visible.map(({ id }) => id)
    return {
      lastValue: this.lastValue,
      xmin: Math.min(this.nextXid, ...this.running.map(({ xid }) => xid)),
      xmax: this.nextXid,
      oldestId: ids.length === 0 ? undefined : Math.min(...ids),
      newestId: ids.length === 0 ? undefined : Math.max(...ids),
      mostKept: this.kept,
    }
  }

  window({ afterId, fromXid, toXid }: WindowPoint): readonly Row[] {
    return this.visible
      .filter(({ id, xid }) => id > afterId && xid >= fromXid && xid < (toXid ?? 0))
      .toSorted((one, other) => one.id - other.id)
  }
}

const pageRows = 3

function look(model: Model, from: WindowPoint, seen: Row[]): { point: WindowPoint; isLoss: boolean } {
  const horizon = model.horizon()
  const isLoss = mayBeGone(from, horizon)
  let point = opened(isLoss ? pastGone(from, horizon) : from, horizon)
  const rows = model.window(point)
  for (const row of rows.slice(0, pageRows)) {
    seen.push(row)
    point = advanced(point, row)
  }
  return { point: rows.length <= pageRows ? completed(point) : point, isLoss }
}

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant({ do: 'begin' as const, which: 0, is: true }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('insert' as const), which: fc.nat(9), is: fc.boolean() }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(9), is: fc.boolean() }) },
    { weight: 4, arbitrary: fc.constant({ do: 'look' as const, which: 0, is: true }) },
    { weight: 1, arbitrary: fc.constant({ do: 'trim' as const, which: 0, is: true }) },
    { weight: 1, arbitrary: fc.constant({ do: 'crash' as const, which: 0, is: true }) },
  ),
  { maxLength: 120, size: 'max' },
)

function play(history: readonly { do: string; which: number; is: boolean }[], kept: number) {
  const model = new Model(kept)
  const seen: Row[] = []
  let point = windowBegun('earliest', model.horizon())
  let losses = 0
  const step = (): void => {
    const found = look(model, point, seen)
    point = found.point
    if (found.isLoss) losses++
  }
  for (const { do: what, which, is } of history) {
    if (what === 'begin') model.begin()
    else if (what === 'insert') model.insert(which, is)
    else if (what === 'end') model.end(which, is)
    else if (what === 'trim') model.trim()
    else {
      // The source loses its connection, too, and looks again before long.
      if (what === 'crash') model.crash()
      step()
    }
  }
  while (model.running.length > 0) model.end(0, true)
  for (let rest = model.committed.length + 3; rest > 0; rest--) step()
  const missed = model.committed.filter((row) => !seen.some(({ id, xid }) => id === row.id && xid === row.xid))
  return { model, seen, losses, missed, point }
}

describe('windows of events in Postgres', () => {
  it('bring each event once, however transactions overlap, fail and are forgotten by crashes', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const { seen, missed, losses } = play(history, 0)
        expect(missed).toEqual([])
        expect(new Set(seen.map(({ id, xid }) => `${id} ${xid}`)).size).toBe(seen.length)
        expect(losses).toBe(0)
      }),
      { numRuns: 1_000 },
    )
  })

  it('never pass trimmed events over without saying so', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 12 }), (history, kept) => {
        const { missed, losses } = play(history, kept)
        if (missed.length > 0) expect(losses).toBeGreaterThan(0)
      }),
      { numRuns: 1_000 },
    )
  })

  it('take no alarm from other queues while nothing of their own is trimmed unread', () => {
    const model = new Model(10)
    let point = windowBegun('earliest', model.horizon())
    for (let turn = 0; turn < 50; turn++) {
      model.begin()
      for (let n = 0; n < 9; n++) model.insert(0, n === 0 && turn % 7 === 0)
      model.end(0, true)
      const found = look(model, point, [])
      expect(found.isLoss).toBe(false)
      point = found.point
      model.trim()
    }
    expect(readUpTo(point)).toBe(model.lastValue)
  })

  it('begin with the next event when told so, also with that of a transaction that was under way', () => {
    const model = new Model(0)
    model.begin()
    model.insert(0, true)
    model.end(0, true)
    model.begin()
    model.insert(0, true)
    const begun = windowBegun('latest', model.horizon())
    model.end(0, true)
    const seen: Row[] = []
    look(model, begun, seen)
    expect(seen.map(({ id }) => id)).toEqual([2])
  })
})
