// Change events as rows: whatever form they have, a row of the database is a row of the table.

import { describe, expect, it } from 'vitest'
import { recordObject } from '../../../../connectors/lake/rows/record-object.js'
import type { ChangeForm } from '../../../../connectors/lake/formats/file-format.js'
import { encodeBatch } from '../../../../core/record/encode-batch.js'
import { RecordCursor } from '../../../../core/record/record-cursor.js'

interface Event {
  readonly value: unknown
  readonly key?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

function rowOf({ value, key, headers = {} }: Event, changes: ChangeForm = 'flatten'): Record<string, unknown> {
  const record = {
    key: key === undefined ? null : Buffer.from(JSON.stringify(key)),
    value: value === null ? null : Buffer.from(JSON.stringify(value)),
    timestampMs: 0,
    headers: Object.entries(headers).map(([name, text]) => ({ key: name, value: Buffer.from(text) })),
  }
  const cursor = new RecordCursor()
  cursor.reset(encodeBatch([record]))
  cursor.next()
  return { ...recordObject(cursor, [], { changes, origin: { topic: 't', partition: 0 } }) }
}

const place = { 'pg.lsn': '0/16B3748', 'pg.xid': '742', 'pg.seq': '3' }
const placed = { _lsn: '0/16B3748', _xid: 742, _seq: 3, _snapshot: false }

describe('a change as a row', () => {
  it('is the row after an insert or update, in each form', () => {
    const row = { id: 1, name: 'a' }
    const headers = { ...place, 'pg.op': 'u' }
    const expected = { ...row, _op: 'u', ...placed }
    expect(rowOf({ value: row, headers })).toEqual(expected)
    expect(rowOf({ value: { op: 'u', schema: 's', table: 't', before: { id: 1 }, after: row }, headers })).toEqual(
      expected,
    )
    expect(rowOf({ value: { before: null, after: row, source: {}, op: 'u', ts_ms: 1 }, headers })).toEqual(expected)
  })

  it('is what is known of a row that was deleted', () => {
    const headers = { ...place, 'pg.op': 'd' }
    const key = { id: 1 }
    expect(rowOf({ value: null, key, headers })).toEqual({ id: 1, _op: 'd', ...placed })
    const before = { id: 1, name: 'a' }
    expect(rowOf({ value: { op: 'd', before, after: null }, key, headers })).toEqual({ ...before, _op: 'd', ...placed })
  })

  it('names the large values that were not sent', () => {
    const headers = { ...place, 'pg.op': 'u', 'pg.unchanged': '["body"]' }
    expect(rowOf({ value: { id: 1 }, headers })).toMatchObject({ id: 1, _unchanged: ['body'] })
  })

  it('says of a truncated table only that', () => {
    expect(rowOf({ value: null, headers: { ...place, 'pg.op': 't' } })).toEqual({ _op: 't', ...placed })
  })

  it('says which rows are of the snapshot', () => {
    const headers = { 'pg.op': 'r', 'pg.lsn': '0/1', 'pg.snapshot': 'true' }
    expect(rowOf({ value: { id: 1 }, headers })).toMatchObject({ _op: 'r', _snapshot: true, _xid: null })
  })

  it('is the event itself where that is kept', () => {
    const value = { op: 'u', before: { id: 1 }, after: { id: 2 } }
    expect(rowOf({ value, headers: { 'pg.op': 'u' } }, 'keep')).toEqual(value)
  })
})
