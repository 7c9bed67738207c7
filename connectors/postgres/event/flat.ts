// The format `flat`: the row alone, as a JSON object; a deletion is a record without a value (a tombstone), and so is a
// truncate. What the row cannot say stands in the headers: `pg.op`, and `pg.unchanged` with the names of large values
// that an update did not touch and that are therefore left out.

import type { OutputBytes } from '../values/output-bytes.js'
import type { ChangeFormat, FormatTable, RowChange, ValueWriter } from './change-format.js'
import { writeNativeMessage } from './native.js'
import type { PendingRecord } from './pending-change.js'
import { type RowMembers, writeMissingNames, writeRowObject } from './row-object.js'

export const flatFormat: ChangeFormat = {
  hasTombstones: false,
  marksSnapshotEnd: false,
  enter() {
    // Nothing of the place stands in the values.
  },
  valuesOf: (table) => new FlatValues(table),
  message: writeNativeMessage,
}

class FlatValues implements ValueWriter {
  private readonly members: RowMembers

  constructor({ members }: FormatTable) {
    this.members = members
  }

  row({ row, old }: RowChange, record: PendingRecord, out: OutputBytes): void {
    if (row === undefined) return
    record.valueStart = out.at
    const missing = writeRowObject(this.members, row, old, out)
    record.valueEnd = out.at
    if (missing === 0) return
    record.unchanged.start = out.at
    writeMissingNames(this.members, row, old, out)
    record.unchanged.end = out.at
  }

  truncate(): void {
    // The record has no value, which is how it begins.
  }
}
