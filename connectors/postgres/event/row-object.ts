// A row as a JSON object: the loop that every change goes through.
//
// Names stand ready as bytes, each behind its comma; the first comma becomes the brace. A value that the server did not
// send (an unchanged large one) is taken from the old row where that has it, and is otherwise left out, or written as
// the placeholder where a format has one. Nothing is allocated per row or value.

import { postgresErrors } from '../errors.js'
import { nullKind, textKind, type TupleView, unchangedKind } from '../pgoutput/tuple-view.js'
import type { OutputBytes } from '../values/output-bytes.js'
import type { ValueEncoder } from '../values/value-encoder.js'
import type { WrittenColumn } from './written-columns.js'

/** `key`: the old row holds the columns of the replica identity alone, and nulls for the rest. */
export type OldKind = 'key' | 'full'

const openBrace = 0x7b
const closeBrace = 0x7d
/** `null` as a word, read little endian. */
const nullWord = Buffer.from('null').readInt32LE()
const wordBytes = 4

/** Members of a row's object: all that are written, or those of the key. */
export class RowMembers {
  readonly count: number
  readonly columns: Int32Array
  readonly encoders: readonly ValueEncoder[]
  /** For each member `,"name":`, with bytes behind it that a copy by words may take along. */
  readonly names: DataView
  readonly nameStarts: Int32Array
  readonly nameEnds: Int32Array
  /** How the name of a member stands in a list, for those that are left out. */
  readonly quotedNames: readonly string[]
  readonly isKey: readonly boolean[]
  /** What stands for a value that was not sent; undefined: its member is left out. */
  readonly placeholders: readonly Buffer[] | undefined

  constructor(columns: readonly WrittenColumn[], placeholderOf?: (column: WrittenColumn) => Buffer) {
    this.count = columns.length
    this.columns = Int32Array.from(columns, ({ index }) => index)
    this.encoders = columns.map(({ encode }) => encode)
    this.quotedNames = columns.map(({ name }) => JSON.stringify(name))
    const names = this.quotedNames.map((name) => Buffer.from(`,${name}:`))
    const padding = Buffer.alloc(wordBytes)
    const bytes = Buffer.concat(names.flatMap((name) => [name, padding]))
    this.names = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.nameStarts = new Int32Array(columns.length)
    this.nameEnds = new Int32Array(columns.length)
    let start = 0
    for (const [member, name] of names.entries()) {
      this.nameStarts[member] = start
      this.nameEnds[member] = start + name.length
      start += name.length + wordBytes
    }
    this.isKey = columns.map(({ isKey }) => isKey)
    this.placeholders = placeholderOf === undefined ? undefined : columns.map((column) => placeholderOf(column))
  }
}

/** The old row of a change, where values are looked for that the new one does not hold. One object for all changes. */
export class OldRow {
  tuple: TupleView | undefined = undefined
  kind: OldKind | undefined = undefined

  set(tuple: TupleView | undefined, kind: OldKind | undefined): void {
    this.tuple = tuple
    this.kind = kind
  }
}

/**
 * Writes the members of the tuple as an object at `out.at`; gives how many values were not sent and not in the old row.
 * Errors: postgres_protocol_violation, for a value in binary form.
 */
export function writeRowObject(members: RowMembers, tuple: TupleView, old: OldRow, out: OutputBytes): number {
  const { kinds, starts, ends, bytes } = tuple
  const { count, columns, encoders } = members
  const open = out.at
  let missing = 0
  for (let member = 0; member < count; member++) {
    const column = columns[member]!
    const kind = kinds[column]!
    if (kind === textKind) {
      writeName(members, member, out)
      encoders[member]!(bytes, starts[column]!, ends[column]!, out)
    } else if (kind === nullKind) {
      writeName(members, member, out)
      writeNull(out)
    } else if (kind !== unchangedKind) {
      throw wrongKind(kind)
    } else if (!writeOldValue(members, member, old, out)) {
      missing++
    }
  }
  out.ensure(2)
  if (out.at === open) out.at++
  out.bytes[open] = openBrace
  out.bytes[out.at++] = closeBrace
  return missing
}

/** The members that an old row shows: those of the key when the server sent no more. */
export interface RowShapes {
  readonly members: RowMembers
  readonly keyMembers: RowMembers | undefined
}

const noOldRow = new OldRow()

/** Writes the old row itself, which must be there. Errors: postgres_protocol_violation, for a key where there is none. */
export function writeOldRow({ members, keyMembers }: RowShapes, old: OldRow, out: OutputBytes): void {
  const shown = old.kind === 'key' ? keyMembers : members
  if (shown === undefined || old.tuple === undefined) {
    throw postgresErrors.make('postgres_protocol_violation', 'the server sent the key of a table that has none')
  }
  writeRowObject(shown, old.tuple, noOldRow, out)
}

/** Writes the names of the values that `writeRowObject` counted as missing, as a JSON array. */
export function writeMissingNames(members: RowMembers, tuple: TupleView, old: OldRow, out: OutputBytes): void {
  const missing: string[] = []
  for (let member = 0; member < members.count; member++) {
    if (tuple.kinds[members.columns[member]!] !== unchangedKind) continue
    if (!isInOldRow(members, member, old)) missing.push(members.quotedNames[member]!)
  }
  writeText(out, `[${missing.join()}]`)
}

/** Writes text as UTF-8. Not for hot paths. */
export function writeText(out: OutputBytes, text: string): void {
  out.ensure(Buffer.byteLength(text))
  out.at += out.bytes.write(text, out.at, 'utf8')
}

/** Writes bytes that stand ready. */
export function writePiece(out: OutputBytes, piece: Buffer): void {
  out.ensure(piece.length)
  out.bytes.set(piece, out.at)
  out.at += piece.length
}

export function writeNull(out: OutputBytes): void {
  out.ensure(wordBytes)
  out.view.setInt32(out.at, nullWord, true)
  out.at += wordBytes
}

/** Names are short: four bytes a step, with up to three that the next write puts its own over. */
function writeName({ names, nameStarts, nameEnds }: RowMembers, member: number, out: OutputBytes): void {
  const start = nameStarts[member]!
  const end = nameEnds[member]!
  out.ensure(end - start + wordBytes)
  const { view } = out
  let at = out.at
  for (let from = start; from < end; from += wordBytes) {
    view.setInt32(at, names.getInt32(from, true), true)
    at += wordBytes
  }
  out.at += end - start
}

/** The member with its value from the old row, or with its placeholder: false when it is missing. */
function writeOldValue(members: RowMembers, member: number, old: OldRow, out: OutputBytes): boolean {
  const isInOld = isInOldRow(members, member, old)
  if (!isInOld && members.placeholders === undefined) return false
  writeName(members, member, out)
  if (!isInOld) {
    writePiece(out, members.placeholders![member]!)
    return false
  }
  const { kinds, bytes, starts, ends } = old.tuple!
  const column = members.columns[member]!
  if (kinds[column] === nullKind) writeNull(out)
  else members.encoders[member]!(bytes, starts[column]!, ends[column]!, out)
  return true
}

function isInOldRow(members: RowMembers, member: number, { tuple, kind }: OldRow): boolean {
  if (tuple === undefined || (kind === 'key' && !members.isKey[member]!)) return false
  const oldKind = tuple.kinds[members.columns[member]!]
  return oldKind === textKind || oldKind === nullKind
}

function wrongKind(kind: number): Error {
  return postgresErrors.make(
    'postgres_protocol_violation',
    `the server sent a value of kind ${JSON.stringify(String.fromCharCode(kind))}, where text was asked for`,
    { details: { kind } },
  )
}

/** Do both rows hold the same values in these columns? A value that was not sent has not changed. */
export function isSameIn(columns: Int32Array, old: TupleView, row: TupleView): boolean {
  for (let place = 0; place < columns.length; place++) {
    const column = columns[place]!
    const kind = row.kinds[column]
    if (kind === unchangedKind) continue
    if (kind !== old.kinds[column]) return false
    if (kind === textKind && !isSameValue(old, row, column)) return false
  }
  return true
}

function isSameValue(old: TupleView, row: TupleView, column: number): boolean {
  let oldAt = old.starts[column]!
  let at = row.starts[column]!
  const end = row.ends[column]!
  if (old.ends[column]! - oldAt !== end - at) return false
  while (at < end) if (old.bytes[oldAt++] !== row.bytes[at++]) return false
  return true
}
