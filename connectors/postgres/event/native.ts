// The format `native`: the change as it is.
//
//   {"op":"c|u|d|r","schema":…,"table":…,"before":null|{…},"after":null|{…}[,"unchanged":[name…]]}
//   {"op":"t","schema":…,"table":…,"before":null,"after":null,"cascade":…,"restartIdentity":…}
//   {"op":"m","prefix":…,"transactional":…,"content":text} or "contentBase64"
//
// `before` is the whole old row under REPLICA IDENTITY FULL, else the columns of the key where the server sends them.
// `unchanged` names large values that an update did not touch and that the server therefore did not send.

import type { TupleView } from '../pgoutput/tuple-view.js'
import type { OutputBytes } from '../values/output-bytes.js'
import type {
  ChangeFormat,
  FormatTable,
  LogicalMessage,
  RowChange,
  TruncateOptions,
  ValueWriter,
} from './change-format.js'
import { messageContent } from './message-content.js'
import type { PendingRecord } from './pending-change.js'
import {
  OldRow,
  type RowMembers,
  writeMissingNames,
  writeNull,
  writeOldRow,
  writePiece,
  writeRowObject,
  writeText,
} from './row-object.js'

const after = Buffer.from(',"after":')
const nothingAfter = Buffer.from(',"after":null}')
const unchanged = Buffer.from(',"unchanged":')
const end = Buffer.from('}')

export const nativeFormat: ChangeFormat = {
  hasTombstones: false,
  marksSnapshotEnd: true,
  enter() {
    // Nothing of the place stands in the values.
  },
  valuesOf: (table) => new NativeValues(table),
  message: writeNativeMessage,
}

class NativeValues implements ValueWriter {
  private readonly members: RowMembers
  private readonly table: FormatTable
  /** Up to the value of `before`; up to that of `after` where there is no row before. */
  private readonly heads: Readonly<Record<RowChange['operation'] | 't', Buffer>>

  constructor(table: FormatTable) {
    const { schema, table: name } = table.relation
    const names = `"schema":${JSON.stringify(schema)},"table":${JSON.stringify(name)}`
    const head = (operation: string, next = ''): Buffer => Buffer.from(`{"op":"${operation}",${names},"before":${next}`)
    this.table = table
    this.members = table.members
    const toAfter = 'null,"after":'
    this.heads = { c: head('c', toAfter), u: head('u'), d: head('d'), r: head('r', toAfter), t: head('t', toAfter) }
  }

  row(change: RowChange, record: PendingRecord, out: OutputBytes): void {
    const { operation, row, old } = change
    record.valueStart = out.at
    writePiece(out, this.heads[operation])
    if (operation === 'u' || operation === 'd') {
      if (old.tuple === undefined) writeNull(out)
      else writeOldRow(this.table, old, out)
      writePiece(out, row === undefined ? nothingAfter : after)
    }
    if (row !== undefined) this.after(row, old, out)
    record.valueEnd = out.at
  }

  truncate({ cascade, restartIdentity }: TruncateOptions, record: PendingRecord, out: OutputBytes): void {
    record.valueStart = out.at
    writePiece(out, this.heads.t)
    writeText(out, `null,"cascade":${cascade},"restartIdentity":${restartIdentity}}`)
    record.valueEnd = out.at
  }

  private after(row: TupleView, old: OldRow, out: OutputBytes): void {
    if (writeRowObject(this.members, row, old, out) > 0) {
      writePiece(out, unchanged)
      writeMissingNames(this.members, row, old, out)
    }
    writePiece(out, end)
  }
}

/** A logical message as `native` and `flat` write it; its prefix is the key. */
export function writeNativeMessage(message: LogicalMessage, record: PendingRecord, out: OutputBytes): void {
  const { prefix, isTransactional } = message
  record.keyStart = out.at
  writeText(out, prefix)
  record.keyEnd = out.at
  record.valueStart = out.at
  writeText(out, JSON.stringify({ op: 'm', prefix, transactional: isTransactional, ...messageContent(message) }))
  record.valueEnd = out.at
}
