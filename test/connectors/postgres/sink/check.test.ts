import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSettings } from '../../../../core/connector/fields.js'
import { Secret } from '../../../../core/connector/secret.js'
import { examineTarget, previewTarget } from '../../../../connectors/postgres/sink/check.js'
import { sinkFields } from '../../../../connectors/postgres/sink/settings.js'
import { availableVersions } from '../../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../../support/postgres/postgres-server.js'
import { deliverAll, jsonRecord, logOf, SinkRun, steady } from './sink-run.js'

const [version] = availableVersions()

describe.skipIf(version === undefined)('the target of a Postgres sink', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres({ version: version! })
    await server.run('CREATE ROLE writer LOGIN')
  })
  afterAll(() => server.close())

  async function database(sql: string): Promise<string> {
    const name = await server.createDatabase()
    await server.run(sql, name)
    return name
  }

  function looking(url: string, given: Readonly<Record<string, unknown>>) {
    const settings = readSettings(sinkFields, { url: new Secret(url), ...given })
    const { context } = new SinkRun({ url, settings: given, log: logOf('x') })
    return { settings, context }
  }

  async function findings(url: string, given: Readonly<Record<string, unknown>>) {
    const { settings, context } = looking(url, given)
    return examineTarget(settings, context)
  }

  async function refusal(url: string, settings: Readonly<Record<string, unknown>>): Promise<string> {
    const run = new SinkRun({ url, settings, log: logOf('x') })
    await run.sink.open(run.context)
    const code = await run.sink.check(steady).then(
      () => 'none',
      (error: { readonly code: string }) => error.code,
    )
    await run.sink.close()
    return code
  }

  it('is refused when it cannot take the rows', async () => {
    const name = await database(`CREATE TABLE plain (id int); CREATE TABLE keyed (id int PRIMARY KEY, other int);
      CREATE VIEW seen AS SELECT 1 AS id; GRANT INSERT ON keyed TO writer`)
    const url = server.url(name)
    expect(await refusal(url, { table: 'missing' })).toBe('postgres_table_missing')
    expect(await refusal(url, { table: 'missing', evolve: 'add' })).toBe('none')
    expect(await refusal(url, { table: 'seen' })).toBe('postgres_target_unfit')
    expect(await refusal(url, { table: 'plain', mode: 'upsert' })).toBe('postgres_target_unfit')
    expect(await refusal(url, { table: 'keyed', mode: 'upsert', key: ['other'] })).toBe('postgres_target_unfit')
    expect(await refusal(url, { table: 'keyed', mode: 'upsert' })).toBe('none')
    const lesser = server.url(name, 'writer')
    expect(await refusal(lesser, { table: 'keyed' })).toBe('none')
    expect(await refusal(lesser, { table: 'keyed', mode: 'upsert' })).toBe('postgres_permission_denied')
  })

  it('is examined without a change: a superuser, missing bookkeeping, foreign keys that cannot be deferred', async () => {
    const name = await database(
      `CREATE TABLE parents (id int PRIMARY KEY); CREATE TABLE items (parent int REFERENCES parents)`,
    )
    const told = await findings(server.url(name), { table: '{table}', mode: 'merge', apply: 'transactions' })
    expect(told.filter(({ level }) => level === 'warning').map(({ message }) => message)).toEqual([
      expect.stringContaining('superuser'),
      expect.stringContaining('items_parent_fkey'),
    ])
    const lesser = await findings(server.url(name, 'writer'), { table: '{table}', mode: 'merge' })
    expect(lesser.filter(({ level }) => level === 'problem')).toEqual([
      {
        level: 'problem',
        message: expect.stringContaining('"tailrace"."offsets"'),
        hint: expect.stringContaining('CREATE TABLE'),
      },
    ])
    const { rows } = await server.run("SELECT to_regnamespace('tailrace') AS found", name)
    expect(rows).toEqual([{ found: null }])
  })

  it('needs no more than the rights that are told', async () => {
    const name = await database(
      `CREATE TABLE items (id int PRIMARY KEY); GRANT SELECT, INSERT, UPDATE, DELETE ON items TO writer`,
    )
    const url = server.url(name, 'writer')
    const given = { table: 'items', mode: 'upsert' }
    const log = logOf('items', [jsonRecord({ id: 1 })])
    await expect(deliverAll({ url, settings: given, log })).rejects.toMatchObject({
      code: 'postgres_permission_denied',
    })
    const { settings, context } = looking(url, given)
    const steps = await previewTarget(settings, context)
    await server.run(
      `${steps.map(({ text }) => text).join(';')}; GRANT USAGE ON SCHEMA tailrace TO writer; GRANT SELECT, INSERT, UPDATE ON tailrace.offsets TO writer`,
      name,
    )
    await deliverAll({ url, settings: given, log })
    expect((await server.run('SELECT id FROM items', name)).rows).toEqual([{ id: 1 }])
    expect(await previewTarget(settings, context)).toEqual([])
  })

  it('refuses a text with a NUL and a value that is no object as records, not as a whole', async () => {
    const name = await database('CREATE TABLE logs (id int, note text)')
    const log = logOf('logs', [
      jsonRecord({ id: 1, note: 'a\0b' }),
      jsonRecord([1]),
      { key: null, value: Buffer.from('{"id":'), timestampMs: 0 },
      jsonRecord({ id: 2, note: 'good' }),
    ])
    const run = await deliverAll({ url: server.url(name), settings: { table: 'logs' }, log })
    expect([...run.failed.values()].map(({ offset, code }) => [offset, code])).toEqual([
      [0, 'postgres_text_has_nul'],
      [1, 'postgres_record_unfit'],
      [2, 'postgres_record_unfit'],
    ])
    expect((await server.run('SELECT id FROM logs', name)).rows).toEqual([{ id: 2 }])
  })

  it('stops the sink for a column that it lacks, with the statement that would add it', async () => {
    const name = await database('CREATE TABLE logs (id int)')
    const log = logOf('logs', [jsonRecord({ id: 1, level: 'info', gone: null })])
    await expect(deliverAll({ url: server.url(name), settings: { table: 'logs' }, log })).rejects.toMatchObject({
      code: 'postgres_column_missing',
      hint: expect.stringContaining('ADD COLUMN IF NOT EXISTS "level" text'),
    })
    await deliverAll({ url: server.url(name), settings: { table: 'logs', evolve: 'add' }, log })
    expect((await server.run('SELECT * FROM logs', name)).rows).toEqual([{ id: 1, level: 'info' }])
  })
})
