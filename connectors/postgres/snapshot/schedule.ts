// What one reading has to read, range by range: heaps in the order of the ledger, and behind a heap that needs it, the
// rows of it that were written since. Readers take from the front, so several of them share a large heap.

import { present } from '../../../core/errors/invariant.js'
import type { Heap, SnapshotTable } from './heaps.js'
import type { Ledger, ReadingView } from './ledger.js'
import { type PageRange, Part } from './part.js'
import { isAmbiguous, wasShownIn } from './row-visibility.js'

/** A pass over a heap. */
export interface Pass {
  /** The heap as the ledger knows it. */
  readonly heapPart: Part
  /** What is read: the same, or its pages once more for the rows that were written since. */
  readonly part: Part
  readonly table: SnapshotTable
  /** Which rows are wanted, in SQL; undefined for all that the reading sees. */
  readonly condition: string | undefined
}

/** A range of a pass, given out to one reader. */
export interface RangeTask extends Pass {
  readonly range: PageRange
}

export class Schedule {
  /** A heap was rewritten or dropped meanwhile: what that means is for another reading to find out. */
  isAnotherNeeded = false
  private readonly ledger: Ledger
  private readonly view: ReadingView
  private readonly tables: ReadonlyMap<number, SnapshotTable>
  private readonly heaps: ReadonlyMap<number, Heap>
  private readonly passes: Pass[] = []
  /** Passes before it have no range left to give out. */
  private first = 0
  private readonly ended = new Set<Pass['part']>()

  constructor(ledger: Ledger, view: ReadingView, tables: readonly SnapshotTable[]) {
    this.ledger = ledger
    this.view = view
    this.tables = new Map(tables.map((table) => [table.oid, table]))
    this.heaps = new Map(view.heaps.map((heap) => [heap.oid, heap]))
    for (const part of ledger.parts.values()) this.plan(part)
  }

  /** Of pages that no reader has begun to read. */
  get bytesLeft(): number {
    let bytes = 0
    for (let place = this.first; place < this.passes.length; place++) {
      const { part, heapPart } = this.passes[place]!
      bytes += part.pagesLeft * this.heapOf(heapPart).pageBytes
    }
    return bytes
  }

  /** The next range; undefined when all are given out. The last ones of a heap may bring further ones. */
  take(): RangeTask | undefined {
    for (; this.first < this.passes.length; this.first++) {
      const pass = this.passes[this.first]!
      const range = this.ended.has(pass.part) ? undefined : pass.part.take()
      if (range !== undefined) return { ...pass, range }
    }
    return undefined
  }

  /** All rows of the range are on their way into the log. */
  finish({ heapPart, part, range }: RangeTask): void {
    part.finish(range.range)
    if (!part.isRead) return
    if (part === heapPart) this.endOfPlan(part)
    else heapPart.isDone = true
  }

  /** The heap is not what it was: nothing more of it is read. */
  abandon({ part }: RangeTask): void {
    this.ended.add(part)
    this.isAnotherNeeded = true
  }

  private plan(part: Part): void {
    if (part.isDone) return
    if (part.isRead) {
      this.endOfPlan(part)
      return
    }
    const condition = part.isLate ? this.wasShown(part) : undefined
    this.passes.push({ heapPart: part, part, table: this.tableOf(part), condition })
  }

  /** Every row that the heap's snapshot showed is read. */
  private endOfPlan(part: Part): void {
    const { pages, isIdentityFull, hasLargeValues } = this.heapOf(part)
    const mayLackValues = hasLargeValues && !(isIdentityFull && part.plan.isIdentityFull)
    if (!part.isLate || pages === 0 || !(mayLackValues || isAmbiguous(this.view.shown))) {
      part.isDone = true
      return
    }
    const again = new Part({ ...part.plan, pages })
    const condition = `NOT (${this.wasShown(part)})`
    this.passes.push({ heapPart: part, part: again, table: this.tableOf(part), condition })
  }

  private wasShown({ plan }: Part): string {
    return wasShownIn(this.ledger.shownOf(plan.oid), this.view.shown)
  }

  private heapOf({ plan }: Part): Heap {
    return present(this.heaps.get(plan.oid), `heap ${plan.oid} in the reading`)
  }

  private tableOf({ plan }: Part): SnapshotTable {
    return present(this.tables.get(plan.tableOid), `table ${plan.tableOid} of heap ${plan.oid}`)
  }
}
