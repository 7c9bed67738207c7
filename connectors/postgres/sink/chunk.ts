// The changes of a stretch of records, folded per table, with how far they bring each partition: what one transaction
// of the target writes, or a part of one. Built from records, applied without them.

import { postgresErrors } from '../errors.js'
import type { Change } from './change.js'
import type { ColumnSet } from './column-set.js'
import { CopyLines, type LineRange } from './copy-lines.js'
import { KeyedFold, KeylessFold, type OutcomeGroup, type Truncation } from './fold.js'
import { isObject, JsonMembers } from './json-members.js'
import type { PartitionPlace } from './partition-place.js'
import type { OpenTable } from './table-book.js'
import type { TargetTable } from './target-table.js'

/** The rows of a table in mode append: lines by their columns, as they come. */
class AppendedRows {
  readonly truncation: Truncation = 'none'
  private readonly bySet = new Map<ColumnSet, CopyLines>()

  linesOf(set: ColumnSet): CopyLines {
    let lines = this.bySet.get(set)
    if (lines === undefined) {
      lines = new CopyLines()
      this.bySet.set(set, lines)
    }
    return lines
  }

  groups(): readonly OutcomeGroup[] {
    return [...this.bySet].map(([set, { out }]) => ({ outcome: 'put', set, block: out.bytes.subarray(0, out.at) }))
  }
}

/** What a chunk does to one table. */
export interface TableWork {
  readonly open: OpenTable
  readonly truncation: Truncation
  readonly groups: readonly OutcomeGroup[]
  /** Straight into the table, with no staging in between. */
  readonly isAppended: boolean
}

/** How far a chunk brings one partition. */
export interface PlaceMove {
  readonly from: number
  next: number
}

type Fold = KeyedFold | KeylessFold | AppendedRows

export class Chunk {
  /** Records whose change it holds. */
  recordCount = 0
  /** Of the last of them. */
  lastOffset = -1
  /** The record before which building stopped. */
  stoppedAt = -1
  /** About what it keeps in memory. */
  byteCount = 0
  readonly moves = new Map<PartitionPlace, PlaceMove>()
  private readonly folds = new Map<OpenTable, Fold>()
  private readonly members = new JsonMembers()

  get isEmpty(): boolean {
    return this.moves.size === 0
  }

  touches(open: OpenTable): boolean {
    return this.folds.has(open)
  }

  /** The partition's records up to below `next` are in the chunk. */
  cover(place: PartitionPlace, from: number, next: number): void {
    const move = this.moves.get(place)
    if (move === undefined) this.moves.set(place, { from, next })
    else move.next = next
  }

  /**
   * Takes a change of the table; the names of members that it has no columns for, in which case nothing was taken.
   * Errors, with nothing taken: postgres_record_unfit and what a value that does not fit throws.
   */
  add(open: OpenTable, change: Change): readonly string[] | undefined {
    const fold = this.foldOf(open)
    if (change.operation === 'truncate') {
      if (!(fold instanceof AppendedRows)) fold.truncate(change.restartsIdentity)
      return undefined
    }
    this.byteCount += change.after.end - change.after.start + change.before.end - change.before.start
    if (fold instanceof AppendedRows) return this.append(fold, { open, change })
    if (fold instanceof KeylessFold) return this.addToBag(fold, { open, change })
    return change.operation === 'delete' ? this.deleteByKey(fold, open, change) : this.addKeyed(fold, { open, change })
  }

  works(): readonly TableWork[] {
    return [...this.folds].map(([open, fold]) => ({
      open,
      truncation: fold.truncation,
      groups: fold.groups(),
      isAppended: fold instanceof AppendedRows,
    }))
  }

  private append(fold: AppendedRows, addition: Addition): readonly string[] | undefined {
    const missing = this.look(addition, addition.change.after)
    if (missing !== undefined) return missing
    const { open, change } = addition
    const { set } = open.encoder
    open.encoder.write(change.bytes, set.columns, fold.linesOf(set))
    return undefined
  }

  private addKeyed(fold: KeyedFold, addition: Addition): readonly string[] | undefined {
    const missing = this.look(addition, addition.change.after)
    if (missing !== undefined) return missing
    const { open, change } = addition
    const { encoder, table } = open
    encoder.checkKey(change.bytes, table.key!)
    const { set } = encoder
    const key = this.keyText(fold.lines, open, change.bytes)
    const line = encoder.write(change.bytes, set.columns, fold.lines)
    if (change.operation === 'patch') fold.patch(key, set, line)
    else fold.put(key, set, line)
    return undefined
  }

  private deleteByKey(fold: KeyedFold, open: OpenTable, change: Change): undefined {
    const { before } = change
    const { encoder, table } = open
    if (before.end === 0) throw unfit(`a deletion in ${table.qualified} does not say which row`)
    const { bytes, start, end } = keyObject(table, change)
    this.members.walk(bytes, start, end)
    // The old row may have columns that the target has not; only those of the key count.
    encoder.lookAtKey(bytes, this.members)
    encoder.checkKey(bytes, table.key!)
    const key = this.keyText(fold.lines, open, bytes)
    const line = encoder.write(bytes, table.key!, fold.lines)
    fold.delete(key, table.sets.of(table.key!), line)
    return undefined
  }

  private addToBag(fold: KeylessFold, addition: Addition): readonly string[] | undefined {
    const { open, change } = addition
    const { encoder } = open
    const { bytes } = change
    let old: { readonly set: ColumnSet; readonly line: LineRange } | undefined
    if (change.operation !== 'row' || change.isUpdate) {
      this.needOldRow(addition)
      const missing = this.look(addition, change.before)
      if (missing !== undefined) return missing
      old = { set: encoder.set, line: encoder.write(bytes, encoder.set.columns, fold.lines) }
    }
    if (change.operation === 'row') {
      const missing = this.look(addition, change.after)
      if (missing !== undefined) return missing
      const line = encoder.write(bytes, encoder.set.columns, fold.lines)
      if (old !== undefined) fold.delete(old.set, old.line)
      fold.insert(encoder.set, line)
    } else if (old !== undefined) fold.delete(old.set, old.line)
    return undefined
  }

  private needOldRow({ open, change }: Addition): void {
    const { table } = open
    if (change.before.end > 0 && change.operation !== 'patch') return
    throw postgresErrors.make(
      'postgres_record_unfit',
      `${table.qualified} has no key, and the change does not have the whole old row`,
      {
        details: { table: table.qualified },
        hint: 'Give the target a primary key, name the columns of the key in `key`, or run ALTER TABLE … REPLICA IDENTITY FULL in the source.',
      },
    )
  }

  private look({ open, change }: Addition, row: { readonly start: number; readonly end: number }) {
    return open.encoder.look(change.bytes, change.membersOf(row), change.unchanged)
  }

  /** The fields of the key: they are written, read as a text and taken back. */
  private keyText(lines: CopyLines, { encoder, table }: OpenTable, bytes: Buffer): string {
    const { start, end } = encoder.write(bytes, table.key!, lines)
    const key = lines.out.bytes.toString('latin1', start, end)
    lines.out.at = start
    return key
  }

  private foldOf(open: OpenTable): Fold {
    let fold = this.folds.get(open)
    if (fold === undefined) {
      fold = open.isAppended
        ? new AppendedRows()
        : open.table.key === undefined
          ? new KeylessFold()
          : new KeyedFold(open.table.sets)
      this.folds.set(open, fold)
    }
    return fold
  }
}

interface Addition {
  readonly open: OpenTable
  readonly change: Change
}

/** The key of a deletion as an object: where it has one column, the key of a record may be its value alone. */
function keyObject({ key, columns }: TargetTable, { bytes, before }: Change) {
  const { start, end } = before
  const [column, ...others] = key!
  if (column === undefined || others.length > 0 || isObject(bytes, start)) return { bytes, start, end }
  const text = bytes.toString('utf8', start, end)
  const value = isScalar.test(text) ? text : JSON.stringify(text)
  const object = Buffer.from(`{${JSON.stringify(columns[column]!.name)}:${value}}`)
  return { bytes: object, start: 0, end: object.length }
}

/** A JSON string or number. */
const isScalar = /^(?:"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

function unfit(message: string): Error {
  return postgresErrors.make('postgres_record_unfit', message)
}
