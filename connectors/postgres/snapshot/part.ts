// One heap of the snapshot, a table or a partition, cut into ranges of pages, and how far each range was read.
//
// Ranges are given out in their order, so what is done is everything below `next` but the few that are open: the state
// stays small however large the table is. A range that a reader gave back, or that a run before left open, goes first
// and is continued behind the last row of it that stands in the log.
//
// State: `{"next":5,"open":[[3,"(24576,12)"],[4]],"late":true}`, or `{"done":true}` when nothing of it is left.

import type { Json } from '../../../core/connector/context.js'
import { invariant } from '../../../core/errors/invariant.js'
import { postgresErrors } from '../errors.js'

/** What does not change while a heap is read. Another file node means that all of its rows may have moved. */
export interface PartPlan {
  readonly oid: number
  /** The table whose records its rows become: itself, or the root of its partition tree. */
  readonly tableOid: number
  readonly fileNode: number
  readonly pages: number
  readonly rangePages: number
  /** Was its replica identity FULL when it was planned? */
  readonly isIdentityFull: boolean
}

/** Pages from `firstPage` up to `endPage`, which is not among them. */
export interface PageRange {
  readonly range: number
  readonly firstPage: number
  readonly endPage: number
  /** The last row that was taken, as the server writes a `ctid`; undefined when none was. */
  readonly after: string | undefined
}

export class Part {
  readonly plan: PartPlan
  /** Some of it was read when the snapshot that it is read as of was gone. */
  isLate = false
  /** Nothing of it is left to do. */
  isDone = false
  private next = 0
  private readonly open = new Map<number, string | undefined>()
  private readonly givenOut = new Set<number>()

  constructor(plan: PartPlan) {
    this.plan = plan
  }

  /** Errors: postgres_state_unknown. */
  static restored(plan: PartPlan, state: Json): Part {
    const part = new Part(plan)
    const { next, open, late, done } = state as Readonly<Record<string, Json>>
    part.isLate = late === true
    part.isDone = done === true
    if (part.isDone) return part
    const ranges = openRanges(open)
    if (typeof next !== 'number' || ranges === undefined) {
      throw postgresErrors.make('postgres_state_unknown', `a part of the snapshot holds ${JSON.stringify(state)}`)
    }
    part.next = next
    for (const [range, after] of ranges) part.open.set(range, after)
    return part
  }

  get state(): Json {
    if (this.isDone) return { done: true }
    const open = [...this.open].map(([range, after]) => (after === undefined ? [range] : [range, after]))
    const state = { next: this.next, open }
    return this.isLate ? { ...state, late: true } : state
  }

  /** Are the rows of all ranges in the log, or on their way? */
  get isRead(): boolean {
    return this.open.size === 0 && this.next === this.rangeCount
  }

  /** Did a run read some of it? */
  get isBegun(): boolean {
    return this.next > 0
  }

  /** Pages that nobody has begun to read. */
  get pagesLeft(): number {
    return Math.max(this.plan.pages - this.next * this.plan.rangePages, 0)
  }

  /** The next range to read; undefined when all are done or given out. */
  take(): PageRange | undefined {
    const range = this.freeRange()
    if (range === undefined) return undefined
    const { rangePages, pages } = this.plan
    this.givenOut.add(range)
    const firstPage = range * rangePages
    return { range, firstPage, endPage: Math.min(firstPage + rangePages, pages), after: this.open.get(range) }
  }

  /** Rows of a range that was given out are on their way into the log, up to the one at `place`. */
  reach(range: number, place: string): void {
    invariant(this.givenOut.has(range), `range ${range} of ${this.plan.oid} was read and had not been given out`)
    this.open.set(range, place)
  }

  /** All rows of the range are on their way. */
  finish(range: number): void {
    invariant(this.givenOut.delete(range), `range ${range} of ${this.plan.oid} ended and had not been given out`)
    this.open.delete(range)
  }

  private freeRange(): number | undefined {
    for (const range of this.open.keys()) if (!this.givenOut.has(range)) return range
    if (this.next === this.rangeCount) return undefined
    const range = this.next++
    this.open.set(range, undefined)
    return range
  }

  private get rangeCount(): number {
    return Math.ceil(this.plan.pages / this.plan.rangePages)
  }
}

const placeText = /^\(\d+,\d+\)$/

/** undefined for what this release does not know: places go into statements. */
function openRanges(open: Json | undefined): readonly (readonly [number, string | undefined])[] | undefined {
  if (!Array.isArray(open)) return undefined
  const ranges: (readonly [number, string | undefined])[] = []
  for (const entry of open as readonly (readonly Json[])[]) {
    const [range, after] = entry
    if (typeof range !== 'number') return undefined
    if (after !== undefined && !(typeof after === 'string' && placeText.test(after))) return undefined
    ranges.push([range, after])
  }
  return ranges
}
