import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { availableVersions } from '../../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../../support/postgres/postgres-server.js'
import { TestLog } from '../../lake/test-log.js'
import { change, deliverAll, jsonRecord, logOf } from './sink-run.js'

describe.each(availableVersions())('tables of Postgres %s that a sink writes', (version) => {
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

  it('may have names that need quoting, in every position', async () => {
    const { url, rows } = await database('SELECT 1')
    const odd = 'Odd "Name". drop'
    const columns = {
      identity: 'default',
      key: [odd],
      columns: [
        [odd, 'integer'],
        ['select', 'text'],
        ['ü\t', 'text'],
      ],
    }
    const after = { [odd]: 1, select: 'x', 'ü\t': 'y' }
    const log = logOf(
      'db',
      [
        change({ op: 'c', table: odd, after, columns }),
        change({ op: 'u', table: odd, after: { [odd]: 1, select: 'z' }, unchanged: ['ü\t'] }),
      ],
      [
        change({ op: 'c', table: odd, after: { ...after, [odd]: 2 } }),
        change({ op: 'd', table: odd, before: { [odd]: 2 } }),
      ],
    )
    await deliverAll({ url, settings: { table: '"D. W".{table}', mode: 'merge', evolve: 'add' }, log })
    expect(await rows('SELECT * FROM "D. W"."Odd ""Name"". drop"')).toEqual([{ [odd]: 1, select: 'z', 'ü\t': 'y' }])
  })

  it('may compute columns, and count them', async () => {
    const { url, rows } =
      await database(`CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, price int,
      twice int GENERATED ALWAYS AS (price * 2) STORED)`)
    const log = logOf('items', [
      change({ op: 'c', after: { id: 7, price: 1, twice: 2 } }),
      change({ op: 'c', after: { id: 8, price: 2, twice: 4 } }),
      change({ op: 'd', before: { id: 8 } }),
      change({ op: 'u', after: { id: 7, price: 5, twice: 10 } }),
    ])
    await deliverAll({ url, settings: { table: '{table}', mode: 'merge' }, log })
    expect(await rows('SELECT * FROM items')).toEqual([{ id: 7, price: 5, twice: 10 }])
  })

  it('may be partitioned, with keys of several columns', async () => {
    const { url, rows } =
      await database(`CREATE TABLE items (day date, id int, note text, PRIMARY KEY (day, id)) PARTITION BY RANGE (day);
      CREATE TABLE items_1 PARTITION OF items FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
      CREATE TABLE items_2 PARTITION OF items FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')`)
    const item = (day: string, id: number, note: string) => ({ note, id, day })
    const log = logOf(
      'items',
      [change({ op: 'c', after: item('2024-01-05', 1, 'a') }), change({ op: 'c', after: item('2024-02-05', 1, 'b') })],
      [
        change({ op: 'u', after: item('2024-01-05', 1, 'c') }),
        change({ op: 'd', before: { id: 1, day: '2024-02-05' } }),
      ],
    )
    await deliverAll({ url, settings: { table: '{table}', mode: 'merge' }, log })
    expect(await rows('SELECT day::text, id, note FROM items')).toEqual([{ day: '2024-01-05', id: 1, note: 'c' }])
  })

  it('change in the middle of a transaction of the source, and of a batch', async () => {
    const { url, rows } = await database('SELECT 1')
    const columns = (...list: [string, string][]) => ({ identity: 'default', key: ['id'], columns: list })
    const narrow = columns(['id', 'integer'], ['size', 'smallint'])
    const wide = columns(['id', 'integer'], ['size', 'bigint'], ['body', 'jsonb'])
    const log = logOf('db', [
      change({ op: 'c', after: { id: 1, size: 1 }, columns: narrow, isLast: false }),
      change({ op: 'c', after: { id: 2, size: 2 }, isLast: false }),
      change({ op: 'u', after: { id: 1, size: 9_000_000_000, body: { a: [1] } }, columns: wide, isLast: false }),
      change({ op: 'd', before: { id: 2 } }),
      change({ op: 'c', after: { id: 3, size: null, body: null } }),
    ])
    for (const apply of ['transactions', 'records']) {
      await deliverAll({
        url,
        settings: { table: `${apply}.{table}`, mode: 'merge', evolve: 'widen', apply },
        log,
        sink: apply,
      })
      expect(await rows(`SELECT id, size::text, body FROM ${apply}.items ORDER BY id`)).toEqual([
        { id: 1, size: '9000000000', body: { a: [1] } },
        { id: 3, size: null, body: null },
      ])
    }
  })

  it('are created from what plain values say', async () => {
    const { url, rows } = await database('SELECT 1')
    const log = logOf('logs', [
      jsonRecord({ at: '2024-02-29T10:00:00Z', level: 'info', ok: true, size: 1.5, tags: ['a'] }),
      jsonRecord({ at: '2024-02-29T10:00:01Z', size: '12345678901234567890' }),
    ])
    await deliverAll({ url, settings: { table: 'raw.{topic}', evolve: 'add' }, log })
    const types = `SELECT string_agg(format_type(atttypid, atttypmod), ',' ORDER BY attnum) AS types FROM pg_attribute WHERE attrelid = 'raw.logs'::regclass AND attnum > 0`
    expect(await rows(types)).toEqual([{ types: 'text,text,boolean,numeric,jsonb' }])
    expect(await rows('SELECT size::text FROM raw.logs ORDER BY at')).toEqual([
      { size: '1.5' },
      { size: '12345678901234567890' },
    ])
  })

  it('are filled from several partitions, each at its own place', async () => {
    const { url, rows } = await database('CREATE TABLE items (id int PRIMARY KEY, note text)')
    const log = new TestLog()
    for (let partition = 0; partition < 3; partition++) {
      const of = log.add('items', partition)
      for (let round = 0; round < 4; round++) {
        log.append(
          of,
          Array.from({ length: 50 }, (_, index) => jsonRecord({ id: index * 3 + partition, note: `${round}` })),
        )
      }
    }
    const run = await deliverAll({ url, settings: { table: 'items', mode: 'upsert' }, log })
    expect([...run.durable.values()]).toEqual([200, 200, 200])
    expect(await rows('SELECT note, count(*)::int FROM items GROUP BY 1')).toEqual([{ note: '3', count: 150 }])
  })

  it('are not truncated for one partition of several, nor when it is ignored or refused', async () => {
    const { url, rows } = await database('CREATE TABLE items (id int PRIMARY KEY); INSERT INTO items VALUES (1)')
    const settings = { table: '{table}', mode: 'merge' }
    const log = logOf('items', [change({ op: 't' })])
    await deliverAll({ url, settings: { ...settings, truncates: 'ignore' }, log, sink: 'ignoring' })
    const refusing = await deliverAll({ url, settings: { ...settings, truncates: 'fail' }, log, sink: 'refusing' })
    expect([...refusing.failed.values()].map(({ code }) => code)).toEqual(['postgres_truncate_refused'])
    log.add('items', 1)
    const partitioned = deliverAll({ url, settings, log, sink: 'partitioned' })
    await expect(partitioned).rejects.toMatchObject({ code: 'postgres_truncate_partitioned' })
    expect(await rows('SELECT id FROM items')).toEqual([{ id: 1 }])
  })
})
