// What of the snapshot stands in the log, heap by heap, and what a reading has to do because of it. Pure but for the
// state that it is restored from.
//
// State, below `snapshot/`:
//   plan             {"tables":{"<table oid>":{"<heap oid>":[file node, pages, pages of a range, identity full]}},"settled":LSN}
//   part/<heap oid>  see part.ts; missing while nothing of the heap was read
//   shown/<heap oid> the snapshot that a heap is read as of, where it is not the slot's
//
// A heap is read as of the slot's snapshot. One that was rewritten, or that was not in the plan, cannot be: ALTER TABLE
// leaves rows that no earlier snapshot shows, and no change tells of them. It is read as of now, from its first page;
// changes since the slot's consistent point come again through the stream. A partition that was made since is not read:
// its rows are changes.

import type { ConnectorState, Json } from '../../../core/connector/context.js'
import { present } from '../../../core/errors/invariant.js'
import { postgresErrors } from '../errors.js'
import { formatLsn, type Lsn, parseLsn } from '../wire/lsn.js'
import type { Heap } from './heaps.js'
import { Part, type PartPlan } from './part.js'

export const snapshotPrefix = 'snapshot/'
const planKey = `${snapshotPrefix}plan`
const partKey = (oid: number): string => `${snapshotPrefix}part/${oid}`
const shownKey = (oid: number): string => `${snapshotPrefix}shown/${oid}`

/** Keys and what they become; undefined for gone. */
export type StateChanges = Map<string, Json | undefined>

/** One reading: a snapshot that all readers share, and what the catalogs say in it. */
export interface ReadingView {
  /** As pg_current_snapshot() prints it. */
  readonly shown: string
  /** What `shown` shows was committed before it; undefined in the slot's snapshot. */
  readonly settledLsn: Lsn | undefined
  readonly heaps: readonly Heap[]
}

/** What a reading found to be otherwise than it was left. */
export interface Findings {
  /** Read again from their first page. */
  readonly startedOver: readonly Heap[]
  /** Were under way, and are gone. */
  readonly gone: readonly PartPlan[]
}

export interface LedgerOptions {
  /** The snapshot that the slot exported, as pg_current_snapshot() prints it. */
  readonly originShown: string
  /** How large a range of a heap is that is planned now. */
  readonly rangeBytes: number
}

export class Ledger {
  /** By heap, in the order in which they are read. */
  readonly parts = new Map<number, Part>()
  /** The snapshot is a state of the database only with the changes up to here; undefined: it is one by itself. */
  settledLsn: Lsn | undefined
  private readonly options: LedgerOptions
  /** Where another than the slot's. */
  private readonly shown = new Map<number, string>()
  private tables = new Set<number>()
  /** Was there a plan before? A run may have died before it remembered one. */
  private isPlanned = false

  constructor(options: LedgerOptions) {
    this.options = options
  }

  /** As a run before left it. Errors: postgres_state_unknown. */
  static restored(options: LedgerOptions, state: ConnectorState): Ledger {
    const ledger = new Ledger(options)
    const plan = state.get(planKey)
    if (plan === undefined) return ledger
    ledger.isPlanned = true
    const { tables, settled } = plan as { readonly tables: PlannedTables; readonly settled?: string }
    ledger.settledLsn = settled === undefined ? undefined : parseLsn(settled)
    for (const [table, heaps] of Object.entries(tables)) {
      ledger.tables.add(Number(table))
      for (const [heap, planned] of Object.entries(heaps)) ledger.restore(Number(table), Number(heap), planned, state)
    }
    return ledger
  }

  /** The snapshot that the heap is read as of. */
  shownOf(oid: number): string {
    return this.shown.get(oid) ?? this.options.originShown
  }

  /** Brings the ledger and what is there together. `tables`: the oids of those that are wanted. */
  adopt(tables: readonly number[], view: ReadingView): Findings {
    const { tables: planned, isPlanned } = this
    const found = new Set<number>()
    const startedOver: Heap[] = []
    for (const heap of view.heaps) {
      found.add(heap.oid)
      const part = this.parts.get(heap.oid)
      if (part === undefined) {
        if (!planned.has(heap.tableOid)) this.begin(heap, view, isPlanned || !heap.isUntouched)
      } else if (part.isDone) {
        continue
      } else if (part.plan.fileNode === heap.fileNode) {
        if (this.shownOf(heap.oid) !== view.shown && !part.isRead) part.isLate = true
      } else {
        this.begin(heap, view, true)
        startedOver.push(heap)
      }
    }
    this.tables = new Set(tables)
    this.isPlanned = true
    const gone = [...this.parts.values()].filter(({ plan }) => !found.has(plan.oid))
    for (const { plan } of gone) this.parts.delete(plan.oid)
    if (view.settledLsn !== undefined) this.settledLsn = Math.max(this.settledLsn ?? 0, view.settledLsn)
    return { startedOver, gone: gone.filter(({ isDone }) => !isDone).map(({ plan }) => plan) }
  }

  /** What has to be put into the state, which holds `before`, for it to hold this ledger. */
  changesSince(before: ReadonlyMap<string, Json>): StateChanges {
    const wanted = this.entries()
    const changes: StateChanges = new Map()
    for (const key of before.keys()) if (!wanted.has(key)) changes.set(key, undefined)
    for (const [key, value] of wanted) {
      if (JSON.stringify(before.get(key)) !== JSON.stringify(value)) changes.set(key, value)
    }
    return changes
  }

  /** The state of a part that moved. */
  entryOf(part: Part): readonly [string, Json] {
    return [partKey(part.plan.oid), part.state]
  }

  private entries(): Map<string, Json> {
    const entries = new Map<string, Json>([[planKey, this.planState()]])
    for (const [oid, shown] of this.shown) if (this.parts.has(oid)) entries.set(shownKey(oid), shown)
    for (const part of this.parts.values()) if (part.isBegun || part.isDone) entries.set(...this.entryOf(part))
    return entries
  }

  /** `isAsOfNow`: the rows of this reading, else those of the slot's snapshot. */
  private begin(heap: Heap, { shown }: ReadingView, isAsOfNow: boolean): void {
    const { oid, tableOid, fileNode, pages, pageBytes, isIdentityFull } = heap
    const rangePages = Math.max(Math.floor(this.options.rangeBytes / pageBytes), 1)
    const part = new Part({ oid, tableOid, fileNode, pages, rangePages, isIdentityFull })
    this.parts.set(oid, part)
    if (isAsOfNow && shown !== this.options.originShown) this.shown.set(oid, shown)
    else this.shown.delete(oid)
    part.isLate = this.shownOf(oid) !== shown && pages > 0
  }

  private restore(tableOid: number, oid: number, planned: PlannedHeap, state: ConnectorState): void {
    const [fileNode, pages, rangePages, isIdentityFull] = planned
    if (![fileNode, pages, rangePages].every(Number.isSafeInteger)) throw unknown(planKey, planned)
    const plan = { oid, tableOid, fileNode, pages, rangePages, isIdentityFull }
    const left = state.get(partKey(oid))
    this.parts.set(oid, left === undefined ? new Part(plan) : Part.restored(plan, left))
    const shown = state.get(shownKey(oid))
    if (shown === undefined) return
    if (typeof shown !== 'string') throw unknown(shownKey(oid), shown)
    this.shown.set(oid, shown)
  }

  private planState(): Json {
    const tables: Record<string, Record<string, PlannedHeap>> = {}
    for (const oid of this.tables) tables[oid] = {}
    for (const { plan } of this.parts.values()) {
      const { oid, tableOid, fileNode, pages, rangePages, isIdentityFull } = plan
      present(tables[tableOid], `the plan of table ${tableOid}`)[oid] = [fileNode, pages, rangePages, isIdentityFull]
    }
    return this.settledLsn === undefined ? { tables } : { tables, settled: formatLsn(this.settledLsn) }
  }
}

type PlannedHeap = readonly [fileNode: number, pages: number, rangePages: number, isIdentityFull: boolean]
type PlannedTables = Readonly<Record<string, Readonly<Record<string, PlannedHeap>>>>

function unknown(key: string, value: Json): Error {
  return postgresErrors.make('postgres_state_unknown', `${key} holds ${JSON.stringify(value)}`)
}
