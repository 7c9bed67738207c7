// What changes of rows become: operations, keys, identities, transactions.

import { expect } from 'vitest'
import { behavioursOf, type CdcBehaviours, type SeenRecord } from './cdc-site.js'
import { changesOf, header, live } from './live.js'

const orders = 'CREATE TABLE orders (id int PRIMARY KEY, note text)'

const shapes = (records: readonly SeenRecord[]): unknown[] =>
  records.map(({ key, value }) => [value?.['op'], key, value?.['before'], value?.['after']])

const operations: CdcBehaviours = {
  'an insert is a record with the row behind it': async (open) => {
    const site = await live(open, orders)
    expect(shapes(await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`))).toEqual([
      ['c', { id: 1 }, null, { id: 1, note: 'a' }],
    ])
  },
  'an update carries the new row': async (open) => {
    const site = await live(open, `${orders}; INSERT INTO orders VALUES (1, 'a')`)
    expect(shapes(await changesOf(site, `UPDATE orders SET note = 'b'`))).toEqual([
      ['u', { id: 1 }, null, { id: 1, note: 'b' }],
    ])
  },
  'a delete carries the key': async (open) => {
    const site = await live(open, `${orders}; INSERT INTO orders VALUES (1, 'a')`)
    expect(shapes(await changesOf(site, 'DELETE FROM orders'))).toEqual([['d', { id: 1 }, { id: 1 }, null]])
  },
  'a changed key is a deletion and an insertion': async (open) => {
    const site = await live(open, `${orders}; INSERT INTO orders VALUES (1, 'a')`)
    const records = await changesOf(site, 'UPDATE orders SET id = 2')
    expect(shapes(records)).toEqual([
      ['d', { id: 1 }, { id: 1 }, null],
      ['c', { id: 2 }, null, { id: 2, note: 'a' }],
    ])
    expect(header(records, 'pg.seq')).toEqual(['1', '1'])
  },
  'a truncate is a record without a row': async (open) => {
    const site = await live(open, orders)
    expect(shapes(await changesOf(site, 'TRUNCATE orders'))).toEqual([['t', null, null, null]])
  },
  'a truncate of several tables is a record for each': async (open) => {
    const site = await live(open, `${orders}; CREATE TABLE lines (id int PRIMARY KEY)`)
    const records = await changesOf(site, 'TRUNCATE orders, lines')
    expect(new Set(records.map(({ value }) => value?.['table']))).toEqual(new Set(['lines', 'orders']))
  },
  'a truncate reaches every partition of its topic': async (open) => {
    const site = await open({
      sql: orders,
      topics: { all: { partitions: 3 } },
      source: { snapshot: { mode: 'never' } },
    })
    await site.start()
    await site.streaming()
    const records = await changesOf(site, 'TRUNCATE orders')
    expect(records.map(({ partition }) => partition)).toEqual([0, 1, 2])
    expect(header(records, 'pg.last')).toEqual([undefined, undefined, 'true'])
  },
  'a truncate says what goes along': async (open) => {
    const site = await live(open, orders)
    const [record] = await changesOf(site, 'TRUNCATE orders RESTART IDENTITY CASCADE')
    expect(record?.value).toMatchObject({ op: 't', cascade: true, restartIdentity: true })
  },
  'what was rolled back never comes': async (open) => {
    const site = await live(open, orders)
    const records = await changesOf(
      site,
      `BEGIN; INSERT INTO orders VALUES (1, 'a'); ROLLBACK; INSERT INTO orders VALUES (2, 'b')`,
    )
    expect(records.map(({ key }) => key)).toEqual([{ id: 2 }])
  },
  'a savepoint that was rolled back takes its rows along': async (open) => {
    const site = await live(open, orders)
    const records = await changesOf(
      site,
      `BEGIN; INSERT INTO orders VALUES (1, 'a'); SAVEPOINT s; INSERT INTO orders VALUES (2, 'b'); ROLLBACK TO s; INSERT INTO orders VALUES (3, 'c'); COMMIT`,
    )
    expect(records.map(({ key }) => key)).toEqual([{ id: 1 }, { id: 3 }])
  },
  'an update that changes nothing is a record all the same': async (open) => {
    const site = await live(open, `${orders}; INSERT INTO orders VALUES (1, 'a')`)
    expect(shapes(await changesOf(site, 'UPDATE orders SET note = note'))).toHaveLength(1)
  },
  'an upsert is an insert or an update': async (open) => {
    const site = await live(open, orders)
    const upsert = `INSERT INTO orders VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET note = 'again'`
    expect(header(await changesOf(site, `${upsert}; ${upsert}`), 'pg.op')).toEqual(['c', 'u'])
  },
  'COPY is inserts': async (open) => {
    const site = await live(open, orders)
    const records = await changesOf(site, `INSERT INTO orders SELECT g, 'n' FROM generate_series(1, 3) g`)
    expect(header(records, 'pg.op')).toEqual(['c', 'c', 'c'])
  },
  'nulls are nulls': async (open) => {
    const site = await live(open, orders)
    const [record] = await changesOf(site, 'INSERT INTO orders VALUES (1, NULL)')
    expect(record?.value?.['after']).toEqual({ id: 1, note: null })
  },
  'an empty text is no null': async (open) => {
    const site = await live(open, orders)
    const [record] = await changesOf(site, `INSERT INTO orders VALUES (1, '')`)
    expect(record?.value?.['after']).toEqual({ id: 1, note: '' })
  },
  'a column default stands in the row': async (open) => {
    const site = await live(open, `CREATE TABLE d (id int PRIMARY KEY, note text DEFAULT 'none')`)
    const [record] = await changesOf(site, 'INSERT INTO d VALUES (1)')
    expect(record?.value?.['after']).toEqual({ id: 1, note: 'none' })
  },
  'a row that a trigger changed comes as it was stored': async (open) => {
    const site = await live(
      open,
      `${orders}; CREATE FUNCTION up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := upper(NEW.note); RETURN NEW; END $$;
       CREATE TRIGGER up BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION up()`,
    )
    const [record] = await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`)
    expect(record?.value?.['after']).toEqual({ id: 1, note: 'A' })
  },
  'rows that a foreign key deletes come too': async (open) => {
    const site = await live(
      open,
      `${orders}; CREATE TABLE lines (id int PRIMARY KEY, o int REFERENCES orders ON DELETE CASCADE);
       INSERT INTO orders VALUES (1, 'a'); INSERT INTO lines VALUES (10, 1), (11, 1)`,
    )
    const records = await changesOf(site, 'DELETE FROM orders')
    expect(records.map(({ value }) => value?.['table'])).toEqual(['orders', 'lines', 'lines'])
  },
}

const transactions: CdcBehaviours = {
  'changes of a transaction stand together and in their order': async (open) => {
    const site = await live(open, orders)
    const records = await changesOf(
      site,
      `BEGIN; INSERT INTO orders VALUES (1, 'a'); UPDATE orders SET note = 'b'; DELETE FROM orders; COMMIT`,
    )
    expect(header(records, 'pg.op')).toEqual(['c', 'u', 'd'])
    expect(header(records, 'pg.seq')).toEqual(['1', '2', '3'])
    expect(header(records, 'pg.last')).toEqual([undefined, undefined, 'true'])
    expect(new Set(header(records, 'pg.xid')).size).toBe(1)
    expect(new Set(header(records, 'pg.lsn')).size).toBe(1)
  },
  'every transaction ends with a last record': async (open) => {
    const site = await live(open, orders)
    const records = await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`)
    const more = await changesOf(site, `INSERT INTO orders VALUES (2, 'b')`)
    expect(header(records, 'pg.last')).toEqual(['true'])
    expect(header(more, 'pg.last')).toEqual(['true', 'true'])
  },
  'the transaction id is the server’s': async (open) => {
    const site = await live(open, orders)
    const rows = await site.run(`INSERT INTO orders VALUES (1, 'a') RETURNING xmin::text AS xid`)
    const [record] = await site.settled()
    expect(record?.headers['pg.xid']).toBe(rows[0]?.['xid'])
  },
  'changes are counted before tables are left out': async (open) => {
    const site = await live(open, `${orders}; CREATE TABLE other (id int PRIMARY KEY)`, {
      tables: ['public.orders'],
      publication: 'by_hand',
      create: true,
    })
    await site.run(`ALTER PUBLICATION by_hand ADD TABLE other`)
    await site.run(
      `BEGIN; INSERT INTO orders VALUES (1, 'a'); INSERT INTO other VALUES (1); INSERT INTO orders VALUES (2, 'b'); INSERT INTO other VALUES (2); COMMIT`,
    )
    const records = await site.settled()
    expect(header(records, 'pg.seq')).toEqual(['1', '3'])
    expect(header(records, 'pg.last')).toEqual([undefined, 'true'])
  },
  'the time of a record is that of its commit': async (open) => {
    const site = await live(open, orders)
    const before = Date.now()
    const [record] = await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`)
    expect(record?.timestampMs).toBeGreaterThanOrEqual(before - 1)
    expect(record?.timestampMs).toBeLessThanOrEqual(Date.now())
  },
  'commits come in their order, whenever the transactions began': async (open) => {
    const site = await live(open, orders)
    const other = await site.server.connect(site.database)
    await other.query(`BEGIN; INSERT INTO orders VALUES (1, 'first to begin')`)
    await site.run(`INSERT INTO orders VALUES (2, 'first to commit')`)
    await other.query('COMMIT')
    await other.end()
    const records = await site.settled()
    expect(records.map(({ key }) => key)).toEqual([{ id: 2 }, { id: 1 }])
  },
  'a transaction that touches nothing of ours is passed over': async (open) => {
    const site = await live(open, `${orders}; CREATE TABLE other (id int PRIMARY KEY)`, { tables: ['public.orders'] })
    expect(await changesOf(site, 'INSERT INTO other VALUES (1)')).toEqual([])
  },
  'a transaction of many appends is whole': async (open) => {
    const site = await live(open, orders)
    const records = await changesOf(
      site,
      `INSERT INTO orders SELECT g, repeat('x', 200) FROM generate_series(1, 60000) g`,
    )
    expect(records).toHaveLength(60_000)
    expect(header(records.slice(-1), 'pg.last')).toEqual(['true'])
    expect(new Set(header(records, 'pg.seq')).size).toBe(60_000)
    expect(header(records, 'pg.last').filter((last) => last !== undefined)).toHaveLength(1)
  },
}

const identities: CdcBehaviours = {
  'identity full: before is the whole row': async (open) => {
    const site = await live(
      open,
      `${orders}; ALTER TABLE orders REPLICA IDENTITY FULL; INSERT INTO orders VALUES (1, 'a')`,
    )
    expect(shapes(await changesOf(site, `UPDATE orders SET note = 'b'; DELETE FROM orders`))).toEqual([
      ['u', { id: 1 }, { id: 1, note: 'a' }, { id: 1, note: 'b' }],
      ['d', { id: 1 }, { id: 1, note: 'b' }, null],
    ])
  },
  'identity full without a primary key: records without a key': async (open) => {
    const site = await live(open, 'CREATE TABLE logs (line text); ALTER TABLE logs REPLICA IDENTITY FULL')
    expect(shapes(await changesOf(site, `INSERT INTO logs VALUES ('a'); DELETE FROM logs`))).toEqual([
      ['c', null, null, { line: 'a' }],
      ['d', null, { line: 'a' }, null],
    ])
  },
  'identity by an index: its columns are the key': async (open) => {
    const site = await live(
      open,
      `CREATE TABLE people (id int PRIMARY KEY, email text NOT NULL, note text);
       CREATE UNIQUE INDEX by_email ON people (email); ALTER TABLE people REPLICA IDENTITY USING INDEX by_email`,
    )
    expect(shapes(await changesOf(site, `INSERT INTO people VALUES (1, 'a@b', 'x'); DELETE FROM people`))).toEqual([
      ['c', { email: 'a@b' }, null, { id: 1, email: 'a@b', note: 'x' }],
      ['d', { email: 'a@b' }, { email: 'a@b' }, null],
    ])
  },
  'identity nothing: inserts come, with a publication of inserts': async (open) => {
    const site = await live(
      open,
      `${orders}; ALTER TABLE orders REPLICA IDENTITY NOTHING; CREATE PUBLICATION inserts FOR TABLE orders WITH (publish = 'insert')`,
      { publication: 'inserts' },
    )
    expect(header(await changesOf(site, `INSERT INTO orders VALUES (1, 'a'); DELETE FROM orders`), 'pg.op')).toEqual([
      'c',
    ])
  },
  'a key of several columns stands in the order of the table': async (open) => {
    const site = await live(open, 'CREATE TABLE pairs (b text, a int, n int, PRIMARY KEY (a, b))')
    const [record] = await changesOf(site, `INSERT INTO pairs VALUES ('x', 1, 2)`)
    expect(record?.key).toEqual({ a: 1, b: 'x' })
  },
  'one column of a key changes: deletion and insertion': async (open) => {
    const site = await live(
      open,
      `CREATE TABLE pairs (a int, b int, PRIMARY KEY (a, b)); INSERT INTO pairs VALUES (1, 1)`,
    )
    expect(shapes(await changesOf(site, 'UPDATE pairs SET b = 2'))).toEqual([
      ['d', { a: 1, b: 1 }, { a: 1, b: 1 }, null],
      ['c', { a: 1, b: 2 }, null, { a: 1, b: 2 }],
    ])
  },
  'identity full: a changed key is a deletion with the whole row': async (open) => {
    const site = await live(
      open,
      `${orders}; ALTER TABLE orders REPLICA IDENTITY FULL; INSERT INTO orders VALUES (1, 'a')`,
    )
    expect(shapes(await changesOf(site, 'UPDATE orders SET id = 2'))).toEqual([
      ['d', { id: 1 }, { id: 1, note: 'a' }, null],
      ['c', { id: 2 }, null, { id: 2, note: 'a' }],
    ])
  },
  'an identity that is set to full while the stream runs holds from then on': async (open) => {
    const site = await live(open, `${orders}; INSERT INTO orders VALUES (1, 'a')`)
    const records = await changesOf(
      site,
      `UPDATE orders SET note = 'b'; ALTER TABLE orders REPLICA IDENTITY FULL; UPDATE orders SET note = 'c'`,
    )
    expect(records.map(({ value }) => value?.['before'])).toEqual([null, { id: 1, note: 'b' }])
  },
}

const large = `repeat(md5('x'), 20000)`

const bodyOf = (record: SeenRecord | undefined): unknown =>
  (record?.value?.['after'] as Record<string, unknown> | undefined)?.['body']

const toast: CdcBehaviours = {
  'a large value comes whole with an insert': async (open) => {
    const site = await live(open, 'CREATE TABLE docs (id int PRIMARY KEY, body text, n int)')
    const [record] = await changesOf(site, `INSERT INTO docs VALUES (1, ${large}, 0)`)
    expect(bodyOf(record)).toHaveLength(640_000)
  },
  'a large value that an update leaves alone is listed as unchanged': async (open) => {
    const site = await live(
      open,
      `CREATE TABLE docs (id int PRIMARY KEY, body text, n int); ALTER TABLE docs ALTER body SET STORAGE EXTERNAL; INSERT INTO docs VALUES (1, ${large}, 0)`,
    )
    const [record] = await changesOf(site, 'UPDATE docs SET n = 1')
    expect(record?.value).toMatchObject({ op: 'u', after: { id: 1, n: 1 }, unchanged: ['body'] })
    expect(record?.value?.['after']).not.toHaveProperty('body')
  },
  'a large value that an update sets comes whole': async (open) => {
    const site = await live(
      open,
      `CREATE TABLE docs (id int PRIMARY KEY, body text, n int); ALTER TABLE docs ALTER body SET STORAGE EXTERNAL; INSERT INTO docs VALUES (1, ${large}, 0)`,
    )
    const [record] = await changesOf(site, `UPDATE docs SET body = body || '!'`)
    expect(bodyOf(record)).toHaveLength(640_001)
    expect(record?.value).not.toHaveProperty('unchanged')
  },
  'a large value that an update sets to null is null': async (open) => {
    const site = await live(
      open,
      `CREATE TABLE docs (id int PRIMARY KEY, body text, n int); ALTER TABLE docs ALTER body SET STORAGE EXTERNAL; INSERT INTO docs VALUES (1, ${large}, 0)`,
    )
    const [record] = await changesOf(site, 'UPDATE docs SET body = NULL')
    expect(record?.value).toMatchObject({ after: { id: 1, body: null, n: 0 } })
  },
  'several large values are listed by name': async (open) => {
    const site = await live(
      open,
      `CREATE TABLE docs (id int PRIMARY KEY, a text, b jsonb, c bytea, n int); ALTER TABLE docs ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL, ALTER c SET STORAGE EXTERNAL;
      INSERT INTO docs VALUES (1, ${large}, to_jsonb(${large}), ${large}::bytea, 0)`,
    )
    const [record] = await changesOf(site, 'UPDATE docs SET n = 1')
    expect(record?.value?.['unchanged']).toEqual(['a', 'b', 'c'])
  },
  'with identity full the large value is taken from the old row': async (open) => {
    const site = await live(
      open,
      `CREATE TABLE docs (id int PRIMARY KEY, body text, n int); ALTER TABLE docs ALTER body SET STORAGE EXTERNAL; ALTER TABLE docs REPLICA IDENTITY FULL; INSERT INTO docs VALUES (1, ${large}, 0)`,
    )
    const [record] = await changesOf(site, 'UPDATE docs SET n = 1')
    expect(bodyOf(record)).toHaveLength(640_000)
    expect(record?.value).not.toHaveProperty('unchanged')
  },
  'a text that looks like Debezium’s placeholder is a text': async (open) => {
    const site = await live(open, orders)
    const [record] = await changesOf(site, `INSERT INTO orders VALUES (1, '__debezium_unavailable_value')`)
    expect(record?.value).toMatchObject({ after: { note: '__debezium_unavailable_value' } })
    expect(record?.value).not.toHaveProperty('unchanged')
  },
  'a key that is large is a key': async (open) => {
    const site = await live(open, 'CREATE TABLE k (id text PRIMARY KEY, n int)')
    const [, record] = await changesOf(site, `INSERT INTO k VALUES (repeat('k', 2000), 0); UPDATE k SET n = 1`)
    expect(JSON.stringify(record?.key)).toHaveLength(2000 + '{"id":""}'.length)
  },
  'after a change of columns large values are still listed': async (open) => {
    const site = await live(
      open,
      `CREATE TABLE docs (id int PRIMARY KEY, body text); ALTER TABLE docs ALTER body SET STORAGE EXTERNAL; INSERT INTO docs VALUES (1, ${large})`,
    )
    const [record] = await changesOf(site, 'ALTER TABLE docs ADD n int; UPDATE docs SET n = 1')
    expect(record?.value).toMatchObject({ after: { id: 1, n: 1 }, unchanged: ['body'] })
  },
}

behavioursOf('operations', operations)
behavioursOf('transactions of the source', transactions)
behavioursOf('replica identities', identities)
behavioursOf('large values', toast)
behavioursOf('replica identities', identities, { version: 'debian' })
behavioursOf('large values', toast, { version: 'debian' })
