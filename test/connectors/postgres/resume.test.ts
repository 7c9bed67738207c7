// What survives: restarts of the hub and of the server, cut connections, large transactions, a snapshot in pieces.

import { expect, vi } from 'vitest'
import { behavioursOf, type CdcBehaviours, type CdcSite, patienceMs, type SeenRecord } from './cdc-site.js'
import { changesOf, header, live, rowsAfter } from './live.js'

const orders = 'CREATE TABLE orders (id int PRIMARY KEY, note text)'

const ids = (records: readonly SeenRecord[]): number[] =>
  records.flatMap(({ value }) => {
    const row = value?.['after'] as { id: number } | null | undefined
    return row === null || row === undefined ? [] : [row.id]
  })

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

async function bounce(site: CdcSite): Promise<void> {
  await site.stop()
  await site.start()
  await site.streaming()
}

const restarts: CdcBehaviours = {
  'a restart goes on where the log is': async (open) => {
    const site = await live(open, orders)
    await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`)
    await site.stop()
    await site.run(`INSERT INTO orders VALUES (2, 'b')`)
    await site.start()
    await site.streaming()
    expect(ids(await site.settled())).toEqual([1, 2])
  },
  'many restarts neither lose nor repeat': async (open) => {
    const site = await live(open, orders)
    for (let round = 1; round <= 5; round++) {
      await site.run(`INSERT INTO orders VALUES (${round}, 'a')`)
      await bounce(site)
    }
    expect(ids(await site.settled())).toEqual(upTo(5))
  },
  'a stop in the middle of a large transaction goes on inside of it': async (open) => {
    const site = await live(open, orders)
    await site.run(`INSERT INTO orders SELECT g, repeat('x', 500) FROM generate_series(1, 40000) g`)
    await site.records(1)
    await bounce(site)
    await bounce(site)
    const records = await site.settled()
    expect(ids(records)).toEqual(upTo(40_000))
    expect(header(records, 'pg.seq').map(Number)).toEqual(upTo(40_000))
    expect(header(records, 'pg.last').filter(Boolean)).toHaveLength(1)
  },
  'a transaction that is open over a restart comes whole': async (open) => {
    const site = await live(open, orders)
    const other = await site.server.connect(site.database)
    await other.query(`BEGIN; INSERT INTO orders VALUES (1, 'a')`)
    await changesOf(site, `INSERT INTO orders VALUES (2, 'b')`)
    await bounce(site)
    await other.query(`INSERT INTO orders VALUES (3, 'c'); COMMIT`)
    await other.end()
    expect(ids(await site.settled())).toEqual([2, 1, 3])
  },
  'a restart of the server is survived': async (open) => {
    const site = await live(open, orders)
    await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`)
    await site.run(`SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '${site.slot}'`)
    await site.run(`INSERT INTO orders VALUES (2, 'b')`)
    await site.records(2)
    expect(ids(await site.settled())).toEqual([1, 2])
  },
  'cut sessions for catalogs are made anew': async (open) => {
    const site = await live(open, orders)
    await site.run(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    )
    await site.run(`CREATE TABLE lines (id int PRIMARY KEY); INSERT INTO orders VALUES (1, 'a')`)
    await site.records(1)
    expect(ids(await site.settled())).toEqual([1])
  },
  'the slot is confirmed only to what the log holds, and moves on when the database is quiet': async (open) => {
    const site = await live(open, `${orders}; CREATE TABLE other (id int)`, {
      tables: ['public.orders'],
      heartbeat: '1s',
    })
    await site.run('INSERT INTO other SELECT g FROM generate_series(1, 10000) g')
    const [before] = await site.run('SELECT pg_current_wal_lsn()::text AS lsn')
    await vi.waitFor(
      async () => {
        const [slot] = await site.run(
          `SELECT confirmed_flush_lsn >= '${String(before?.['lsn'])}' AS reached FROM pg_replication_slots WHERE slot_name = '${site.slot}'`,
        )
        expect(slot?.['reached']).toBe(true)
      },
      { timeout: patienceMs, interval: 100 },
    )
  },
}

const small = { snapshot: { mode: 'never' }, streaming: true }

const streamed: CdcBehaviours = {
  'a transaction that the server streams comes at its commit': async (open) => {
    const site = await live(open, orders, small)
    const other = await site.server.connect(site.database)
    await other.query(`BEGIN; INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(1, 5000) g`)
    await changesOf(site, `INSERT INTO orders VALUES (100000, 'first')`)
    await other.query('COMMIT')
    await other.end()
    const records = await site.settled()
    expect(ids(records)).toEqual([100_000, ...upTo(5000)])
    expect(header(records, 'pg.last').filter(Boolean)).toHaveLength(2)
  },
  'one that is rolled back leaves nothing': async (open) => {
    const site = await live(open, orders, small)
    await site.run(`BEGIN; INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(1, 5000) g; ROLLBACK`)
    expect(ids(await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`))).toEqual([1])
  },
  'its savepoints that are rolled back leave nothing': async (open) => {
    const site = await live(open, orders, small)
    await site.run(
      `BEGIN; INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(1, 3000) g;
       SAVEPOINT a; INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(10001, 13000) g; ROLLBACK TO a;
       INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(3001, 6000) g; COMMIT`,
    )
    expect(ids(await site.settled())).toEqual(upTo(6000))
  },
  'columns that change inside of it change there': async (open) => {
    const site = await live(open, orders, small)
    await site.run(
      `BEGIN; INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(1, 3000) g;
       ALTER TABLE orders ADD n int; INSERT INTO orders SELECT g, repeat('x', 100), 1 FROM generate_series(3001, 6000) g; COMMIT`,
    )
    const rows = rowsAfter(await site.settled()) as { id: number; n?: number }[]
    expect(rows.filter(({ n }) => n === 1)).toHaveLength(3000)
    expect(rows).toHaveLength(6000)
  },
  'two at the same time are kept apart': async (open) => {
    const site = await live(open, `${orders}; CREATE TABLE lines (id int PRIMARY KEY, note text)`, small)
    const other = await site.server.connect(site.database)
    await other.query('BEGIN')
    await site.run('BEGIN')
    for (let part = 0; part < 5; part++) {
      await other.query(
        `INSERT INTO lines SELECT g, repeat('x', 100) FROM generate_series(${part * 1000 + 1}, ${(part + 1) * 1000}) g`,
      )
      await site.run(
        `INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(${part * 1000 + 1}, ${(part + 1) * 1000}) g`,
      )
    }
    await other.query('COMMIT')
    await other.end()
    await site.run('COMMIT')
    const records = await site.settled()
    expect(records.map(({ value }) => value?.['table'])).toEqual([
      ...Array<string>(5000).fill('lines'),
      ...Array<string>(5000).fill('orders'),
    ])
    expect(ids(records)).toEqual([...upTo(5000), ...upTo(5000)])
  },
  'a restart in the middle of it reads it again': async (open) => {
    const site = await live(open, orders, small)
    const other = await site.server.connect(site.database)
    await other.query(`BEGIN; INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(1, 3000) g`)
    await changesOf(site, `INSERT INTO orders VALUES (100000, 'first')`)
    await bounce(site)
    await other.query(`INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(3001, 6000) g; COMMIT`)
    await other.end()
    expect(ids(await site.settled())).toEqual([100_000, ...upTo(6000)])
  },
  'without streaming the server holds it back, and the same comes': async (open) => {
    const site = await live(open, orders, { streaming: false })
    await site.run(`INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(1, 5000) g`)
    expect(ids(await site.settled())).toEqual(upTo(5000))
  },
}

const snapshots: CdcBehaviours = {
  'the rows that are there come first, each once': async (open) => {
    const site = await open({ sql: `${orders}; INSERT INTO orders SELECT g, 'a' FROM generate_series(1, 5000) g` })
    await site.start()
    await site.streaming()
    const records = await changesOf(site, `INSERT INTO orders VALUES (5001, 'b')`)
    expect(ids(records).sort((a, b) => a - b)).toEqual(upTo(5001))
    expect(header(records.slice(0, 5000), 'pg.snapshot').every((mark) => mark === 'true')).toBe(true)
    expect(header(records.slice(-1), 'pg.op')).toEqual(['c'])
  },
  'rows that change while it is read are neither lost nor there twice': async (open) => {
    const site = await open({
      sql: `${orders}; INSERT INTO orders SELECT g, repeat('a', 200) FROM generate_series(1, 20000) g`,
      source: { snapshot: { workers: 3, range: '256KiB' } },
    })
    await site.start()
    for (let round = 0; round < 20; round++) {
      await site.run(
        `INSERT INTO orders VALUES (${20_001 + round}, 'new'); UPDATE orders SET note = 'u${round}' WHERE id % 20 = ${round}; DELETE FROM orders WHERE id = ${round * 100 + 7}`,
      )
    }
    await site.streaming()
    const records = await site.settled()
    const state = new Map<number, unknown>()
    for (const { value, key } of records) {
      const id = (key as { id: number } | null)?.id
      if (id === undefined) continue
      const row = value?.['after'] as { note: string } | null
      if (value?.['op'] === 'c') expect(state.has(id)).toBe(false)
      if (row === null) state.delete(id)
      else state.set(id, row.note)
    }
    const rows = await site.run('SELECT id, note FROM orders')
    expect(state).toEqual(new Map(rows.map(({ id, note }) => [Number(id), note])))
  },
  'one that is interrupted goes on, and no row comes twice': async (open) => {
    const site = await open({
      sql: `${orders}; INSERT INTO orders SELECT g, repeat('a', 300) FROM generate_series(1, 60000) g`,
      source: { snapshot: { workers: 2, range: '512KiB' } },
    })
    for (let round = 0; round < 3; round++) {
      await site.start()
      await site.records(1 + round * 15_000)
      await site.stop()
    }
    await site.run(
      `INSERT INTO orders VALUES (60001, 'meanwhile'); UPDATE orders SET note = 'changed' WHERE id = 60000`,
    )
    await site.start()
    await site.streaming()
    const records = await site.settled()
    const read = records.filter(({ value }) => value?.['op'] === 'r')
    expect(new Set(ids(read)).size).toBe(read.length)
    expect(new Set(ids(records))).toEqual(new Set(upTo(60_001)))
  },
  'empty tables hold nothing up': async (open) => {
    const site = await open({ sql: `${orders}; CREATE TABLE lines (id int PRIMARY KEY)` })
    await site.start()
    await site.streaming()
    expect(header(await site.settled(), 'pg.op')).toEqual(['s'])
  },
  'a table with dropped columns gives those that are left': async (open) => {
    const site = await open({
      sql: `CREATE TABLE t (id int PRIMARY KEY, gone int, note text); INSERT INTO t VALUES (1, 2, 'a'); ALTER TABLE t DROP gone`,
    })
    await site.start()
    expect(rowsAfter(await site.records(1)).slice(0, 1)).toEqual([{ id: 1, note: 'a' }])
  },
  'never means changes only': async (open) => {
    const site = await live(open, `${orders}; INSERT INTO orders VALUES (1, 'a')`)
    expect(ids(await changesOf(site, `INSERT INTO orders VALUES (2, 'b')`))).toEqual([2])
  },
  'a table without a key is read once': async (open) => {
    const site = await open({
      sql: `CREATE TABLE logs (id int); ALTER TABLE logs REPLICA IDENTITY FULL; INSERT INTO logs SELECT g FROM generate_series(1, 100) g`,
    })
    await site.start()
    await site.streaming()
    expect(ids(await changesOf(site, 'INSERT INTO logs VALUES (101)'))).toEqual(upTo(101))
  },
}

behavioursOf('restarts', restarts)
behavioursOf('restarts', restarts, { version: 'debian' })
behavioursOf('transactions that are streamed', streamed, { settings: { logical_decoding_work_mem: '64kB' } })
behavioursOf('transactions that are streamed', streamed, {
  version: 'debian',
  settings: { logical_decoding_work_mem: '64kB' },
})
behavioursOf('snapshots', snapshots)
behavioursOf('snapshots', snapshots, { version: 'debian' })
