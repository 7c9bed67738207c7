import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { availableVersions } from '../../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../../support/postgres/postgres-server.js'
import { change, deliverAll, jsonRecord, logOf } from './sink-run.js'

describe.each(availableVersions())('a sink into Postgres %s', (version) => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres({ version })
  })
  afterAll(() => server.close())

  async function database(sql: string) {
    const name = await server.createDatabase()
    await server.run(sql, name)
    return { url: server.url(name), rows: async (query: string) => (await server.run(query, name)).rows }
  }

  it('appends a row for each object, members in any order, absent ones as their defaults', async () => {
    const { url, rows } = await database(`CREATE TABLE logs (id int, note text DEFAULT 'none')`)
    const log = logOf('logs', [
      jsonRecord({ id: 1, note: 'a\tb\\c\nd' }),
      jsonRecord({ note: null, id: 2 }),
      jsonRecord({ id: 3 }),
      jsonRecord(null),
    ])
    await deliverAll({ url, settings: { table: 'logs' }, log })
    expect(await rows('SELECT * FROM logs ORDER BY id')).toEqual([
      { id: 1, note: 'a\tb\\c\nd' },
      { id: 2, note: null },
      { id: 3, note: 'none' },
    ])
  })

  it('upserts by key, leaves columns alone that a record does not have, and deletes for a record without value', async () => {
    const { url, rows } = await database(`CREATE TABLE items (id int PRIMARY KEY, name text, price numeric);
      INSERT INTO items VALUES (1, 'old', 1), (2, 'gone', 2), (4, 'kept', 4)`)
    const log = logOf(
      'items',
      [jsonRecord({ id: 1, name: 'new' }), jsonRecord(null, { id: 2 }), jsonRecord({ id: 3, name: 'x', price: 3 })],
      [jsonRecord({ id: 3, price: 4 }), jsonRecord(null, { id: 1 }), jsonRecord({ id: 1, name: 'again' })],
    )
    await deliverAll({ url, settings: { table: '{topic}', mode: 'upsert' }, log })
    expect(await rows('SELECT id, name, price::text FROM items ORDER BY id')).toEqual([
      { id: 1, name: 'again', price: null },
      { id: 3, name: 'x', price: '4' },
      { id: 4, name: 'kept', price: '4' },
    ])
  })

  it('takes the key of a deletion as an object, a JSON value or a text', async () => {
    const { url, rows } =
      await database(`CREATE TABLE items (id text PRIMARY KEY); CREATE TABLE numbered (id int PRIMARY KEY);
      INSERT INTO items VALUES ('a'), ('b b'), ('"c'), ('d'); INSERT INTO numbered VALUES (1), (2)`)
    const deletion = (key: string) => ({ key: Buffer.from(key), value: null, timestampMs: 0 })
    const keys = ['{"id":"a"}', '"b b"', '"c']
    await deliverAll({ url, settings: { table: '{topic}', mode: 'upsert' }, log: logOf('items', keys.map(deletion)) })
    await deliverAll({ url, settings: { table: '{topic}', mode: 'upsert' }, log: logOf('numbered', [deletion('1')]) })
    expect(await rows('SELECT id FROM items UNION ALL SELECT id::text FROM numbered')).toEqual([
      { id: 'd' },
      { id: '2' },
    ])
  })

  it('merges inserts, updates, deletes and truncates, and leaves unchanged large values alone', async () => {
    const { url, rows } = await database(`CREATE TABLE items (id int PRIMARY KEY, name text, body text)`)
    const log = logOf(
      'items',
      [
        change({ op: 'c', after: { id: 9, name: 'lost', body: '' } }),
        change({ op: 't' }),
        change({ op: 'r', after: { id: 1, name: 'one', body: 'large' } }),
        change({ op: 'r', after: { id: 2, name: 'two', body: 'large' } }),
      ],
      [
        change({ op: 'u', after: { id: 1, name: 'uno' }, unchanged: ['body'] }),
        change({ op: 'd', before: { id: 2 } }),
        change({ op: 'c', after: { id: 2, name: 'dos', body: 'b' } }),
        change({ op: 'u', after: { id: 2, name: 'dos!' }, unchanged: ['body'] }),
      ],
    )
    await deliverAll({ url, settings: { table: '{schema}.{table}', mode: 'merge' }, log })
    expect(await rows('SELECT * FROM items ORDER BY id')).toEqual([
      { id: 1, name: 'uno', body: 'large' },
      { id: 2, name: 'dos!', body: 'b' },
    ])
  })

  it('takes one row of a bag away for each deletion where rows have no key', async () => {
    const { url, rows } = await database(`CREATE TABLE items (id int, note json)`)
    const row = (id: number, note: unknown = null) => ({ id, note })
    const log = logOf(
      'items',
      [1, 1, 1, 2].map((id) => change({ op: 'c', after: row(id) })),
      [
        change({ op: 'd', before: row(1) }),
        change({ op: 'u', before: row(1), after: row(3, { a: 1 }) }),
        change({ op: 'u', before: row(3, { a: 1 }), after: row(4) }),
      ],
    )
    await deliverAll({ url, settings: { table: '{table}', mode: 'merge' }, log })
    expect((await rows('SELECT id FROM items ORDER BY id')).map(({ id }) => id)).toEqual([1, 2, 4])
  })

  it('creates tables and adds and widens columns as the source describes them', async () => {
    const { url, rows } = await database('SELECT 1')
    const columns = (...list: [string, string][]) => ({ identity: 'default', key: ['id'], columns: list })
    const log = logOf(
      'items',
      [change({ op: 'c', after: { id: 1 }, columns: columns(['id', 'integer'], ['mood', 'public.mood']) })],
      [
        change({
          op: 'c',
          after: { id: 5_000_000_000, mood: 'fine', at: '2024-02-29T10:00:00' },
          columns: columns(['id', 'bigint'], ['mood', 'public.mood'], ['at', 'timestamp without time zone']),
        }),
      ],
    )
    await deliverAll({ url, settings: { table: 'dw.{table}', mode: 'merge', evolve: 'widen' }, log })
    expect(await rows('SELECT id::text, mood, at::text FROM dw.items ORDER BY id')).toEqual([
      { id: '1', mood: null, at: null },
      { id: '5000000000', mood: 'fine', at: '2024-02-29 10:00:00' },
    ])
    const [key] = await rows(
      `SELECT pg_get_constraintdef(oid) AS def FROM pg_constraint WHERE conrelid = 'dw.items'::regclass AND contype = 'p'`,
    )
    expect(key.def).toBe('PRIMARY KEY (id)')
  })

  it('stops with both types where a column cannot take the values of the source', async () => {
    const { url } = await database('CREATE TABLE items (id int PRIMARY KEY, flag boolean)')
    const columns = {
      identity: 'default',
      key: ['id'],
      columns: [
        ['id', 'integer'],
        ['flag', 'integer'],
      ],
    }
    const log = logOf('items', [change({ op: 'c', after: { id: 1, flag: 1 }, columns })])
    await expect(deliverAll({ url, settings: { table: '{table}', mode: 'merge' }, log })).rejects.toMatchObject({
      code: 'postgres_target_unfit',
      details: { column: 'flag', source: 'integer', target: 'boolean' },
    })
  })
})
