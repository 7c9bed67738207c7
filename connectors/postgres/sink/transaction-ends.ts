// Where transactions of the source end in the log: at records with the header `pg.last`, at the record that ends a
// snapshot (op s), and at every record that is no change of a database.

import type { SinkBatch } from '../../../core/connector/sink.js'
import { EventHeaders } from './event-headers.js'

export class TransactionEnds {
  private readonly headers = new EventHeaders()

  /** Behind the last end in the batch from `firstOffset` on; `firstOffset` itself when there is none. */
  lastIn(batch: SinkBatch, firstOffset: number): number {
    const { headers } = this
    const cursor = batch.cursor()
    let end = firstOffset
    let isEnd = false
    for (let isThere = cursor.skipTo(firstOffset); isThere; isThere = cursor.next()) {
      headers.read(cursor)
      isEnd = headers.last.start >= 0 || headers.op.start < 0 || headers.operation() === 's'
      if (isEnd) end = cursor.offset + 1
    }
    // What follows the last record has none.
    return isEnd ? batch.nextOffset : end
  }
}
