// Runs a format over records, as a plan would.

import { RecordCursor } from '../../../../core/record/record-cursor.js'
import { encodeBatch, type PlainRecord } from '../../../../core/record/encode-batch.js'
import { Block } from '../../../../connectors/lake/formats/block.js'
import type { RecordFormat } from '../../../../connectors/lake/formats/record-format.js'

/** The bytes that the records become; a block of `capacityBytes` is emptied whenever it is full. */
export function formatted(format: RecordFormat, records: readonly PlainRecord[], capacityBytes?: number): Buffer {
  return formattedBatch(format, encodeBatch(records), capacityBytes)
}

export function formattedBatch(format: RecordFormat, batch: Buffer, capacityBytes = 1024 * 1024): Buffer {
  const block = new Block(capacityBytes)
  const parts: Buffer[] = []
  const cursor = new RecordCursor()
  cursor.reset(batch)
  while (cursor.next()) {
    if (format.append(cursor, block)) continue
    parts.push(Buffer.from(block.content()))
    block.used = 0
    if (!format.append(cursor, block)) throw new Error(`a record does not fit into ${capacityBytes} bytes`)
  }
  parts.push(Buffer.from(block.content()))
  return Buffer.concat(parts)
}

export function valueRecord(value: Uint8Array | string | null): PlainRecord {
  return { key: null, value: typeof value === 'string' ? Buffer.from(value) : value, timestampMs: 0 }
}
