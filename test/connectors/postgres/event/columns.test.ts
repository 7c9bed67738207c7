import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../../../core/connector/secret.js'
import { binaryKind } from '../../../../connectors/postgres/pgoutput/tuple-view.js'
import type { ColumnRules } from '../../../../connectors/postgres/event/written-columns.js'
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

const people: TableText = {
  columns: ['id int4!', 'email text', 'age int4', 'note text'],
  primaryKey: ['id'],
  identity: 'full',
}
const hashKey = new Secret('a key')
const hashed = (text: string): string => createHmac('sha256', 'a key').update(text).digest('hex').slice(0, 32)

function records(rules: ColumnRules, list: readonly Change[], text = people) {
  const changes = changeWriter({ hashKey })
  changes.describe(described({ ...text, rules }))
  const into = new KeptRecords()
  transact(changes, into, list)
  return into
}

const update: Change = {
  kind: 'update',
  oldKind: 'full',
  old: ['1', 'old@x', '41', null],
  row: ['1', 'new@x', '42', undefined],
}

describe('columns', () => {
  test('a hashed column leaves as its hash, before and after; null stays null', () => {
    const into = records({ hash: ['email', 'age', 'note'] }, [update])
    expect(into.values[0]).toMatchObject({
      before: { id: 1, email: hashed('old@x'), age: hashed('41'), note: null },
      after: { id: 1, email: hashed('new@x'), age: hashed('42'), note: null },
    })
  })

  test('a hashed column of the key is hashed in the key of the record', () => {
    const text: TableText = { columns: ['email text!', 'age int4'] }
    const into = records(
      { hash: ['email'] },
      [{ kind: 'update', oldKind: 'key', old: ['old@x', null], row: ['new@x', '1'] }],
      text,
    )
    const [before, after] = [JSON.stringify({ email: hashed('old@x') }), JSON.stringify({ email: hashed('new@x') })]
    expect(into.records.map(({ key }) => key)).toEqual([before, after])
    expect(into.records[1]!.headers['pg.oldKey']).toBe(before)
    for (const { value, headers } of into.records) expect(value! + JSON.stringify(headers)).not.toContain('@x')
  })

  test('a masked column leaves as stars; null stays null', () => {
    const into = records({ mask: ['email', 'note'] }, [update])
    expect(into.values[0]).toMatchObject({
      before: { id: 1, email: '***', age: 41, note: null },
      after: { id: 1, email: '***', age: 42, note: null },
    })
  })

  test('columns that are left out are nowhere', () => {
    const only = records({ only: ['id', 'age'] }, [update])
    const except = records({ except: ['email', 'note'] }, [update])
    for (const into of [only, except]) {
      expect(into.values[0]).toEqual({
        op: 'u',
        schema: 'public',
        table: 'orders',
        before: { id: 1, age: 41 },
        after: { id: 1, age: 42 },
      })
      expect(JSON.parse(into.records[0]!.headers['pg.columns']!)).toEqual({
        identity: 'full',
        key: ['id'],
        columns: [
          ['id', 'integer'],
          ['age', 'integer'],
        ],
      })
    }
  })

  test('what is hashed or masked is announced as text', () => {
    const into = records({ hash: ['age'], mask: ['note'] }, [update])
    expect(JSON.parse(into.records[0]!.headers['pg.columns']!)).toMatchObject({
      columns: [
        ['id', 'integer'],
        ['email', 'text'],
        ['age', 'text'],
        ['note', 'text'],
      ],
    })
  })

  test.each<[string, ColumnRules]>([
    ['a key that is left out', { except: ['id'] }],
    ['a key that is not among the only columns', { only: ['email'] }],
    ['a masked key', { mask: ['id'] }],
    ['a rule for a column that is not there, as after a rename', { mask: ['mail'] }],
    ['a hash of a column that is not there', { hash: ['mail'] }],
  ])('%s is refused', (_what, rules) => {
    expect(() => records(rules, [])).toThrow(
      expect.objectContaining({ code: 'postgres_column_rule_unfit', retry: 'manual' }),
    )
  })

  test('a rule for a column that is left out anyway is no matter', () => {
    expect(() => records({ mask: ['mail'], except: ['mail'] }, [])).not.toThrow()
  })
})

describe('descriptions', () => {
  function announced(partitions: number) {
    const changes = changeWriter()
    changes.describe(described(people))
    const into = new KeptRecords({ partitions })
    const insert = (id: number): void => {
      transact(changes, into, [{ kind: 'insert', row: [String(id), 'x', '1', null] }])
    }
    return { changes, into, insert }
  }

  test('each append and partition begins with the columns, and no other record has them', () => {
    const { into, insert } = announced(3)
    for (let id = 0; id < 60; id++) {
      if (id % 20 === 0) into.appendNumber++
      insert(id)
    }
    const given = new Set<string>()
    for (const { key, headers, appendNumber } of into.records) {
      const place = `${appendNumber}/${into.partitionOf(Buffer.from(key!))}`
      expect('pg.columns' in headers).toBe(!given.has(place))
      given.add(place)
    }
    expect(given.size).toBe(9)
  })

  test('a changed relation is announced again', () => {
    const { changes, into, insert } = announced(1)
    insert(1)
    changes.describe(described({ ...people, columns: ['id int4!', 'email text', 'age text', 'note text'] }))
    insert(2)
    insert(3)
    expect(into.records.map(({ headers }) => headers['pg.columns']?.includes('["age","text"]'))).toEqual([
      false,
      true,
      undefined,
    ])
  })

  test('records without a key announce the columns once per append', () => {
    const changes = changeWriter()
    changes.describe(described({ columns: ['line text'], identity: 'full' }))
    const into = new KeptRecords({ partitions: 4 })
    for (const append of [1, 1, 2, 2]) {
      into.appendNumber = append
      transact(changes, into, [{ kind: 'insert', row: ['x'] }])
    }
    expect(into.records.map(({ headers }) => 'pg.columns' in headers)).toEqual([true, false, true, false])
  })

  test('a description on the schemas topic stands under the table, with where the stream stood', () => {
    const { changes, into } = announced(1)
    expect(changes.schemaRecord(described(people), 0x10, into)).toBe(true)
    expect(into.records).toEqual([
      {
        topic: 'shop.schemas',
        partition: undefined,
        key: '{"schema":"public","table":"orders"}',
        value:
          '{"op":"schema","schema":"public","table":"orders","identity":"full","key":["id"],"columns":[["id","integer"],["email","text"],["age","integer"],["note","text"]],"lsn":"0/10"}',
        timestampMs: 1_700_000_000_999,
        headers: { 'pg.op': 'schema', 'pg.schema': 'public', 'pg.table': 'orders', 'pg.lsn': '0/10' },
        appendNumber: 1,
      },
    ])
  })

  test('a description that finds no room changes nothing', () => {
    const { changes } = announced(1)
    expect(changes.schemaRecord(described(people), 0x10, new KeptRecords({ isFull: () => true }))).toBe(false)
  })

  test('the fingerprint follows columns, key and identity, and nothing else', () => {
    const changes = changeWriter()
    const fingerprint = (text: TableText): string => {
      const one = described(text)
      changes.describe(one)
      return changes.fingerprint(one)
    }
    const same = fingerprint(people)
    expect(fingerprint({ ...people, topic: 'elsewhere', oid: 7 })).toBe(same)
    const others = [
      { ...people, identity: 'default' as const },
      { ...people, primaryKey: [] },
      { ...people, columns: [...people.columns, 'more text'] },
      { ...people, columns: ['id int4!', 'email text', 'age text', 'note text'] },
      { ...people, table: 'lines' },
      { ...people, rules: { except: ['note'] } },
    ]
    const all = new Set([same])
    for (const text of others) all.add(fingerprint(text))
    expect(all.size).toBe(1 + others.length)
  })
})

describe('a wide table', () => {
  test('has its rows and its long description whole, and short records behind them', () => {
    const names = Array.from({ length: 1600 }, (_, column) => `column_${column}`)
    const columns = names.map((name, column) => `${name} ${column === 0 ? 'int4!' : 'text'}`)
    const into = records(
      {},
      [
        { kind: 'insert', row: names.map((_, column) => String(column)) },
        { kind: 'update', row: names.map((_, column) => (column === 0 ? '1' : undefined)) },
      ],
      { columns },
    )
    const [insert, update] = into.values as { after: Record<string, unknown>; unchanged?: string[] }[]
    expect(Object.entries(insert!.after).slice(1)).toEqual(names.map((name, column) => [name, `${column}`]).slice(1))
    expect(update).toMatchObject({ after: { column_0: 1 }, unchanged: names.slice(1) })
    const announced = JSON.parse(into.records[0]!.headers['pg.columns']!) as { columns: string[][] }
    expect(announced.columns.map(([name]) => name)).toEqual(names)
    expect(Object.keys(into.records[1]!.headers)).toEqual([
      'pg.op',
      'pg.schema',
      'pg.table',
      'pg.lsn',
      'pg.xid',
      'pg.seq',
      'pg.last',
    ])
  })

  test('leaves the headers of records around it alone', () => {
    const changes = changeWriter()
    const columns = ['id int4!', ...Array.from({ length: 1000 }, (_, column) => `column_${column} text`)]
    changes.describe(described(people))
    changes.describe(described({ columns, oid: 17_000, table: 'wide' }))
    const into = new KeptRecords()
    const small = (sequence: number): void => changes.insert(16_384, tuple(['1', 'x', '1', null]), sequence)
    const wide = (sequence: number): void => changes.insert(17_000, tuple(columns.map(() => '1')), sequence)
    changes.begin(someTransaction)
    for (const [index, insert] of [small, small, wide, small].entries()) {
      insert(index + 1)
      changes.flush(into, false)
    }
    expect(into.records.map(({ headers }) => [headers['pg.table'], headers['pg.seq']])).toEqual([
      ['orders', '1'],
      ['orders', '2'],
      ['wide', '3'],
      ['orders', '4'],
    ])
  })
})

describe('what the server must not send', () => {
  test('a value in binary form is a violation of the protocol', () => {
    const changes = changeWriter()
    changes.describe(described(people))
    changes.begin(someTransaction)
    const row = tuple(['1', 'x', '1', null])
    row.kinds[1] = binaryKind
    expect(() => changes.insert(16_384, row, 1)).toThrow(/kind "b"/)
  })

  test.each<[string, Change]>([
    ['a row of another width', { kind: 'insert', row: ['1'] }],
    ['an old row of another width', { kind: 'delete', oldKind: 'full', old: ['1', 'x'] }],
    ['a row without its key', { kind: 'update', row: [undefined, 'x', '1', null] }],
  ])('%s is a violation of the protocol', (_what, change) => {
    expect(() => records({}, [change])).toThrow(expect.objectContaining({ code: 'postgres_protocol_violation' }))
  })
})
