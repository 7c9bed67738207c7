import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SnapshotOptions } from '../../../../connectors/postgres/snapshot/snapshot.js'
import type { Logger } from '../../../../core/telemetry/logger.js'
import { type Recorder, silentRecorder } from '../../../../core/telemetry/recorder.js'
import { availableVersions } from '../../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../../support/postgres/postgres-server.js'
import {
  exportSlot,
  Log,
  openSnapshot,
  type PumpOptions,
  pump,
  replicas,
  type RunOptions,
  type Slot,
  tableRows,
  type TestTable,
} from './rig.js'

const orders: TestTable = { schema: 'public', table: 'orders', columns: ['id int4!', 'n int4', 'note text'] }
const ordersSql = `CREATE TABLE orders (id int PRIMARY KEY, n int, note text);
  INSERT INTO orders SELECT i, 0, repeat('x', 100) FROM generate_series(1, 3000) i`

describe.each(availableVersions())('a snapshot of Postgres %s', (version) => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgres({ version })
  }, 60_000)

  afterAll(() => server?.close())

  /** A database with these tables, a publication of all and a slot behind them. */
  async function begin(sql: string, tables: readonly TestTable[] = [orders]) {
    const database = await server.createDatabase()
    await server.run(sql, database)
    await server.run('CREATE PUBLICATION pub FOR ALL TABLES WITH (publish_via_partition_root = true)', database)
    const slot = await exportSlot(server, database, `slot_${database}`)
    return new Stage(database, tables, slot)
  }

  class Stage {
    readonly database: string
    readonly log = new Log()
    readonly warnings: string[] = []
    readonly counted: string[] = []
    private readonly tables: readonly TestTable[]
    readonly slot: Slot

    constructor(database: string, tables: readonly TestTable[], slot: Slot) {
      this.database = database
      this.tables = tables
      this.slot = slot
    }

    /** Reads on, in the exported snapshot the first time; `crash`: until `before` says so. */
    async read(options: PumpOptions & { readonly isExported?: boolean; readonly run?: Partial<RunOptions> } = {}) {
      const { isExported = true, run = {}, ...rest } = options
      if (!isExported) await this.slot.session.close()
      const snapshot = await this.open({ ...(isExported && { exportedName: this.slot.exportedName }), ...run })
      return pump(snapshot, this.log, rest)
    }

    open(run: Partial<RunOptions> = {}) {
      const { database, tables, log, slot } = this
      const more: Partial<SnapshotOptions> = { logger: this.logger, metrics: this.metrics, ...run.more }
      return openSnapshot({ server, database, tables, log, shown: slot.shown, ...run, more })
    }

    sql(text: string): Promise<pg.QueryResult> {
      return server.run(text, this.database)
    }

    /** Rows of the snapshot alone. */
    rows(table = orders.table): readonly Record<string, unknown>[] {
      const values = this.log.records.flatMap(({ topic, value }) => (topic === table ? [JSON.parse(value!)] : []))
      return values.map(({ after }: { after: Record<string, unknown> }) => after)
    }

    /** Rows and changes together are the tables; gives the keys that came twice. */
    async expectTables(): Promise<readonly string[]> {
      const stream = { server, database: this.database, slot: this.slot.name, publication: 'pub' }
      const made = await replicas(this.tables, this.log, stream)
      const repeated: string[] = []
      for (const table of this.tables) {
        const replica = made.get(table.table)!
        expect(replica.sorted, table.table).toEqual(await tableRows(server, this.database, table))
        repeated.push(...replica.repeated)
      }
      return repeated
    }

    private get logger(): Logger {
      const warn = (event: string) => void this.warnings.push(event)
      return { debug() {}, info() {}, warn, error: warn, child: () => this.logger }
    }

    private get metrics(): Recorder {
      return { ...silentRecorder, count: (name) => void this.counted.push(name) }
    }
  }

  /** The statement waits for the end of a range, and comes before the next. */
  async function readWhile(stage: Stage, sql: string): Promise<'done' | 'crashed'> {
    const client = await server.connect(stage.database)
    let altered: Promise<unknown> | undefined
    try {
      return await stage.read({
        run: { rangeBytes: 16 * 1024, workers: 2 },
        capacity: () => 100,
        before: () => {
          if (stage.log.records.length > 500) altered ??= client.query(sql)
          return Promise.resolve(true)
        },
      })
    } finally {
      await altered
      await client.end()
    }
  }

  it('begins another run when a column that is read goes away', async () => {
    const stage = await begin(ordersSql)
    const altered = { code: 'postgres_snapshot_table_altered', retry: 'timed' }
    await expect(readWhile(stage, 'ALTER TABLE orders RENAME note TO remark')).rejects.toMatchObject(altered)
  })

  /** A crash before the read of this number. */
  function crashAt(reads: number): () => Promise<boolean> {
    let left = reads
    return () => Promise.resolve(left-- > 0)
  }

  it('is the state at the consistent point, whatever happens while several sessions read it', async () => {
    const stage = await begin(ordersSql)
    const client = await server.connect(stage.database)
    const outcome = await stage.read({
      run: { workers: 3, rangeBytes: 16 * 1024 },
      capacity: () => 200,
      before: async () => {
        await client.query('UPDATE orders SET n = n + 1, note = note || 1 WHERE id % 7 = 0')
        await client.query('DELETE FROM orders WHERE id = (SELECT max(id) FROM orders)')
        return true
      },
    })
    await client.end()
    expect(outcome).toBe('done')
    const ids = stage.rows().map(({ id }) => Number(id))
    expect(ids.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 3000 }, (_, place) => place + 1))
    expect(stage.rows().every(({ n }) => n === 0)).toBe(true)
    expect(await stage.expectTables()).toEqual([])
  })

  it('remembers nothing any more once it is forgotten', async () => {
    const stage = await begin(ordersSql)
    const snapshot = await stage.open()
    await pump(snapshot, stage.log)
    expect(stage.log.entries('snapshot/')).not.toEqual([])
    const forgotten = new Map<string, unknown>()
    snapshot.forget({ ...noWriter, remember: (key, point) => void forgotten.set(key, point) })
    expect([...forgotten.keys()].toSorted()).toEqual(
      stage.log
        .entries('snapshot/')
        .map(([key]) => key)
        .toSorted(),
    )
    expect([...forgotten.values()].every((point) => point === undefined)).toBe(true)
  })

  it('reads tables of every shape: empty, without columns, with dropped, generated and oddly named ones', async () => {
    const odd: TestTable = { schema: 'Odd "schema"', table: "it's a.table", columns: ['the "id" int4!', 'select text'] }
    const tables: TestTable[] = [
      { schema: 'public', table: 'empty', columns: ['id int4!'] },
      { schema: 'public', table: 'bare', columns: [] },
      { schema: 'public', table: 'dropped', columns: ['id int4!', 'last text'] },
      { schema: 'public', table: 'generated', columns: ['id int4!', 'twice int4'] },
      odd,
    ]
    const stage = await begin(
      `CREATE TABLE empty (id int PRIMARY KEY);
       CREATE TABLE bare ();
       INSERT INTO bare SELECT FROM generate_series(1, 3);
       CREATE TABLE dropped (id int PRIMARY KEY, gone text, last text);
       INSERT INTO dropped VALUES (1, 'gone', E'tab\\tback\\\\slash\\nline'), (2, 'gone', NULL), (3, 'gone', '\\N');
       ALTER TABLE dropped DROP COLUMN gone;
       CREATE TABLE generated (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED);
       INSERT INTO generated SELECT generate_series(1, 3);
       CREATE SCHEMA "Odd ""schema""";
       CREATE TABLE "Odd ""schema"""."it's a.table" ("the ""id""" int PRIMARY KEY, "select" text);
       INSERT INTO "Odd ""schema"""."it's a.table" VALUES (1, 'ä'), (2, '')`,
      tables,
    )
    expect(await stage.read()).toBe('done')
    expect(stage.rows('empty')).toEqual([])
    expect(stage.rows('bare')).toEqual([{}, {}, {}])
    expect(stage.rows('dropped')).toEqual([
      { id: 1, last: 'tab\tback\\slash\nline' },
      { id: 2, last: null },
      { id: 3, last: '\\N' },
    ])
    expect(stage.rows('generated').map(({ twice }) => twice)).toEqual([2, 4, 6])
    expect(stage.rows("it's a.table")).toEqual([
      { 'the "id"': 1, select: 'ä' },
      { 'the "id"': 2, select: '' },
    ])
  })

  it('reads what a publication lets through of rows and columns', async () => {
    const some = { ...orders, columns: ['id int4!', 'note text'], where: "(note ~~ 'x%'::text) AND (id > 2990)" }
    const stage = await begin(`${ordersSql}; UPDATE orders SET note = NULL WHERE id = 2995`, [some])
    expect(await stage.read()).toBe('done')
    expect(stage.rows().map(({ id }) => id)).toEqual([2991, 2992, 2993, 2994, 2996, 2997, 2998, 2999, 3000])
    expect(Object.keys(stage.rows()[0]!)).toEqual(['id', 'note'])
  })

  it.each([
    ['VACUUM FULL', 'VACUUM FULL orders'],
    ['a change of a type', 'ALTER TABLE orders ALTER n TYPE int8'],
    ['a truncation', 'TRUNCATE orders; INSERT INTO orders VALUES (1, 1, NULL)'],
  ])('reads a table again that was rewritten before its first page was read: %s', async (_, sql) => {
    const stage = await begin(ordersSql)
    for (const statement of sql.split(';')) await stage.sql(statement)
    expect(await stage.read()).toBe('done')
    expect(stage.warnings).toHaveLength(1)
    expect(stage.counted).toEqual(['tailrace_postgres_snapshot_restarts_total'])
    const there = await tableRows(server, stage.database, orders)
    expect(stage.rows()).toHaveLength(there.length)
  })

  it('loses no row of a table that is rewritten while it is read', async () => {
    const stage = await begin(ordersSql)
    expect(await readWhile(stage, 'VACUUM FULL orders')).toBe('done')
    expect(stage.counted).toEqual(['tailrace_postgres_snapshot_restarts_total'])
    await stage.expectTables()
  })

  it.each([
    ['another type, with a rewrite', 'ALTER TABLE orders ALTER n TYPE int8'],
    ['another type, without one', 'ALTER TABLE orders ALTER n TYPE oid'],
  ])('begins another run when a column has got %s, as values would be read as what they are not', async (_, sql) => {
    const stage = await begin(ordersSql)
    const altered = { code: 'postgres_snapshot_table_altered', retry: 'timed' }
    await expect(readWhile(stage, sql)).rejects.toMatchObject(altered)
    stage.log.lose()
    expect(await stage.read({ isExported: false })).toBe('done')
    await stage.expectTables()
  })

  it('goes on in a table that was rewritten between two runs, from its first page', async () => {
    const stage = await begin(ordersSql)
    const run = { rangeBytes: 16 * 1024, workers: 2 }
    expect(await stage.read({ run, capacity: () => 50, before: crashAt(20) })).toBe('crashed')
    await stage.sql('ALTER TABLE orders ALTER n TYPE int8')
    await stage.sql('UPDATE orders SET n = 5 WHERE id < 100')
    expect(await stage.read({ run, isExported: false, capacity: () => 50, before: crashAt(20) })).toBe('crashed')
    await stage.sql('DELETE FROM orders WHERE id % 3 = 0')
    expect(await stage.read({ run, isExported: false })).toBe('done')
    expect(stage.counted).toEqual(['tailrace_postgres_snapshot_restarts_total'])
    await stage.expectTables()
  })

  it('lets an ALTER TABLE through between two ranges, and goes on under the new name', async () => {
    const stage = await begin(ordersSql)
    const client = await server.connect(stage.database)
    let altered: Promise<unknown> | undefined
    let readWhenAltered = 0
    await stage.read({
      run: { rangeBytes: 8 * 1024, workers: 1 },
      capacity: () => 50,
      before: () => {
        altered ??= client
          .query('ALTER TABLE orders RENAME TO old_orders')
          .then(() => (readWhenAltered = stage.log.records.length))
        return Promise.resolve(true)
      },
    })
    await altered
    await client.end()
    expect(readWhenAltered).toBeLessThan(3000)
    expect(stage.rows()).toHaveLength(3000)
    expect(stage.warnings).toEqual([])
  })

  it('ends the part of a table that is dropped, and reads the others', async () => {
    const other = { ...orders, table: 'others' }
    const stage = await begin(`${ordersSql}; CREATE TABLE others AS SELECT * FROM orders`, [orders, other])
    const client = await server.connect(stage.database)
    let dropped: Promise<unknown> | undefined
    const outcome = await stage.read({
      run: { rangeBytes: 8 * 1024, workers: 1 },
      capacity: () => 50,
      before: () => {
        dropped ??= client.query('DROP TABLE orders')
        return Promise.resolve(true)
      },
    })
    await dropped
    await client.end()
    expect(outcome).toBe('done')
    expect(stage.warnings).toEqual(['a table went away while its snapshot was read'])
    expect(stage.rows().length).toBeLessThan(3000)
    expect(stage.rows('others')).toHaveLength(3000)
  })

  it('says what broke when a session is cut, and goes on in the next run', async () => {
    const stage = await begin(ordersSql)
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = current_database() AND application_name = 'tailrace test' AND backend_xmin IS NOT NULL`
    const read = stage.read({
      run: { rangeBytes: 8 * 1024 },
      capacity: () => 50,
      before: async () => {
        if (stage.log.records.length > 500) await stage.sql(cut)
        return true
      },
    })
    await expect(read).rejects.toMatchObject({ retry: 'timed' })
    stage.log.lose()
    expect(await stage.read({ isExported: false })).toBe('done')
    expect(await stage.expectTables()).toEqual([])
  })

  it('refuses to read a table of which row security would hide rows', async () => {
    const stage = await begin(`${ordersSql};
      DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN; GRANT SELECT ON orders TO guarded;
      ALTER TABLE orders ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON orders USING (id < 10)`)
    const snapshot = stage.read({ run: { user: 'guarded' } })
    await expect(snapshot).rejects.toMatchObject({ code: 'postgres_permission_denied' })
    await stage.sql('DROP POLICY few ON orders; REVOKE SELECT ON orders FROM guarded')
  })

  it('reads a row again only where a change may have left out its large value', async () => {
    const stage = await begin(`${ordersSql};
      ALTER TABLE orders ALTER note SET STORAGE EXTERNAL;
      UPDATE orders SET note = repeat(md5(id::text), 80) WHERE id > 2900`)
    const run = { rangeBytes: 64 * 1024, workers: 2 }
    expect(await stage.read({ run, capacity: () => 50, before: crashAt(5) })).toBe('crashed')
    await stage.sql('UPDATE orders SET n = 1 WHERE id > 2990')
    expect(await stage.read({ run, isExported: false })).toBe('done')
    await stage.expectTables()
    const changed = stage.rows().filter(({ n }) => n === 1)
    expect(changed.map(({ id }) => id)).toEqual([2991, 2992, 2993, 2994, 2995, 2996, 2997, 2998, 2999, 3000])
  })

  it('says up to where the changes belong to it when it was read in several runs', async () => {
    const stage = await begin(ordersSql)
    const first = await stage.open({ exportedName: stage.slot.exportedName })
    expect(first.settledLsn).toBeUndefined()
    await pump(first, stage.log, { capacity: () => 50, before: crashAt(5) })
    await stage.sql('UPDATE orders SET n = 1')
    const { rows } = await stage.sql('SELECT (pg_current_wal_insert_lsn() - $$0/0$$)::text AS lsn')
    const second = await stage.open()
    expect(second.settledLsn).toBeGreaterThanOrEqual(Number((rows[0] as { lsn: string }).lsn))
    await second.close()
  })
})

const noWriter = {
  hasDeadLetters: false,
  appendNumber: 0,
  append: () => false,
  deadLetter: () => false,
  partitionOf: () => 0,
  partitionCount: () => 1,
}
