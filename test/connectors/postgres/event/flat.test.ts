import { describe, expect, test } from 'vitest'
import { type Change, changeWriter, described, KeptRecords, type TableText, transact } from './kit.js'

const orders: TableText = { columns: ['id int4!', 'customer text', 'note text'], primaryKey: ['id'] }

function records(list: readonly Change[], text = orders) {
  const changes = changeWriter({ format: 'flat' })
  changes.describe(described(text))
  const into = new KeptRecords()
  transact(changes, into, list)
  return into.records
}

describe('flat', () => {
  test('the value is the row', () => {
    const [record] = records([{ kind: 'insert', row: ['7', 'Ann', null] }])
    expect(record).toMatchObject({ key: '{"id":7}', value: '{"id":7,"customer":"Ann","note":null}' })
    expect(record!.headers).toMatchObject({ 'pg.op': 'c', 'pg.seq': '1', 'pg.last': 'true' })
  })

  test('large values that were not sent are left out and named in a header', () => {
    const [record] = records([{ kind: 'update', row: ['7', undefined, undefined] }])
    expect(record!.value).toBe('{"id":7}')
    expect(record!.headers['pg.unchanged']).toBe('["customer","note"]')
  })

  test('a header of one record is not there on the next', () => {
    const written = records([
      { kind: 'update', row: ['7', undefined, null] },
      { kind: 'update', row: ['7', 'Ann', null] },
    ])
    expect(written[0]!.headers).toHaveProperty('pg.unchanged')
    expect(written[1]!.headers).not.toHaveProperty('pg.unchanged')
    expect(written[1]!.headers).not.toHaveProperty('pg.columns')
  })

  test('a deletion is a tombstone', () => {
    const [record] = records([{ kind: 'delete', oldKind: 'key', old: ['7', null, null] }])
    expect(record).toMatchObject({ key: '{"id":7}', value: null, headers: { 'pg.op': 'd' } })
  })

  test('a changed key is a tombstone under the old one and the row under the new one', () => {
    const written = records([{ kind: 'update', oldKind: 'key', old: ['7', null, null], row: ['8', 'Ann', undefined] }])
    expect(written.map(({ key, value }) => [key, value])).toEqual([
      ['{"id":7}', null],
      ['{"id":8}', '{"id":8,"customer":"Ann"}'],
    ])
    expect(written[1]!.headers).toMatchObject({ 'pg.oldKey': '{"id":7}', 'pg.unchanged': '["note"]', 'pg.op': 'c' })
  })

  test('a truncate has no value, and says in its headers what it is', () => {
    const [record] = records([{ kind: 'truncate', oids: [16_384] }])
    expect(record).toMatchObject({ key: null, value: null, partition: 0 })
    expect(record!.headers).toMatchObject({ 'pg.op': 't', 'pg.table': 'orders' })
  })

  test('the end of a snapshot makes no record', () => {
    const changes = changeWriter({ format: 'flat' })
    const into = new KeptRecords()
    changes.beginSnapshot({ consistentPoint: 1, timeMs: 2 })
    changes.endSnapshot(['shop'], undefined)
    expect(changes.isPending).toBe(false)
    expect(changes.flush(into, true)).toBe(true)
    expect(into.records).toEqual([])
  })
})
