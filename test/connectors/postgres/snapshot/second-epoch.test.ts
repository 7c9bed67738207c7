// A cluster that has used up 2^32 transaction ids: rows that were frozen before bear the ids of transactions of now.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { availableVersions, programsOf, serverUser } from '../../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../../support/postgres/postgres-server.js'
import { exportSlot, Log, openSnapshot, pump, replicas, tableRows, type TestTable } from './rig.js'

const orders: TestTable = { schema: 'public', table: 'orders', columns: ['id int4!', 'n int4'] }
const rowCount = 3000

/** With the programs that come with the server; the package for tests lacks the one that sets ids. */
const versions = availableVersions().filter((version) => existsSync(join(programsOf(version), 'pg_resetwal')))

/** Everything is frozen, and the next transaction has the id `nextXid` of the second epoch. */
async function enterSecondEpoch(server: PostgresServer, nextXid: number): Promise<void> {
  await server.run(`UPDATE pg_database SET datallowconn = true`)
  const { rows } = await server.run('SELECT datname FROM pg_database')
  for (const { datname } of rows as { datname: string }[]) await server.run('VACUUM FREEZE', datname)
  await server.stop('fast')
  const reset = join(programsOf(server.version), 'pg_resetwal')
  execFileSync(reset, ['-e', '1', '-x', String(nextXid), '-D', server.dataDirectory], {
    ...serverUser(),
    stdio: 'pipe',
  })
  await server.start()
}

it.skipIf(versions.length === 0)('a row that looks as if it were new is read all the same', async () => {
  const server = await startPostgres({ version: versions[0]! })
  try {
    const database = await server.createDatabase()
    await server.run('CREATE TABLE orders (id int PRIMARY KEY, n int)', database)
    await server.run(
      `DO $$ BEGIN FOR i IN 1..${rowCount} LOOP INSERT INTO orders VALUES (i, 0); COMMIT; END LOOP; END $$`,
      database,
    )
    const { rows } = await server.run('SELECT xmin::text AS xid FROM orders WHERE id = 1000', database)
    await enterSecondEpoch(server, Number((rows[0] as { xid: string }).xid))
    await server.run('CREATE PUBLICATION pub FOR TABLE orders', database)
    const slot = await exportSlot(server, database, 'slot')
    const run = { server, database, tables: [orders], log: new Log(), shown: slot.shown, rangeBytes: 8 * 1024 }
    expect(slot.shown.startsWith('42949')).toBe(true)

    const first = await openSnapshot({ ...run, exportedName: slot.exportedName })
    let reads = 5
    expect(await pump(first, run.log, { capacity: () => 20, before: () => Promise.resolve(reads-- > 0) })).toBe(
      'crashed',
    )
    await slot.session.close()
    await server.run(
      `DO $$ BEGIN FOR i IN 1..300 LOOP INSERT INTO orders VALUES (${rowCount} + i, 1); COMMIT; END LOOP; END $$`,
      database,
    )
    expect(await pump(await openSnapshot(run), run.log)).toBe('done')

    const made = await replicas([orders], run.log, { server, database, slot: 'slot', publication: 'pub' })
    const replica = made.get('orders')!
    expect(replica.sorted).toEqual(await tableRows(server, database, orders))
    const old = run.log.records.map(({ key }) => (JSON.parse(key!) as { id: number }).id).filter((id) => id <= rowCount)
    expect(new Set(old).size).toBe(rowCount)
  } finally {
    await server.close()
  }
})
