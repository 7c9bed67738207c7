import { describe, expect, test } from 'vitest'
import {
  type Change,
  changeWriter,
  described,
  KeptRecords,
  someTransaction,
  type TableText,
  transact,
  tuple,
} from './kit.js'

const orders: TableText = { columns: ['id int4!', 'customer text', 'photo bytea'], primaryKey: ['id'] }

/** 0x16_b374d848 */
const commitLsn = 97_500_059_720

function records(list: readonly Change[], text = orders) {
  const changes = changeWriter({ format: 'debezium' })
  changes.describe(described(text))
  const into = new KeptRecords()
  transact(changes, into, list)
  return into
}

const source = {
  version: 'tailrace',
  connector: 'postgresql',
  name: 'shop.orders',
  ts_ms: 1_700_000_000_123,
  ts_us: 1_700_000_000_123_000,
  snapshot: 'false',
  db: 'shop',
  sequence: `[null,"${commitLsn}"]`,
  schema: 'public',
  table: 'orders',
  txId: 771,
  lsn: commitLsn,
  xmin: null,
}

describe('debezium', () => {
  test('an insert stands in the envelope', () => {
    const into = records([{ kind: 'insert', row: ['7', 'Ann', String.raw`\x00ff`] }])
    const [record] = into.records
    expect(record).toMatchObject({ key: '{"id":7}', timestampMs: 1_700_000_000_123 })
    expect(into.values[0]).toMatchObject({
      before: null,
      after: { id: 7, customer: 'Ann', photo: 'AP8=' },
      source,
      transaction: null,
      op: 'c',
      ts_ms: 1_700_000_000_999,
      ts_us: 1_700_000_000_999_000,
    })
    // Beyond the safe integers: looked at as text.
    expect(record!.value).toContain('"ts_ns":1700000000123000000,')
    expect(record!.value).toContain('"ts_ns":1700000000999000000}')
  })

  test('a deletion is followed by a tombstone with its key, which is the last of the transaction', () => {
    const into = records([{ kind: 'delete', oldKind: 'key', old: ['7', null, null] }])
    const [deletion, tombstone] = into.records
    expect(into.values[0]).toMatchObject({ op: 'd', before: { id: 7 }, after: null, source })
    expect(deletion!.headers).not.toHaveProperty('pg.last')
    expect(tombstone).toMatchObject({ key: '{"id":7}', value: null, headers: { 'pg.op': 'd', 'pg.last': 'true' } })
  })

  test('a deletion without a key has no tombstone', () => {
    const text: TableText = { columns: ['line text'], identity: 'full' }
    const into = records([{ kind: 'delete', oldKind: 'full', old: ['a'] }], text)
    expect(into.records).toHaveLength(1)
    expect(into.values[0]).toMatchObject({ op: 'd', before: { line: 'a' } })
  })

  test('a changed key is a deletion, a tombstone and an insertion', () => {
    const into = records([{ kind: 'update', oldKind: 'key', old: ['7', null, null], row: ['8', 'Ann', null] }])
    expect(into.records.map(({ key }) => key)).toEqual(['{"id":7}', '{"id":7}', '{"id":8}'])
    expect(into.values).toMatchObject([
      { op: 'd', before: { id: 7 } },
      null as unknown as object,
      { op: 'c', before: null, after: { id: 8, customer: 'Ann', photo: null } },
    ])
  })

  test('an update has the row before where the server sends it', () => {
    const into = records([{ kind: 'update', oldKind: 'full', old: ['7', 'Bob', null], row: ['7', 'Ann', null] }], {
      ...orders,
      identity: 'full',
    })
    expect(into.values[0]).toMatchObject({
      op: 'u',
      before: { id: 7, customer: 'Bob', photo: null },
      after: { id: 7, customer: 'Ann', photo: null },
    })
  })

  test('large values that were not sent are its placeholder, and the columns are named beside it', () => {
    const into = records([{ kind: 'update', row: ['7', undefined, undefined] }])
    expect(into.values[0]).toMatchObject({
      op: 'u',
      before: null,
      after: {
        id: 7,
        customer: '__debezium_unavailable_value',
        photo: Buffer.from('__debezium_unavailable_value').toString('base64'),
      },
    })
    expect(into.records[0]!.headers['pg.unchanged']).toBe('["customer","photo"]')
  })

  test('a truncate is an envelope without rows', () => {
    const into = records([{ kind: 'truncate', oids: [16_384] }])
    expect(into.values[0]).toMatchObject({ before: null, after: null, op: 't', source })
  })

  test('a logical message has its content in base64', () => {
    const into = records([{ kind: 'message', prefix: 'outbox', content: Buffer.from('hello') }])
    expect(into.records[0]!.key).toBe('{"prefix":"outbox"}')
    expect(into.values[0]).toMatchObject({
      op: 'm',
      message: { prefix: 'outbox', content: 'aGVsbG8=' },
      source: { ...source, schema: '', table: '' },
    })
  })

  test('rows of the snapshot say so and belong to no transaction', () => {
    const changes = changeWriter({ format: 'debezium' })
    changes.describe(described(orders))
    const into = new KeptRecords()
    changes.beginSnapshot({ consistentPoint: 16, timeMs: 99 })
    changes.snapshotRow(16_384, tuple(['7', 'Ann', null]))
    changes.flush(into, false)
    expect(into.values[0]).toMatchObject({
      op: 'r',
      source: { snapshot: 'true', txId: null, lsn: 16, sequence: '[null,"16"]', ts_ms: 99 },
    })
  })

  test('the sequence names the commit before and the change', () => {
    const changes = changeWriter({ format: 'debezium' })
    changes.describe(described(orders))
    const into = new KeptRecords()
    changes.begin(someTransaction)
    changes.begin({ ...someTransaction, commitLsn: commitLsn + 100 })
    changes.changeLsn = commitLsn + 50
    changes.insert(16_384, tuple(['7', 'Ann', null]), 1)
    changes.flush(into, true)
    expect(into.values[0]).toMatchObject({
      source: { lsn: commitLsn + 50, sequence: `["${commitLsn}","${commitLsn + 50}"]` },
    })
  })
})
