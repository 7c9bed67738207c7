// Which tables, columns and rows come, where they go, and what changes of columns do.

import { expect } from 'vitest'
import { behavioursOf, type CdcBehaviours } from './cdc-site.js'
import { changesOf, header, live, rowsAfter } from './live.js'

const orders = 'CREATE TABLE orders (id int PRIMARY KEY, note text)'

const topics: CdcBehaviours = {
  'a template gives each table a topic': async (open) => {
    const site = await live(open, `${orders}; CREATE TABLE lines (id int PRIMARY KEY)`, { to: 'shop.{table}' })
    await site.run(`INSERT INTO orders VALUES (1, 'a'); INSERT INTO lines VALUES (10), (11)`)
    expect(rowsAfter(await site.settled('shop.orders'))).toEqual([{ id: 1, note: 'a' }])
    expect(rowsAfter(await site.settled('shop.lines'))).toEqual([{ id: 10 }, { id: 11 }])
  },
  'a template may name the schema': async (open) => {
    const site = await live(open, `CREATE SCHEMA eu; CREATE TABLE eu.orders (id int PRIMARY KEY)`, {
      tables: ['eu.orders'],
      to: '{schema}.{table}',
    })
    expect(rowsAfter(await changesOf(site, 'INSERT INTO eu.orders VALUES (1)', 'eu.orders'))).toEqual([{ id: 1 }])
  },
  'a table whose name is no topic name stops the source with a hint': async (open) => {
    const site = await open({ sql: 'CREATE TABLE "my table" (id int PRIMARY KEY)', source: { to: 'shop.{table}' } })
    await site.start()
    await expect(site.complaint()).resolves.toMatch(/postgres_topic_unfit: .*"my table".*"shop\.my table"/)
  },
  'records of one key stay in one partition': async (open) => {
    const site = await open({
      sql: orders,
      topics: { all: { partitions: 4 } },
      source: { snapshot: { mode: 'never' } },
    })
    await site.start()
    await site.streaming()
    await site.run(`INSERT INTO orders SELECT g, 'a' FROM generate_series(1, 40) g; UPDATE orders SET note = 'b'`)
    const records = await site.settled()
    const places = new Map<string, Set<number>>()
    for (const { key, partition } of records) {
      const name = JSON.stringify(key)
      places.set(name, (places.get(name) ?? new Set()).add(partition))
    }
    expect(records).toHaveLength(80)
    expect([...places.values()].every(({ size }) => size === 1)).toBe(true)
    expect(new Set(records.map(({ partition }) => partition)).size).toBe(4)
  },
  'the first record of a table in each append says its columns': async (open) => {
    const site = await live(open, orders)
    const records = await changesOf(site, `INSERT INTO orders SELECT g, 'a' FROM generate_series(1, 3) g`)
    expect(JSON.parse(records[0]?.headers['pg.columns'] ?? 'null')).toEqual({
      identity: 'default',
      key: ['id'],
      columns: [
        ['id', 'integer'],
        ['note', 'text'],
      ],
    })
    expect(header(records, 'pg.columns').slice(1)).toEqual([undefined, undefined])
  },
}

const filters: CdcBehaviours = {
  'columns that are left out leave nowhere': async (open) => {
    const site = await open({
      sql: `CREATE TABLE people (id int PRIMARY KEY, name text, secret text); INSERT INTO people VALUES (1, 'a', 'x')`,
      source: { options: [{ table: 'public.people', except: ['secret'] }] },
    })
    await site.start()
    await site.streaming()
    await site.run(`UPDATE people SET name = 'b', secret = 'y'`)
    const records = await site.settled()
    expect(JSON.stringify(records)).not.toContain('secret')
    expect(rowsAfter(records).filter(Boolean)).toEqual([
      { id: 1, name: 'a' },
      { id: 1, name: 'b' },
    ])
  },
  'only the columns that are named come': async (open) => {
    const site = await live(open, 'CREATE TABLE people (id int PRIMARY KEY, name text, secret text)', {
      options: [{ table: 'public.people', only: ['id', 'name'] }],
    })
    expect(rowsAfter(await changesOf(site, `INSERT INTO people VALUES (1, 'a', 'x')`))).toEqual([{ id: 1, name: 'a' }])
  },
  'a masked column is three stars, and null stays null': async (open) => {
    const site = await live(open, 'CREATE TABLE people (id int PRIMARY KEY, email text)', {
      options: [{ table: 'public.people', mask: ['email'] }],
    })
    const records = await changesOf(site, `INSERT INTO people VALUES (1, 'a@b'), (2, NULL)`)
    expect(rowsAfter(records)).toEqual([
      { id: 1, email: '***' },
      { id: 2, email: null },
    ])
  },
  'a hashed column is the same for the same value, in snapshot and stream': async (open) => {
    process.env['TAILRACE_TEST_HASH_KEY'] = 'k'
    const site = await open({
      sql: `CREATE TABLE people (id int PRIMARY KEY, email text); INSERT INTO people VALUES (1, 'a@b')`,
      source: { hashKey: { $env: 'TAILRACE_TEST_HASH_KEY' }, options: [{ table: 'public.people', hash: ['email'] }] },
    })
    await site.start()
    await site.streaming()
    await site.run(`INSERT INTO people VALUES (2, 'a@b'), (3, 'c@d')`)
    const emails = rowsAfter(await site.settled())
      .filter(Boolean)
      .map((row) => (row as { email: string }).email)
    expect(emails[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(emails[1]).toBe(emails[0])
    expect(emails[2]).not.toBe(emails[0])
  },
  'rows are filtered by the server, in snapshot and stream': async (open) => {
    const site = await open({
      sql: `CREATE TABLE sales (id int, region text, PRIMARY KEY (id, region)); INSERT INTO sales VALUES (1, 'eu'), (2, 'us')`,
      source: { options: [{ table: 'public.sales', where: "region = 'eu'" }] },
    })
    await site.start()
    await site.streaming()
    await site.run(`INSERT INTO sales VALUES (3, 'eu'), (4, 'us')`)
    const rows = rowsAfter(await site.settled()).filter(Boolean)
    expect(rows).toEqual([
      { id: 1, region: 'eu' },
      { id: 3, region: 'eu' },
    ])
  },
  'a row that leaves the filter is a deletion': async (open) => {
    const site = await live(
      open,
      `CREATE TABLE sales (id int, region text, PRIMARY KEY (id, region)); INSERT INTO sales VALUES (1, 'eu')`,
      {
        options: [{ table: 'public.sales', where: "region = 'eu'" }],
      },
    )
    const records = await changesOf(site, `UPDATE sales SET region = 'us'`)
    expect(header(records, 'pg.op')).toEqual(['d'])
  },
  'tables that are not named do not come': async (open) => {
    const site = await live(open, `${orders}; CREATE TABLE other (id int PRIMARY KEY)`, { tables: ['public.orders'] })
    const records = await changesOf(site, `INSERT INTO other VALUES (1); INSERT INTO orders VALUES (1, 'a')`)
    expect(records.map(({ value }) => value?.['table'])).toEqual(['orders'])
  },
  'a whole schema comes, and no other': async (open) => {
    const site = await live(
      open,
      `CREATE SCHEMA eu; CREATE TABLE eu.a (id int PRIMARY KEY); CREATE TABLE eu.b (id int PRIMARY KEY); ${orders}`,
      {
        tables: ['eu.*'],
      },
    )
    const records = await changesOf(
      site,
      `INSERT INTO eu.a VALUES (1); INSERT INTO eu.b VALUES (1); INSERT INTO orders VALUES (1, 'a')`,
    )
    expect(records.map(({ value }) => value?.['table'])).toEqual(['a', 'b'])
  },
  'a publication for all tables gives those that are named': async (open) => {
    const site = await live(
      open,
      `${orders}; CREATE TABLE other (id int PRIMARY KEY); CREATE PUBLICATION everything FOR ALL TABLES`,
      {
        publication: 'everything',
        tables: ['public.orders'],
      },
    )
    const records = await changesOf(site, `INSERT INTO other VALUES (1); INSERT INTO orders VALUES (1, 'a')`)
    expect(records.map(({ value }) => value?.['table'])).toEqual(['orders'])
  },
}

const parted = `CREATE TABLE events (id int, day date, note text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
  CREATE TABLE events_2023 PARTITION OF events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
  CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`

const partitions: CdcBehaviours = {
  'changes of partitions come under the name of their root': async (open) => {
    const site = await live(open, parted, { tables: ['public.events'] })
    const records = await changesOf(site, `INSERT INTO events VALUES (1, '2023-05-01', 'a'), (2, '2024-05-01', 'b')`)
    expect(records.map(({ value }) => value?.['table'])).toEqual(['events', 'events'])
  },
  'the snapshot reads all partitions under the name of their root': async (open) => {
    const site = await open({
      sql: `${parted}; INSERT INTO events VALUES (1, '2023-05-01', 'a'), (2, '2024-05-01', 'b')`,
      source: { tables: ['public.events'] },
    })
    await site.start()
    const records = (await site.records(3)).filter(({ value }) => value?.['op'] === 'r')
    expect(records.map(({ value }) => value?.['table'])).toEqual(['events', 'events'])
    expect(rowsAfter(records)).toHaveLength(2)
  },
  'a row that moves to another partition is a deletion and an insertion': async (open) => {
    const site = await live(open, `${parted}; INSERT INTO events VALUES (1, '2023-05-01', 'a')`, {
      tables: ['public.events'],
    })
    expect(header(await changesOf(site, `UPDATE events SET day = '2024-05-01'`), 'pg.op')).toEqual(['d', 'c'])
  },
  'a partition that is added later comes too': async (open) => {
    const site = await live(open, parted, { tables: ['public.events'] })
    const records = await changesOf(
      site,
      `CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01'); INSERT INTO events VALUES (3, '2025-05-01', 'c')`,
    )
    expect(records.map(({ value }) => value?.['table'])).toEqual(['events'])
  },
  'partitions with their columns in another order give the same rows': async (open) => {
    const site = await live(
      open,
      `${parted}; CREATE TABLE odd (note text, day date NOT NULL, dropped int, id int NOT NULL); ALTER TABLE odd DROP dropped;
       ALTER TABLE events ATTACH PARTITION odd FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')`,
      { tables: ['public.events'] },
    )
    expect(rowsAfter(await changesOf(site, `INSERT INTO events VALUES (9, '2030-05-01', 'z')`))).toEqual([
      { id: 9, day: '2030-05-01', note: 'z' },
    ])
  },
  'a partition of a partition comes under the root': async (open) => {
    const site = await live(
      open,
      `CREATE TABLE deep (id int PRIMARY KEY) PARTITION BY RANGE (id);
       CREATE TABLE deep_a PARTITION OF deep FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (id);
       CREATE TABLE deep_a1 PARTITION OF deep_a FOR VALUES FROM (0) TO (50)`,
      { tables: ['public.deep'] },
    )
    const records = await changesOf(site, 'INSERT INTO deep VALUES (1)')
    expect(records.map(({ value }) => value?.['table'])).toEqual(['deep'])
  },
  'a truncate of the root is one record': async (open) => {
    const site = await live(open, parted, { tables: ['public.events'] })
    const records = await changesOf(site, 'TRUNCATE events')
    expect(records.map(({ value }) => [value?.['op'], value?.['table']])).toEqual([['t', 'events']])
  },
}

const columns: CdcBehaviours = {
  'an added column is there from the next change on': async (open) => {
    const site = await live(open, orders)
    const records = await changesOf(
      site,
      `INSERT INTO orders VALUES (1, 'a'); ALTER TABLE orders ADD n int DEFAULT 7; INSERT INTO orders VALUES (2, 'b')`,
    )
    expect(rowsAfter(records)).toEqual([
      { id: 1, note: 'a' },
      { id: 2, note: 'b', n: 7 },
    ])
    expect(records[1]?.headers['pg.columns']).toContain('["n","integer"]')
  },
  'a dropped column is gone from the next change on': async (open) => {
    const site = await live(open, orders)
    const records = await changesOf(
      site,
      `INSERT INTO orders VALUES (1, 'a'); ALTER TABLE orders DROP note; INSERT INTO orders VALUES (2)`,
    )
    expect(rowsAfter(records)).toEqual([{ id: 1, note: 'a' }, { id: 2 }])
  },
  'a renamed column comes under its new name': async (open) => {
    const site = await live(open, orders)
    const records = await changesOf(
      site,
      `ALTER TABLE orders RENAME note TO remark; INSERT INTO orders VALUES (1, 'a')`,
    )
    expect(rowsAfter(records)).toEqual([{ id: 1, remark: 'a' }])
  },
  'a column of another type comes in its form': async (open) => {
    const site = await live(open, 'CREATE TABLE t (id int PRIMARY KEY, n int)')
    const records = await changesOf(
      site,
      `INSERT INTO t VALUES (1, 5); ALTER TABLE t ALTER n TYPE text; INSERT INTO t VALUES (2, 'five')`,
    )
    expect(rowsAfter(records).map((row) => (row as { n: unknown }).n)).toEqual([5, 'five'])
  },
  'a change of columns inside of a transaction holds from there on': async (open) => {
    const site = await live(open, orders)
    const records = await changesOf(
      site,
      `BEGIN; INSERT INTO orders VALUES (1, 'a'); ALTER TABLE orders ADD n int; INSERT INTO orders VALUES (2, 'b', 3); COMMIT`,
    )
    expect(rowsAfter(records)).toEqual([
      { id: 1, note: 'a' },
      { id: 2, note: 'b', n: 3 },
    ])
  },
  'another primary key holds from the next change on': async (open) => {
    const site = await live(open, 'CREATE TABLE t (a int NOT NULL, b int NOT NULL, CONSTRAINT k PRIMARY KEY (a))')
    const records = await changesOf(
      site,
      `INSERT INTO t VALUES (1, 10); ALTER TABLE t DROP CONSTRAINT k, ADD PRIMARY KEY (b); INSERT INTO t VALUES (2, 20)`,
    )
    expect(records.map(({ key }) => key)).toEqual([{ a: 1 }, { b: 20 }])
  },
  'a renamed table goes on under its new name when that is named too': async (open) => {
    const site = await live(open, orders, { tables: ['public.*'] })
    const records = await changesOf(
      site,
      `INSERT INTO orders VALUES (1, 'a'); ALTER TABLE orders RENAME TO sales; INSERT INTO sales VALUES (2, 'b')`,
    )
    expect(records.map(({ value }) => value?.['table'])).toEqual(['orders', 'sales'])
  },
  'a dropped table ends, and the others go on': async (open) => {
    const site = await live(open, `${orders}; CREATE TABLE gone (id int PRIMARY KEY)`)
    const records = await changesOf(
      site,
      `INSERT INTO gone VALUES (1); DROP TABLE gone; INSERT INTO orders VALUES (1, 'a')`,
    )
    expect(records.map(({ value }) => value?.['table'])).toEqual(['gone', 'orders'])
  },
  'a generated column comes where the server sends it': async (open) => {
    const site = await open({
      sql: 'CREATE TABLE g (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED); INSERT INTO g VALUES (1)',
    })
    await site.start()
    await site.streaming()
    await site.run('INSERT INTO g VALUES (2)')
    const rows = rowsAfter(await site.settled()).filter(Boolean)
    const expected =
      site.server.version === 'embedded'
        ? [
            { id: 1, twice: 2 },
            { id: 2, twice: 4 },
          ]
        : [{ id: 1 }, { id: 2 }]
    expect(rows).toEqual(expected)
  },
  'a table without columns has rows all the same': async (open) => {
    const site = await live(
      open,
      "CREATE TABLE empty (); CREATE PUBLICATION inserts FOR TABLE empty WITH (publish = 'insert')",
      {
        publication: 'inserts',
      },
    )
    expect(rowsAfter(await changesOf(site, 'INSERT INTO empty DEFAULT VALUES'))).toEqual([{}])
  },
}

const schemas: CdcBehaviours = {
  'the schemas topic has a record for each table': async (open) => {
    const site = await open({
      sql: `${orders}; CREATE TABLE lines (id int PRIMARY KEY)`,
      source: { schemas: 'schemas' },
    })
    await site.start()
    const records = await site.records(2, 'schemas')
    expect(records.map(({ key }) => key)).toEqual([
      { schema: 'public', table: 'lines' },
      { schema: 'public', table: 'orders' },
    ])
    expect(records[1]?.value).toMatchObject({
      op: 'schema',
      key: ['id'],
      columns: [
        ['id', 'integer'],
        ['note', 'text'],
      ],
    })
  },
  'the schemas topic has a record for each change of columns': async (open) => {
    const site = await live(open, orders, { schemas: 'schemas' })
    await site.run(
      `INSERT INTO orders VALUES (1, 'a'); ALTER TABLE orders ADD n numeric(10,2); INSERT INTO orders VALUES (2, 'b')`,
    )
    const records = await site.settled('schemas')
    expect(records.map(({ value }) => (value?.['columns'] as unknown[] | undefined)?.length)).toEqual([2, 3])
    expect(JSON.stringify(records[1]?.value)).toContain('["n","numeric(10,2)"]')
  },
  'a restart does not say again what was said': async (open) => {
    const site = await live(open, orders, { schemas: 'schemas' })
    await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`)
    await site.stop()
    await site.start()
    await site.streaming()
    await changesOf(site, `INSERT INTO orders VALUES (2, 'b')`)
    expect(await site.settled('schemas')).toHaveLength(1)
  },
}

const messages: CdcBehaviours = {
  'a logical message with a prefix that is asked for is a record': async (open) => {
    const site = await live(open, orders, { messages: { prefixes: ['outbox'], to: 'messages' } })
    const [record] = await changesOf(site, `SELECT pg_logical_emit_message(true, 'outbox', 'hello')`, 'messages')
    expect(record?.key).toBe('outbox')
    expect(record?.value).toMatchObject({ op: 'm', prefix: 'outbox', content: 'hello' })
  },
  'a message with another prefix is passed over': async (open) => {
    const site = await live(open, orders, { messages: { prefixes: ['outbox'], to: 'messages' } })
    expect(
      await changesOf(
        site,
        `SELECT pg_logical_emit_message(true, 'other', 'x'), pg_logical_emit_message(false, 'other', 'x')`,
        'messages',
      ),
    ).toEqual([])
  },
  'a message outside of transactions is there at once': async (open) => {
    const site = await live(open, orders, { messages: { prefixes: ['outbox'], to: 'messages' } })
    const [record] = await changesOf(site, `SELECT pg_logical_emit_message(false, 'outbox', 'now')`, 'messages')
    expect(record?.value).toMatchObject({ content: 'now' })
    expect(record?.headers['pg.last']).toBe('true')
  },
  'bytes that are no text come as base64': async (open) => {
    const site = await live(open, orders, { messages: { prefixes: ['outbox'], to: 'messages' } })
    const [record] = await changesOf(
      site,
      `SELECT pg_logical_emit_message(true, 'outbox', '\\xff00'::bytea)`,
      'messages',
    )
    expect(record?.value).toMatchObject({ contentBase64: '/wA=' })
  },
  'messages keep their place among the changes of their transaction': async (open) => {
    const site = await live(open, orders, { messages: { prefixes: ['outbox'], to: 'messages' } })
    await site.run(
      `BEGIN; INSERT INTO orders VALUES (1, 'a'); SELECT pg_logical_emit_message(true, 'outbox', 'x'); INSERT INTO orders VALUES (2, 'b'); COMMIT`,
    )
    expect(header(await site.settled('messages'), 'pg.seq')).toEqual(['2'])
    expect(header(await site.settled(), 'pg.seq')).toEqual(['1', '3'])
  },
  'messages are not said twice after a restart': async (open) => {
    const site = await live(open, orders, { messages: { prefixes: ['outbox'], to: 'messages' } })
    await changesOf(site, `SELECT pg_logical_emit_message(false, 'outbox', '1')`, 'messages')
    await site.stop()
    await site.start()
    await site.streaming()
    const records = await changesOf(site, `SELECT pg_logical_emit_message(false, 'outbox', '2')`, 'messages')
    expect(records.map(({ value }) => value?.['content'])).toEqual(['1', '2'])
  },
}

const formats: CdcBehaviours = {
  'flat: the value is the row, a deletion is a tombstone': async (open) => {
    const site = await live(open, `${orders}; INSERT INTO orders VALUES (1, 'a')`, { format: 'flat' })
    const records = await changesOf(site, `UPDATE orders SET note = 'b'; DELETE FROM orders`)
    expect(records.map(({ key, value }) => [key, value])).toEqual([
      [{ id: 1 }, { id: 1, note: 'b' }],
      [{ id: 1 }, null],
    ])
    expect(header(records, 'pg.op')).toEqual(['u', 'd'])
  },
  'flat: rows of the snapshot are rows': async (open) => {
    const site = await open({ sql: `${orders}; INSERT INTO orders VALUES (1, 'a')`, source: { format: 'flat' } })
    await site.start()
    expect((await site.records(1)).map(({ value }) => value)).toEqual([{ id: 1, note: 'a' }])
  },
  'debezium: the envelope, and a tombstone behind a deletion': async (open) => {
    const site = await live(open, `${orders}; INSERT INTO orders VALUES (1, 'a')`, { format: 'debezium' })
    const records = await changesOf(site, `UPDATE orders SET note = 'b'; DELETE FROM orders`)
    expect(records.map(({ value }) => value?.['op'] ?? null)).toEqual(['u', 'd', null])
    expect(records[0]?.value).toMatchObject({
      before: null,
      after: { id: 1, note: 'b' },
      source: { connector: 'postgresql', schema: 'public', table: 'orders', db: site.database, snapshot: 'false' },
    })
    expect(records.map(({ key }) => key)).toEqual([{ id: 1 }, { id: 1 }, { id: 1 }])
  },
  'debezium: rows of the snapshot have the op r': async (open) => {
    const site = await open({ sql: `${orders}; INSERT INTO orders VALUES (1, 'a')`, source: { format: 'debezium' } })
    await site.start()
    const [record] = await site.records(1)
    expect(record?.value).toMatchObject({ op: 'r', after: { id: 1, note: 'a' } })
  },
  'into a compacted topic go flat rows with keys': async (open) => {
    const site = await open({
      sql: `${orders}; ALTER TABLE orders REPLICA IDENTITY FULL; INSERT INTO orders VALUES (1, 'a')`,
      topics: { all: { cleanup: 'compact' } },
      source: { format: 'flat' },
    })
    await site.start()
    await site.streaming()
    const records = await changesOf(site, 'DELETE FROM orders')
    expect(records.map(({ key, value }) => [key, value])).toEqual([
      [{ id: 1 }, { id: 1, note: 'a' }],
      [{ id: 1 }, null],
    ])
  },
}

const compacted: CdcBehaviours = {
  'a table whose updates may lack a value does not go into a compacted topic': async (open) => {
    const site = await open({ sql: orders, topics: { all: { cleanup: 'compact' } }, source: { format: 'flat' } })
    await site.start()
    expect(await site.complaint()).toMatch(/^postgres_identity_not_full: public\.orders .* note /)
  },
  'a table of small values goes there without a full identity': async (open) => {
    const site = await open({
      sql: 'CREATE TABLE points (id int PRIMARY KEY, x int); INSERT INTO points VALUES (1, 2)',
      topics: { all: { cleanup: 'compact' } },
      source: { format: 'flat' },
    })
    await site.start()
    expect((await site.records(1)).map(({ value }) => value)).toEqual([{ id: 1, x: 2 }])
  },
  'native changes are refused there by validation': async (open) => {
    const site = await open({ sql: orders, topics: { all: { cleanup: 'compact' } } })
    await expect(site.start()).rejects.toThrow(/sources\.db\.format: .*compacted/)
  },
  'a truncate of what goes there is a record': async (open) => {
    const site = await open({
      sql: 'CREATE TABLE points (id int PRIMARY KEY)',
      topics: { all: { cleanup: 'compact' } },
      source: { format: 'flat', snapshot: { mode: 'never' } },
    })
    await site.start()
    await site.streaming()
    expect(header(await changesOf(site, 'INSERT INTO points VALUES (1); TRUNCATE points'), 'pg.op')).toEqual(['c', 't'])
  },
}

const guarded: CdcBehaviours = {
  'rows that a policy would hide stop the snapshot instead of being left out': async (open) => {
    const site = await open({
      sql: `CREATE ROLE reader LOGIN REPLICATION; CREATE TABLE secrets (id int PRIMARY KEY); INSERT INTO secrets VALUES (1);
        ALTER TABLE secrets ENABLE ROW LEVEL SECURITY; GRANT SELECT ON secrets TO reader;
        CREATE PUBLICATION shop FOR TABLE secrets WITH (publish_via_partition_root = true)`,
    })
    await site.start({}, site.server.url(site.database, 'reader'))
    expect(await site.complaint()).toMatch(/row-level security/)
    await site.stop()
    await site.run('DROP OWNED BY reader; DROP ROLE reader')
  },
}

behavioursOf('compacted topics', compacted)
behavioursOf('guarded rows', guarded)
behavioursOf('topics of changes', topics)
behavioursOf('what is left out', filters)
behavioursOf('partitioned tables', partitions)
behavioursOf('changes of columns', columns)
behavioursOf('changes of columns', columns, { version: 'debian' })
behavioursOf('the schemas topic', schemas)
behavioursOf('logical messages', messages)
behavioursOf('formats of changes', formats)
