import { describe, expect, test } from 'vitest'
import { changeWriter, described, KeptRecords, type Change, type TableText, transact, tuple } from './kit.js'

const orders: TableText = { columns: ['id int4!', 'customer text', 'note text'], primaryKey: ['id'] }

function records(text: TableText, list: readonly Change[], partitions = 1) {
  const changes = changeWriter()
  changes.describe(described(text))
  const into = new KeptRecords({ partitions })
  transact(changes, into, list)
  return into.records
}

const row = ['7', 'Ann "A" Ø', null]

describe('native', () => {
  test('an insert has the row after, and the key of the row', () => {
    const [record] = records(orders, [{ kind: 'insert', row }])
    expect(record).toEqual({
      topic: 'shop',
      partition: undefined,
      key: '{"id":7}',
      value:
        '{"op":"c","schema":"public","table":"orders","before":null,"after":{"id":7,"customer":"Ann \\"A\\" Ø","note":null}}',
      timestampMs: 1_700_000_000_123,
      appendNumber: 1,
      headers: {
        'pg.op': 'c',
        'pg.schema': 'public',
        'pg.table': 'orders',
        'pg.lsn': '16/B374D848',
        'pg.xid': '771',
        'pg.seq': '1',
        'pg.columns':
          '{"identity":"default","key":["id"],"columns":[["id","integer"],["customer","text"],["note","text"]]}',
        'pg.last': 'true',
      },
    })
  })

  test('an update that the server sends without the old row has no before', () => {
    const [record] = records(orders, [{ kind: 'update', row }])
    expect(record!.key).toBe('{"id":7}')
    expect(record!.value).toBe(
      '{"op":"u","schema":"public","table":"orders","before":null,"after":{"id":7,"customer":"Ann \\"A\\" Ø","note":null}}',
    )
  })

  test('an update under identity full has the whole row before', () => {
    const full: TableText = { ...orders, identity: 'full' }
    const [record] = records(full, [
      { kind: 'update', oldKind: 'full', old: ['7', 'Bob', 'new'], row: ['7', 'Bob', 'old'] },
    ])
    expect(record!.key).toBe('{"id":7}')
    expect(record!.value).toBe(
      '{"op":"u","schema":"public","table":"orders","before":{"id":7,"customer":"Bob","note":"new"},"after":{"id":7,"customer":"Bob","note":"old"}}',
    )
  })

  test('a deletion has the columns of the key before, and not the nulls that stand for the others', () => {
    const [record] = records(orders, [{ kind: 'delete', oldKind: 'key', old: ['7', null, null] }])
    expect(record!.key).toBe('{"id":7}')
    expect(record!.headers['pg.op']).toBe('d')
    expect(record!.value).toBe('{"op":"d","schema":"public","table":"orders","before":{"id":7},"after":null}')
  })

  test('a deletion under identity full has the whole row before', () => {
    const full: TableText = { ...orders, identity: 'full' }
    const [record] = records(full, [{ kind: 'delete', oldKind: 'full', old: row }])
    expect(record!.value).toBe(
      '{"op":"d","schema":"public","table":"orders","before":{"id":7,"customer":"Ann \\"A\\" Ø","note":null},"after":null}',
    )
  })

  test('a large value that was not sent is named and left out', () => {
    const [record] = records(orders, [{ kind: 'update', row: ['7', undefined, undefined] }])
    expect(record!.value).toBe(
      '{"op":"u","schema":"public","table":"orders","before":null,"after":{"id":7},"unchanged":["customer","note"]}',
    )
    expect(record!.headers).not.toHaveProperty('pg.unchanged')
  })

  test('a large value that was not sent is taken from the whole old row', () => {
    const full: TableText = { ...orders, identity: 'full' }
    const old = ['7', 'Bob', null]
    const [record] = records(full, [{ kind: 'update', oldKind: 'full', old, row: ['7', undefined, undefined] }])
    expect(JSON.parse(record!.value!)).toMatchObject({ after: { id: 7, customer: 'Bob', note: null } })
    expect(record!.value).not.toContain('unchanged')
  })

  test('a large key that was not sent is taken from the key before, and the null beside it is not', () => {
    const text: TableText = { columns: ['id text!', 'body text'], primaryKey: ['id'] }
    const [record] = records(text, [
      { kind: 'update', oldKind: 'key', old: ['long', null], row: [undefined, undefined] },
    ])
    expect(record!.key).toBe('{"id":"long"}')
    expect(JSON.parse(record!.value!)).toMatchObject({
      op: 'u',
      before: { id: 'long' },
      after: { id: 'long' },
      unchanged: ['body'],
    })
  })

  test('a changed key is a deletion and an insertion with the same number, which knows the old key', () => {
    const written = records(orders, [
      { kind: 'insert', row },
      { kind: 'update', oldKind: 'key', old: ['7', null, null], row: ['8', 'Ann', undefined] },
    ])
    const [deletion, insertion] = written.slice(1)
    expect(deletion).toMatchObject({ key: '{"id":7}', headers: { 'pg.op': 'd', 'pg.seq': '2' } })
    expect(deletion!.headers).not.toHaveProperty('pg.last')
    expect(deletion!.headers).not.toHaveProperty('pg.oldKey')
    expect(deletion!.value).toBe('{"op":"d","schema":"public","table":"orders","before":{"id":7},"after":null}')
    expect(insertion).toMatchObject({
      key: '{"id":8}',
      headers: { 'pg.op': 'c', 'pg.seq': '2', 'pg.last': 'true', 'pg.oldKey': '{"id":7}' },
    })
    expect(insertion!.value).toBe(
      '{"op":"c","schema":"public","table":"orders","before":null,"after":{"id":8,"customer":"Ann"},"unchanged":["note"]}',
    )
  })

  test('the old key is on no other record', () => {
    const changes = changeWriter()
    changes.describe(described(orders))
    changes.describe(described({ ...orders, oid: 17_000, table: 'lines' }))
    const into = new KeptRecords()
    transact(changes, into, [
      { kind: 'update', oldKind: 'key', old: ['7', null, null], row: ['8', 'Ann', null] },
      { kind: 'truncate', oids: [16_384, 17_000] },
    ])
    expect(into.records.map(({ headers }) => headers['pg.oldKey'])).toEqual([
      undefined,
      '{"id":7}',
      undefined,
      undefined,
    ])
  })

  test('each transaction has its own place on its records', () => {
    const changes = changeWriter()
    changes.describe(described(orders))
    const into = new KeptRecords()
    for (const xid of [771, 9]) {
      changes.begin({ commitLsn: xid, xid, commitTimeMs: xid })
      changes.insert(16_384, tuple(row), 1)
      changes.flush(into, true)
    }
    expect(into.records.map(({ headers, timestampMs }) => [headers['pg.lsn'], headers['pg.xid'], timestampMs])).toEqual(
      [
        ['0/303', '771', 771],
        ['0/9', '9', 9],
      ],
    )
  })

  test('the key is the replica identity where an index is one, as deletions carry no other', () => {
    const text: TableText = { columns: ['id int4', 'mail text!'], primaryKey: ['id'], identity: 'index' }
    const written = records(text, [
      { kind: 'insert', row: ['1', 'a@b'] },
      { kind: 'delete', oldKind: 'key', old: [null, 'a@b'] },
    ])
    expect(written.map(({ key }) => key)).toEqual(['{"mail":"a@b"}', '{"mail":"a@b"}'])
  })

  test('the key is the primary key under identity nothing', () => {
    const text: TableText = { columns: ['id int4', 'mail text'], primaryKey: ['id'], identity: 'nothing' }
    const [record] = records(text, [{ kind: 'insert', row: ['1', 'a@b'] }])
    expect(record!.key).toBe('{"id":1}')
  })

  test('records of a table without any key have none', () => {
    const text: TableText = { columns: ['line text', 'at int4'], identity: 'full' }
    const written = records(text, [
      { kind: 'insert', row: ['a', '1'] },
      { kind: 'update', oldKind: 'full', old: ['a', '1'], row: ['b', '1'] },
    ])
    expect(written.map(({ key }) => key)).toEqual([null, null])
    expect(JSON.parse(written[1]!.value!)).toMatchObject({ op: 'u', before: { line: 'a' }, after: { line: 'b' } })
  })

  test('a key of several columns stands in the order of the table', () => {
    const text: TableText = { columns: ['line int4!', 'text text', 'order int4!'], primaryKey: ['order', 'line'] }
    const [record] = records(text, [{ kind: 'insert', row: ['1', 'x', '2'] }])
    expect(record!.key).toBe('{"line":1,"order":2}')
  })

  test('a table without columns has empty rows', () => {
    const [record] = records({ columns: [] }, [{ kind: 'insert', row: [] }])
    expect(record!.value).toBe('{"op":"c","schema":"public","table":"orders","before":null,"after":{}}')
  })

  test('names are quoted as JSON wants it', () => {
    const text: TableText = { schema: 'a"b', table: 'c\\d', columns: ['e"\n int4!'], primaryKey: ['e"\n'] }
    const [record] = records(text, [{ kind: 'insert', row: ['1'] }])
    expect(JSON.parse(record!.value!)).toEqual({
      op: 'c',
      schema: 'a"b',
      table: 'c\\d',
      before: null,
      after: { 'e"\n': 1 },
    })
    expect(JSON.parse(record!.key!)).toEqual({ 'e"\n': 1 })
    expect(record!.headers['pg.table']).toBe('c\\d')
  })

  test('a truncate is a record in each partition for each table, and the very last one says so', () => {
    const changes = changeWriter()
    changes.describe(described(orders))
    changes.describe(described({ ...orders, oid: 17_000, table: 'lines', topic: 'lines' }))
    const into = new KeptRecords({ partitions: 2 })
    const options = { cascade: true, restartIdentity: false }
    transact(changes, into, [{ kind: 'truncate', oids: [16_384, 17_000], options }])
    expect(into.records.map(({ topic, partition, key }) => [topic, partition, key])).toEqual([
      ['shop', 0, null],
      ['shop', 1, null],
      ['lines', 0, null],
      ['lines', 1, null],
    ])
    expect(into.records.map(({ headers }) => [headers['pg.seq'], headers['pg.last']])).toEqual([
      ['1', undefined],
      ['1', undefined],
      ['1', undefined],
      ['1', 'true'],
    ])
    expect(into.records[2]!.value).toBe(
      '{"op":"t","schema":"public","table":"lines","before":null,"after":null,"cascade":true,"restartIdentity":false}',
    )
  })

  test('a logical message is text where it is UTF-8 and base64 where it is not', () => {
    const written = records(orders, [
      { kind: 'message', prefix: 'outbox', content: Buffer.from('héé "x"') },
      { kind: 'message', prefix: 'outbox', content: Buffer.from([0xff, 0x00]) },
    ])
    expect(written.map(({ topic, key, value }) => [topic, key, value])).toEqual([
      ['shop.messages', 'outbox', '{"op":"m","prefix":"outbox","transactional":true,"content":"héé \\"x\\""}'],
      ['shop.messages', 'outbox', '{"op":"m","prefix":"outbox","transactional":true,"contentBase64":"/wA="}'],
    ])
    expect(written[1]!.headers).toEqual({
      'pg.op': 'm',
      'pg.lsn': '16/B374D848',
      'pg.xid': '771',
      'pg.seq': '2',
      'pg.last': 'true',
    })
  })

  test('a message outside of transactions has neither transaction nor number', () => {
    const changes = changeWriter()
    const into = new KeptRecords()
    changes.begin({ commitLsn: 0x10, xid: 0, commitTimeMs: 5 })
    changes.message({ prefix: 'p', bytes: Buffer.from('x'), start: 0, end: 1, isTransactional: false }, 0)
    changes.flush(into, true)
    expect(into.records[0]!.headers).toEqual({ 'pg.op': 'm', 'pg.lsn': '0/10', 'pg.last': 'true' })
    expect(into.values[0]).toEqual({ op: 'm', prefix: 'p', transactional: false, content: 'x' })
  })

  test('rows of the snapshot stand at its place, and its end is told to each partition', () => {
    const changes = changeWriter()
    changes.describe(described(orders))
    const into = new KeptRecords({ partitions: 2 })
    changes.beginSnapshot({ consistentPoint: 0x1_0000_0010, timeMs: 99 })
    changes.snapshotRow(16_384, tuple(row))
    changes.flush(into, false)
    changes.endSnapshot(['shop', 'lines'], undefined)
    changes.flush(into, true)
    const [first, ...ends] = into.records
    expect(first).toMatchObject({
      key: '{"id":7}',
      timestampMs: 99,
      headers: { 'pg.op': 'r', 'pg.lsn': '1/10', 'pg.snapshot': 'true' },
    })
    expect(first!.headers).not.toHaveProperty('pg.xid')
    expect(first!.headers).not.toHaveProperty('pg.seq')
    expect(first!.value).toBe(
      '{"op":"r","schema":"public","table":"orders","before":null,"after":{"id":7,"customer":"Ann \\"A\\" Ø","note":null}}',
    )
    expect(ends.map(({ topic, partition, value }) => [topic, partition, value])).toEqual([
      ['shop', 0, '{"op":"s","lsn":"1/10"}'],
      ['shop', 1, '{"op":"s","lsn":"1/10"}'],
      ['lines', 0, '{"op":"s","lsn":"1/10"}'],
      ['lines', 1, '{"op":"s","lsn":"1/10"}'],
    ])
    expect(ends[0]!.headers).toEqual({ 'pg.op': 's', 'pg.lsn': '1/10', 'pg.snapshot': 'true' })
    expect(ends[3]!.headers['pg.last']).toBe('true')
  })
})
