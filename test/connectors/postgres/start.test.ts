// How the source begins, what it refuses, and what it says then.

import { expect } from 'vitest'
import { behavioursOf, type CdcBehaviours, type CdcSite, type OpenSite } from './cdc-site.js'
import { changesOf, live, rowsAfter } from './live.js'

const orders = 'CREATE TABLE orders (id int PRIMARY KEY, note text)'

async function complaintOf(open: OpenSite, sql: string, source: object = {}): Promise<string> {
  const site = await open({ sql, source })
  await site.start()
  return site.complaint()
}

const slotRow = async (site: CdcSite): Promise<Record<string, unknown> | undefined> => {
  const [row] = await site.run(
    `SELECT confirmed_flush_lsn::text AS confirmed, restart_lsn::text AS restart, plugin FROM pg_replication_slots WHERE slot_name = '${site.slot}'`,
  )
  return row
}

const setup: CdcBehaviours = {
  'slot and publication are made when that is asked for': async (open) => {
    const site = await live(open, orders)
    expect(await slotRow(site)).toMatchObject({ plugin: 'pgoutput' })
    expect(await site.run(`SELECT pubviaroot, puballtables FROM pg_publication WHERE pubname = 'shop'`)).toEqual([
      { pubviaroot: true, puballtables: false },
    ])
  },
  'a publication that was made says for whom': async (open) => {
    const site = await live(open, orders)
    const [row] = await site.run(`SELECT obj_description(oid, 'pg_publication') AS comment FROM pg_publication`)
    expect(row?.['comment']).toMatch(/^made by tailrace for \S+ shop\.db: [0-9a-f]{16}$/)
  },
  'without being asked nothing is made': async (open) => {
    const site = await open({ sql: orders, source: { create: false } })
    await site.start()
    expect(await site.complaint()).toMatch(/^postgres_slot_missing/)
    expect(await site.run('SELECT FROM pg_publication')).toEqual([])
  },
  'a publication that is missing is named, with its SQL as hint': async (open) => {
    const site = await open({ sql: orders, source: { create: false, snapshot: { mode: 'never' } } })
    await site.run(`SELECT pg_create_logical_replication_slot('${site.slot}', 'pgoutput')`)
    await site.start()
    expect(await site.complaint()).toMatch(/^postgres_publication_missing: the publication shop does not exist/)
    expect(site.hint()).toContain('CREATE PUBLICATION "shop" FOR TABLE "public"."orders"')
  },
  'a publication that lacks a table is named, with the ALTER as hint': async (open) => {
    const site = await open({
      sql: `${orders}; CREATE TABLE lines (id int PRIMARY KEY); CREATE PUBLICATION shop FOR TABLE orders`,
      source: { tables: ['public.orders', 'public.lines'] },
    })
    await site.start()
    expect(await site.complaint()).toMatch(/^postgres_publication_lacks: .*public\.lines/)
    expect(site.hint()).toContain('ALTER PUBLICATION "shop" ADD TABLE "public"."lines"')
  },
  'a slot that was made by hand is taken over without a snapshot': async (open) => {
    const site = await open({
      sql: `${orders}; CREATE PUBLICATION shop FOR TABLE orders`,
      source: { create: false, snapshot: { mode: 'never' } },
    })
    await site.run(`SELECT pg_create_logical_replication_slot('${site.slot}', 'pgoutput')`)
    await site.run(`INSERT INTO orders VALUES (1, 'before the start')`)
    await site.start()
    await site.streaming()
    expect(rowsAfter(await site.settled())).toEqual([{ id: 1, note: 'before the start' }])
  },
  'a slot that was made by hand does not begin with a snapshot': async (open) => {
    const site = await open({ sql: orders })
    await site.run(`SELECT pg_create_logical_replication_slot('${site.slot}', 'pgoutput')`)
    await site.start()
    expect(await site.complaint()).toMatch(/^postgres_slot_foreign/)
  },
  'a slot of another plugin is refused': async (open) => {
    const site = await open({ sql: orders })
    await site.run(`SELECT pg_create_logical_replication_slot('${site.slot}', 'test_decoding')`)
    await site.start()
    expect(await site.complaint()).toMatch(/^postgres_slot_foreign: .*test_decoding/)
  },
  'a slot that another process reads is waited for': async (open) => {
    const site = await live(open, orders)
    const other = await open({ sql: orders })
    await other.stop()
    await site.stop()
    await site.run(`SELECT pg_logical_slot_peek_changes('${site.slot}', NULL, NULL)`).catch(() => undefined)
    await site.start()
    await site.streaming()
    expect(rowsAfter(await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`))).toEqual([{ id: 1, note: 'a' }])
  },
  'of a whole schema, tables whose rows cannot be told apart are left out, with a warning': async (open) => {
    const site = await live(open, `${orders}; CREATE TABLE logs (line text)`)
    await site.run(`INSERT INTO logs VALUES ('a'); UPDATE logs SET line = 'b'; DELETE FROM logs`)
    const records = await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`)
    expect(records.map(({ value }) => value?.['table'])).toEqual(['orders'])
  },
  'of a whole schema, what a publication of somebody else holds comes': async (open) => {
    const site = await live(
      open,
      `${orders}; CREATE TABLE other (id int PRIMARY KEY); CREATE PUBLICATION shop FOR TABLE orders`,
    )
    const records = await changesOf(site, `INSERT INTO other VALUES (1); INSERT INTO orders VALUES (1, 'a')`)
    expect(records.map(({ value }) => value?.['table'])).toEqual(['orders'])
  },
  'a table added to the settings is added to the publication, its changes come from then on': async (open) => {
    const site = await live(open, `${orders}; CREATE TABLE lines (id int PRIMARY KEY); INSERT INTO lines VALUES (1)`, {
      tables: ['public.orders'],
    })
    await site.stop()
    await site.start({ tables: ['public.orders', 'public.lines'], snapshot: { mode: 'never' } })
    await site.streaming()
    expect(rowsAfter(await changesOf(site, 'INSERT INTO lines VALUES (2)'))).toEqual([{ id: 2 }])
  },
}

const badInput: CdcBehaviours = {
  'a wrong password is named': async (open) => {
    const site = await open({ sql: `${orders}; CREATE ROLE shut LOGIN PASSWORD 'right' REPLICATION` })
    await site.start({}, `postgres://shut:wrong@127.0.0.1:${site.server.port}/${site.database}`)
    expect(await site.complaint()).toMatch(/^postgres_login_refused/)
    expect(site.complaintText()).not.toContain('wrong')
    await site.run('DROP ROLE shut')
  },
  'a role that may not replicate is named': async (open) => {
    const site = await open({ sql: `${orders}; CREATE ROLE plain LOGIN PASSWORD 'p'` })
    await site.start({}, `postgres://plain:p@127.0.0.1:${site.server.port}/${site.database}`)
    expect(await site.complaint()).toMatch(/^postgres_(permission_denied|login_refused)/)
    await site.stop()
    await site.run('DROP ROLE plain')
  },
  'a database that does not exist is named': async (open) => {
    const site = await open({ sql: orders })
    await site.start({}, site.server.url('no_such_database'))
    expect(await site.complaint()).toMatch(/^postgres_database_missing/)
  },
  'a server that is away is waited for': async (open) => {
    const site = await open({ sql: orders })
    await site.start({}, `postgres://postgres@127.0.0.1:1/x`)
    expect(await site.complaint()).toMatch(/^postgres_unreachable/)
  },
  'a URL that is none is named without its text': async (open) => {
    const site = await open({ sql: orders })
    await site.start({}, 'postgres://u:secret%@@@')
    expect(await site.complaint()).toMatch(/^postgres_(url_invalid|unreachable)/)
    expect(site.complaintText()).not.toContain('secret')
  },
  'a table that does not exist is named': async (open) => {
    expect(await complaintOf(open, orders, { tables: ['public.nope'] })).toMatch(
      /^postgres_table_missing: .*public\.nope/,
    )
  },
  'a view is no table': async (open) => {
    expect(
      await complaintOf(open, `${orders}; CREATE VIEW v AS SELECT * FROM orders`, { tables: ['public.v'] }),
    ).toMatch(/^postgres_table_missing/)
  },
  'an unlogged table cannot be read': async (open) => {
    expect(await complaintOf(open, 'CREATE UNLOGGED TABLE u (id int PRIMARY KEY)', { tables: ['public.u'] })).toMatch(
      /^postgres_table_missing/,
    )
  },
  'a table without an identity is not published, as its updates would fail': async (open) => {
    const site = await open({ sql: 'CREATE TABLE logs (line text)', source: { tables: ['public.logs'] } })
    await site.start()
    expect(await site.complaint()).toMatch(/^postgres_identity_missing: public\.logs/)
    await site.stop()
    await site.run(`INSERT INTO logs VALUES ('a'); UPDATE logs SET line = 'b'`)
  },
  'leaving out a column of the key is refused, as updates would fail': async (open) => {
    expect(await complaintOf(open, orders, { options: [{ table: 'public.orders', except: ['id'] }] })).toMatch(
      /^postgres_identity_missing: .*leave out id/,
    )
  },
  'masking a column of the key is refused': async (open) => {
    expect(await complaintOf(open, orders, { options: [{ table: 'public.orders', mask: ['id'] }] })).toMatch(
      /^postgres_column_rule_unfit/,
    )
  },
  'masking a column that is not there is refused, so that a renamed one does not leak': async (open) => {
    expect(await complaintOf(open, orders, { options: [{ table: 'public.orders', mask: ['nope'] }] })).toMatch(
      /^postgres_column_rule_unfit/,
    )
  },
  'a row filter that is no SQL is refused by the server and said': async (open) => {
    expect(await complaintOf(open, orders, { options: [{ table: 'public.orders', where: 'no such' }] })).toMatch(
      /^postgres_(statement_refused|column_missing)/,
    )
  },
  'a name over 63 bytes is refused': async (open) => {
    const site = await open({ sql: orders })
    await expect(site.start({ tables: [`public.${'x'.repeat(64)}`] })).rejects.toThrow(/sources\.db\.tables\.0: .*63/s)
  },
}

const lost: CdcBehaviours = {
  'a slot that was dropped is not made anew: what came since is lost, and said': async (open) => {
    const site = await live(open, orders)
    await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`)
    await site.stop()
    await site.run(`SELECT pg_drop_replication_slot('${site.slot}')`)
    await site.start()
    expect(await site.complaint()).toMatch(
      /^postgres_slot_missing: .*was dropped; the log holds changes up to [0-9A-F]+\/[0-9A-F]+/,
    )
  },
  'a slot that somebody moved on stops the source with the exact gap': async (open) => {
    const site = await live(open, orders)
    await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`)
    await site.stop()
    await site.run(`INSERT INTO orders VALUES (2, 'b')`)
    await site.run(`SELECT pg_replication_slot_advance('${site.slot}', pg_current_wal_lsn())`)
    await site.start()
    expect(await site.complaint()).toMatch(
      /^postgres_slot_ahead: .*stands at [0-9A-F]+\/[0-9A-F]+, but the log holds changes up to [0-9A-F]+\/[0-9A-F]+ only: \d+ bytes/,
    )
  },
  'a slot that was made anew under the old name stops the source': async (open) => {
    const site = await live(open, orders)
    await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`)
    await site.stop()
    await site.run(`SELECT pg_drop_replication_slot('${site.slot}')`)
    await site.run(`INSERT INTO orders VALUES (2, 'b')`)
    await site.run(`SELECT pg_create_logical_replication_slot('${site.slot}', 'pgoutput')`)
    await site.start()
    expect(await site.complaint()).toMatch(/^postgres_slot_ahead/)
  },
  'another slot under the same source is refused': async (open) => {
    const site = await live(open, orders)
    await site.stop()
    await site.start({ slot: `${site.slot}_b`, snapshot: { mode: 'never' } })
    expect(await site.complaint()).toMatch(/^postgres_other_database: .*the settings name/)
  },
  'another database under the same source is refused': async (open) => {
    const site = await live(open, orders)
    const other = await open({ sql: orders })
    await site.stop()
    await site.start({ snapshot: { mode: 'never' } }, site.server.url(other.database))
    expect(await site.complaint()).toMatch(/^postgres_other_database/)
  },
  'an older data directory stops with the gap, and nothing is lost in silence': async (open) => {
    const site = await live(open, orders)
    await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`)
    await site.stop()
    const restore = site.backUp()
    await site.start()
    await site.streaming()
    await changesOf(site, `INSERT INTO orders VALUES (2, 'b')`)
    await site.stop()
    restore()
    await site.start()
    expect(await site.complaint()).toMatch(/^postgres_slot_ahead/)
  },
}

const givenUp = /^postgres_slot_invalidated: .*(wal_removed|lost)/

const givenUpAway: CdcBehaviours = {
  'a slot that the server gave up while the source was away is named, with the reason': async (open) => {
    const site = await live(open, orders)
    await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`)
    await site.stop()
    await outgrowSlots(site)
    await site.start()
    expect(await site.complaint()).toMatch(givenUp)
  },
}

const givenUpLive: CdcBehaviours = {
  'a slot that the server gives up while it is read is named, with the reason': async (open) => {
    const site = await live(open, orders)
    await changesOf(site, `INSERT INTO orders VALUES (1, 'a')`)
    // A transaction that stays open keeps the slot where it began, however much was confirmed.
    const idle = await site.server.connect(site.database)
    await idle.query(`BEGIN; INSERT INTO orders VALUES (2, 'b')`)
    await outgrowSlots(site)
    await site.complaint(givenUp)
    await idle.end()
  },
}

/** Writes more WAL than slots may keep, and lets the server look at it. */
async function outgrowSlots(site: CdcSite): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await site.run(`CREATE TABLE filler_${round} AS SELECT g, repeat('x', 500) AS text FROM generate_series(1, 2000) g`)
    await site.run('SELECT pg_switch_wal()')
  }
  await site.run('CHECKPOINT')
}

const physical: CdcBehaviours = {
  'a server without logical WAL is named, with the setting as hint': async (open) => {
    const site = await open({ sql: orders })
    await site.start()
    expect(await site.complaint()).toMatch(/^postgres_no_logical_wal: .*"replica"/)
    expect(site.hint()).toContain('wal_level = logical')
  },
}

behavioursOf('the start of the source', setup)
for (const version of ['embedded', 'debian'] as const) {
  const tight = { version, settings: { max_slot_wal_keep_size: '1MB' } }
  behavioursOf('a slot that the server gave up', givenUpAway, tight)
  behavioursOf('a slot that the server gives up', givenUpLive, tight)
}
behavioursOf('a server that keeps no logical WAL', physical, { settings: { wal_level: 'replica' } })
behavioursOf('bad input of the source', badInput, {
  hba: ['host all shut 127.0.0.1/32 scram-sha-256'],
})
behavioursOf('positions that do not fit', lost)
behavioursOf('positions that do not fit', lost, { version: 'debian' })
