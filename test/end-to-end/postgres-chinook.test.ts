// A shop's database through topics into a second one: its snapshot and its changes, while rows change during the
// snapshot, with whole transactions in one topic and table by table in topics of several partitions.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Hub, startHub } from '../../hub/start-hub.js'
import {
  changeChinook,
  chinookRows,
  chinookScript,
  chinookTables,
  loadChinook,
} from '../connectors/postgres/loads/chinook.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'
import { availableVersions } from '../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../support/postgres/postgres-server.js'
import { tablesOf, tableSums } from '../support/postgres/table-sums.js'
import { patienceMs } from './kit.js'

const script = chinookScript()
if (script === undefined) console.warn('skipped: TAILRACE_SAMPLES names no folder with chinook.sql')

interface Way {
  readonly way: string
  readonly to: string
  readonly partitions: number
  /** A truncate reaches all partitions, each at a place of its own: only one partition can apply it. */
  readonly emptying: string
  readonly sink: object
}

const ways: readonly Way[] = [
  {
    way: 'by whole transactions',
    to: 'shop',
    partitions: 1,
    emptying: 'TRUNCATE playlist_track',
    sink: { from: ['shop'], apply: 'transactions' },
  },
  {
    way: 'table by table',
    to: 'shop.{table}',
    partitions: 3,
    emptying: 'DELETE FROM playlist_track',
    sink: { from: chinookTables.map((table) => `shop.${table}`) },
  },
]

describe.skipIf(script === undefined).each(availableVersions())('chinook into a second database (%s)', (version) => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres({ version })
  })
  afterAll(() => server.close())

  it.each(ways)('$way, every table equal by count and by checksum', { timeout: 4 * patienceMs }, async (settings) => {
    const folder = fs.mkdtempSync(join(tmpdir(), 'tailrace-chinook-'))
    const [source, target] = [await opened(server), await opened(server)]
    let hub: Hub | undefined
    try {
      await loadChinook(source, script!)
      const tables = await tablesOf(source)
      expect(tables).toEqual(chinookTables)
      expect((await tableSums(source, tables)).reduce((sum, { rows }) => sum + rows, 0)).toBe(chinookRows)
      hub = await startHub({ files: [pipeline(folder, server, [source, target], settings)] })
      // Rows change while the snapshot is read, and after it.
      const random = new SeededRandom(1)
      for (let change = 0; change < 200; change++) await changeChinook(source, random)
      await equal(source, target, { tables, hub })
      for (let change = 0; change < 50; change++) await changeChinook(source, random)
      await source.query(`${settings.emptying}; DELETE FROM invoice_line WHERE invoice_line_id % 2 = 0`)
      await equal(source, target, { tables, hub })
    } finally {
      await hub?.close()
      await source.query(
        'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()',
      )
      await source.end()
      await target.end()
      fs.rmSync(folder, { recursive: true, force: true })
    }
  })
})

async function opened(server: PostgresServer): Promise<pg.Client> {
  return server.connect(await server.createDatabase())
}

function pipeline(
  folder: string,
  server: PostgresServer,
  [source, target]: readonly [pg.Client, pg.Client],
  { to, partitions, sink }: Way,
): string {
  const urls = { TAILRACE_CHINOOK: server.url(source.database), TAILRACE_CHINOOK_COPY: server.url(target.database) }
  Object.assign(process.env, urls)
  const file = join(folder, 'chinook.json')
  const document = {
    version: 1,
    name: 'chinook',
    defaults: { topic: { partitions } },
    sources: {
      db: {
        type: 'postgres-cdc',
        url: { $env: 'TAILRACE_CHINOOK' },
        slot: `chinook_${source.database}`,
        publication: 'chinook',
        tables: chinookTables.map((table) => `public.${table}`),
        create: true,
        to,
      },
    },
    sinks: {
      copy: {
        type: 'postgres',
        url: { $env: 'TAILRACE_CHINOOK_COPY' },
        table: 'public.{table}',
        mode: 'merge',
        evolve: 'add',
        ...sink,
      },
    },
  }
  fs.writeFileSync(file, JSON.stringify(document))
  return file
}

/** Waits until the target holds what the source holds. */
async function equal(
  source: pg.Client,
  target: pg.Client,
  { tables, hub }: { readonly tables: readonly string[]; readonly hub: Hub },
): Promise<void> {
  const expected = await tableSums(source, tables)
  await vi.waitFor(
    async () => {
      const errors = hub.edges().map(({ error }) => error?.message)
      expect(await tablesOf(target), String(errors)).toEqual(tables)
      expect(await tableSums(target, tables), String(errors)).toEqual(expected)
    },
    { timeout: patienceMs, interval: 200 },
  )
}
