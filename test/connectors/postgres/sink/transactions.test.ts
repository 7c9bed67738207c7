import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { availableVersions } from '../../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../../support/postgres/postgres-server.js'
import { change, deliverAll, logOf, SinkRun } from './sink-run.js'

const [version] = availableVersions()
const settings = { table: '{table}', mode: 'merge', apply: 'transactions' }

describe.skipIf(version === undefined)('whole transactions in Postgres', () => {
  let server: PostgresServer
  const closing: (() => Promise<void> | void)[] = []
  beforeAll(async () => {
    server = await startPostgres({ version: version! })
  })
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
  })
  afterAll(() => server.close())

  async function database(sql: string) {
    const name = await server.createDatabase()
    await server.run(sql, name)
    const rows = async (query: string) => (await server.run(query, name)).rows
    return { name, url: server.url(name), rows }
  }

  it('stream through when they are larger than memory, and again after the connection was cut', async () => {
    const { url, rows } = await database('CREATE TABLE items (id int PRIMARY KEY, body text)')
    const body = 'x'.repeat(4000)
    const log = logOf('db', [change({ op: 'c', after: { id: -1, body: '' } })])
    for (let first = 0; first < 20_000; first += 500) {
      const batch = Array.from({ length: 500 }, (_, index) => {
        const id = first + index
        return change({ op: 'c', after: { id, body }, isLast: id === 19_999 })
      })
      log.append(log.partitions[0]!, batch)
    }
    const run = new SinkRun({ url, settings, log })
    closing.push(() => run.sink.close())
    const [start] = await run.start()
    let written = 0
    for (const batch of log.read(log.partitions[0]!, start!)) {
      if (++written === 39) {
        const open = await rows(
          `SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'tailrace%' AND xact_start IS NOT NULL`,
        )
        expect(open).toHaveLength(1)
        await rows(`SELECT pg_terminate_backend(${open[0].pid})`)
      }
      await run.write(batch)
      const [{ count }] = await rows('SELECT count(*)::int FROM items')
      if (written < 41) expect(count).toBeLessThan(2)
    }
    await run.deliver([20_001])
    expect(await rows('SELECT count(*)::int, sum(id)::int, sum(length(body))::int AS bytes FROM items')).toEqual([
      { count: 20_001, sum: (19_999 * 20_000) / 2 - 1, bytes: 80_000_000 },
    ])
  })

  it('lack just the change that the target refuses', async () => {
    const { url, rows } = await database(`CREATE TABLE parents (id int PRIMARY KEY);
      CREATE TABLE items (id int PRIMARY KEY, parent int REFERENCES parents DEFERRABLE INITIALLY DEFERRED, size int CHECK (size > 0))`)
    const log = logOf(
      'db',
      [
        change({ op: 'c', after: { id: 1, parent: 1, size: 1 }, isLast: false }),
        change({ op: 'c', table: 'parents', after: { id: 1 } }),
        change({ op: 'c', after: { id: 2, parent: 1, size: 0 }, isLast: false }),
        change({ op: 'c', after: { id: 3, parent: 1, size: 3 }, isLast: false }),
      ],
      [
        change({ op: 'u', after: { id: 1, parent: 1, size: 9 } }),
        change({ op: 'c', after: { id: 4, parent: 77, size: 4 }, isLast: false }),
        change({ op: 'c', after: { id: 5, parent: 1, size: 5 } }),
        change({ op: 'c', after: { id: 6, parent: 1, size: 6 } }),
      ],
    )
    const run = await deliverAll({ url, settings, log })
    expect([...run.failed.values()].map(({ offset, code }) => [offset, code])).toEqual([
      [2, 'postgres_constraint_violated'],
      [5, 'postgres_constraint_violated'],
    ])
    expect(await rows('SELECT id, size FROM items ORDER BY id')).toEqual([
      { id: 1, size: 9 },
      { id: 3, size: 3 },
      { id: 5, size: 5 },
      { id: 6, size: 6 },
    ])
  })

  it('count a snapshot as one, children before parents', async () => {
    const { url, rows } = await database(`CREATE TABLE parents (id int PRIMARY KEY);
      CREATE TABLE items (id int PRIMARY KEY, parent int NOT NULL REFERENCES parents)`)
    const log = logOf('db')
    const of = log.partitions[0]!
    for (let id = 0; id < 5; id++) {
      log.append(of, [change({ op: 'r', after: { id, parent: id }, isLast: false })])
    }
    for (let id = 0; id < 5; id++) {
      log.append(of, [change({ op: 'r', table: 'parents', after: { id }, isLast: false })])
    }
    const run = new SinkRun({ url, settings, log })
    closing.push(() => run.sink.close())
    await run.deliver(await run.start())
    expect(await rows('SELECT count(*)::int FROM items')).toEqual([{ count: 0 }])
    log.append(of, [change({ op: 's', isLast: false })])
    await run.deliver([10])
    expect(await rows('SELECT count(*)::int FROM items')).toEqual([{ count: 5 }])
  })

  it('count a snapshot that was read on later as one with the changes up to where it settles', async () => {
    const { url, rows } = await database('CREATE TABLE items (id int PRIMARY KEY)')
    const settled = {
      ...change({ op: 's', isLast: false }),
      value: Buffer.from('{"op":"s","lsn":"0/10","settled":"0/30"}'),
    }
    const at = (lsn: string, id: number) => {
      const record = change({ op: 'c', after: { id } })
      return { ...record, headers: [...record.headers!, { key: 'pg.lsn', value: Buffer.from(lsn) }] }
    }
    const log = logOf(
      'db',
      [change({ op: 'r', after: { id: 1 }, isLast: false }), settled, at('0/20', 2)],
      [at('0/28', 3)],
    )
    const run = new SinkRun({ url, settings, log })
    closing.push(() => run.sink.close())
    await run.deliver(await run.start())
    expect(await rows('SELECT id FROM items')).toEqual([])
    log.append(log.partitions[0]!, [at('0/30', 4), at('0/38', 5)])
    await run.deliver([4])
    expect(await rows('SELECT id FROM items')).toHaveLength(5)
  })

  it('come from one partition only', async () => {
    const { url } = await database('SELECT 1')
    const log = logOf('db')
    log.add('db', 1)
    await expect(deliverAll({ url, settings, log })).rejects.toMatchObject({
      code: 'postgres_transactions_partitioned',
    })
  })
})
