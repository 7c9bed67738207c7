// The law of the snapshot: wherever it is interrupted, its rows and the changes behind them make the table, and no row
// is there twice. The database is changed between reads by transactions of which some are open, some are rolled back,
// and some have sub-transactions; after the first crash the exported snapshot is gone.

import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { availableVersions } from '../../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../../support/postgres/postgres-server.js'
import { Chance, exportSlot, Log, openSnapshot, pump, replicas, tableRows, type TestTable } from './rig.js'

const seeds = Number(process.env['TAILRACE_SNAPSHOT_SEEDS'] ?? '6')
const firstSeed = Number(process.env['TAILRACE_SNAPSHOT_SEED'] ?? '1')

const columns = ['id int4!', 'n int4', 'small text', 'big text']
const tables: readonly TestTable[] = [
  { schema: 'shop', table: 'plain', columns },
  { schema: 'shop', table: 'large', columns },
  { schema: 'shop', table: 'full', columns, identity: 'full' },
  { schema: 'shop', table: 'parted', columns },
]

/** `big` lies outside of the row in two of the tables; the partitions have their columns in another order. */
const schema = `
  DROP SCHEMA IF EXISTS shop CASCADE;
  CREATE SCHEMA shop;
  CREATE TABLE shop.plain (id int PRIMARY KEY, n int, small text, big text);
  CREATE TABLE shop.large (id int PRIMARY KEY, n int, small text, big text);
  CREATE TABLE shop.full (id int PRIMARY KEY, n int, small text, big text);
  ALTER TABLE shop.full REPLICA IDENTITY FULL;
  ALTER TABLE shop.large ALTER big SET STORAGE EXTERNAL;
  ALTER TABLE shop.full ALTER big SET STORAGE EXTERNAL;
  CREATE TABLE shop.parted (id int PRIMARY KEY, n int, small text, big text) PARTITION BY RANGE (id);
  CREATE TABLE shop.parted_low (gone int, big text, small text, n int, id int NOT NULL);
  ALTER TABLE shop.parted_low DROP COLUMN gone;
  ALTER TABLE shop.parted ATTACH PARTITION shop.parted_low FOR VALUES FROM (MINVALUE) TO (300);
  CREATE TABLE shop.parted_high PARTITION OF shop.parted FOR VALUES FROM (300) TO (MAXVALUE) PARTITION BY RANGE (id);
  CREATE TABLE shop.parted_high_1 PARTITION OF shop.parted_high FOR VALUES FROM (300) TO (MAXVALUE);
  INSERT INTO shop.plain SELECT i, 0, repeat('p', 200), 'b' || i FROM generate_series(1, 600) i;
  INSERT INTO shop.large SELECT i, 0, repeat('l', 200), repeat(md5(i::text), 80) FROM generate_series(1, 300) i;
  INSERT INTO shop.full SELECT i, 0, repeat('f', 200), repeat(md5(i::text), 80) FROM generate_series(1, 300) i;
  INSERT INTO shop.parted SELECT i, 0, repeat('q', 200), NULL FROM generate_series(1, 600) i;`

/** Two clients with transactions of their own, and one that does what no transaction may. */
class Workload {
  private readonly chance: Chance
  private readonly clients: readonly pg.Client[]
  private readonly sweeper: pg.Client
  private readonly open = new Map<pg.Client, boolean>()
  private nextId = 10_000

  constructor(chance: Chance, clients: readonly pg.Client[]) {
    this.chance = chance
    this.sweeper = clients[0]!
    this.clients = clients.slice(1)
  }

  /** What another transaction or the snapshot holds back is given up at once, so that nothing waits for a read. */
  async step(): Promise<void> {
    const { chance } = this
    if (chance.below(12) === 0) {
      const table = chance.pick(tables).table
      // A vacuum would wait five seconds for a reader before it gives up to cut the file.
      await this.sweep(`VACUUM (TRUNCATE false${chance.pick(['', ', FREEZE'])}) shop.${table}`)
      return
    }
    const client = chance.pick(this.clients)
    if (this.open.get(client) !== true) {
      await client.query('BEGIN')
      this.open.set(client, true)
    }
    const ways = ['change', 'change', 'change', 'savepoint', 'roll back to', 'commit', 'commit', 'roll back']
    const way = chance.pick(ways)
    if (way === 'change') await this.attempt(client, this.change())
    else if (way === 'savepoint') await this.attempt(client, 'SAVEPOINT s')
    else if (way === 'roll back to') await this.attempt(client, 'ROLLBACK TO SAVEPOINT s')
    else await this.end(client, way === 'commit' ? 'COMMIT' : 'ROLLBACK')
  }

  /** What no transaction may do; given up when somebody is in the way. */
  sweep(sql: string): Promise<void> {
    return this.attempt(this.sweeper, sql)
  }

  /** Ends all that is open, one way or the other. */
  async rest(): Promise<void> {
    for (const client of this.clients) await this.end(client, this.chance.pick(['COMMIT', 'COMMIT', 'ROLLBACK']))
  }

  private change(): string {
    const { chance } = this
    const table = `shop.${chance.pick(tables).table}`
    const id = chance.below(640)
    const big = `repeat(md5('${chance.below(1e9)}'), ${chance.pick([1, 80])})`
    const some = `id BETWEEN ${id} AND ${id + chance.below(30)}`
    return chance.pick([
      () => `INSERT INTO ${table} SELECT ${this.nextId++}, 1, repeat('n', ${chance.below(300)}), ${big}`,
      () => `UPDATE ${table} SET n = n + 1 WHERE ${some}`,
      () => `UPDATE ${table} SET n = n + 1 WHERE ${some}`,
      () => `UPDATE ${table} SET small = repeat('u', ${chance.below(400)}) WHERE ${some}`,
      () => `UPDATE ${table} SET big = ${big} WHERE id = ${id}`,
      () => `UPDATE ${table} SET id = ${this.nextId++} WHERE id = ${id}`,
      () => `DELETE FROM ${table} WHERE ${some}`,
      () => `DELETE FROM ${table} WHERE id = ${id}; INSERT INTO ${table} VALUES (${id}, 2, 'again', ${big})`,
    ])()
  }

  private async attempt(client: pg.Client, sql: string): Promise<void> {
    try {
      await client.query(sql)
    } catch {
      // A lock, or no savepoint of the name: the transaction is over, which is one of its ways to end.
      await this.end(client, 'ROLLBACK')
    }
  }

  private async end(client: pg.Client, how: string): Promise<void> {
    if (this.open.get(client) === true) await client.query(how)
    this.open.set(client, false)
  }
}

describe.each(availableVersions())('a snapshot that is interrupted, on Postgres %s', (version) => {
  let server: PostgresServer
  let database: string

  beforeAll(async () => {
    server = await startPostgres({ version })
    database = await server.createDatabase()
  }, 60_000)

  afterAll(() => server?.close())

  const list = Array.from({ length: seeds }, (_, place) => firstSeed + place)

  it.each(list)('gives every row once, and its changes behind it (seed %i)', async (seed) => {
    const chance = new Chance(seed)
    await server.run(schema, database)
    await server.run('DROP PUBLICATION IF EXISTS pub', database)
    await server.run(
      `CREATE PUBLICATION pub FOR TABLE ${tables.map(({ table }) => `shop.${table}`).join(', ')}
                        WITH (publish_via_partition_root = true)`,
      database,
    )
    const clients = await Promise.all([0, 1, 2].map(() => server.connect(database)))
    for (const client of clients) await client.query(`SET lock_timeout = '20ms'; SET client_min_messages = 'error'`)
    const workload = new Workload(chance, clients)
    const log = new Log()
    let isMade = false
    const making = exportSlot(server, database, `slot_${seed}`).finally(() => {
      isMade = true
    })
    for (let step = 0; step < 40 && !isMade; step++) await workload.step()
    await workload.rest()
    // The server finds a consistent point when it writes down what runs, which a checkpoint does.
    while (!isMade) await server.run('CHECKPOINT', database)
    const slot = await making
    for (let step = 0; step < 10; step++) await workload.step()

    let exportedName: string | undefined = slot.exportedName
    for (let run = 0; ; run++) {
      const isLast = run === 6
      const snapshot = await openSnapshot({
        server,
        database,
        tables,
        log,
        shown: slot.shown,
        exportedName,
        workers: 1 + chance.below(3),
        rangeBytes: chance.pick([8, 16, 64]) * 1024,
      })
      await slot.session.close()
      exportedName = undefined
      const room = chance.pick([5, 50, 400])
      let reads = chance.below(2000 / room)
      const outcome = await pump(snapshot, log, {
        capacity: () => 1 + chance.below(room),
        before: async () => {
          if (chance.below(2) === 0) await workload.step()
          return isLast || reads-- > 0
        },
      })
      if (outcome === 'done') break
      if (chance.below(3) > 0) continue
      await workload.rest()
      await workload.sweep(`VACUUM shop.${chance.pick(tables).table}`)
    }
    await workload.rest()
    for (const client of clients) await client.end()

    const made = await replicas(tables, log, { server, database, slot: `slot_${seed}`, publication: 'pub' })
    for (const table of tables) {
      const replica = made.get(table.table)!
      expect(replica.sorted, table.table).toEqual(await tableRows(server, database, table))
      // Rows of the table with large values that were written since come again, in their order.
      if (table.table !== 'large') expect(replica.repeated, table.table).toEqual([])
    }
    await server.run(`SELECT pg_drop_replication_slot('slot_${seed}')`, database)
  })
})
