import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { availableVersions } from '../../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../../support/postgres/postgres-server.js'
import { change, deliverAll, jsonRecord, logOf, SinkRun, steady } from './sink-run.js'

const [version] = availableVersions()

describe.skipIf(version === undefined)('what a sink writes into Postgres', () => {
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

  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => jsonRecord({ id: from + index }))

  it('goes on where the target stands, whatever the group committed', async () => {
    const { url, rows } = await database('CREATE TABLE logs (id int)')
    const log = logOf('logs', numbers(0, 10))
    await deliverAll({ url, settings: { table: 'logs' }, log })
    log.append(log.partitions[0]!, numbers(10, 15))
    await deliverAll({ url, settings: { table: 'logs' }, log })
    expect(await rows('SELECT count(*)::int, sum(id)::int FROM logs')).toEqual([{ count: 15, sum: 105 }])
  })

  it('is refused from a sink that another has replaced, and nothing comes twice', async () => {
    const { url, rows } = await database('CREATE TABLE logs (id int)')
    const log = logOf('logs', numbers(0, 10), numbers(10, 20))
    const options = { url, settings: { table: 'logs' }, log }
    const zombie = new SinkRun(options)
    closing.push(() => zombie.sink.close())
    const [start] = await zombie.start()
    const [first, second] = [...log.read(log.partitions[0]!, start!)]
    await zombie.write(first!)
    await zombie.sink.flush(steady)
    const heir = new SinkRun(options)
    closing.push(() => heir.sink.close())
    const starts = await heir.start()
    await expect(
      (async () => {
        await zombie.write(second!)
        await zombie.sink.flush(steady)
      })(),
    ).rejects.toMatchObject({ code: 'postgres_sink_fenced' })
    await heir.deliver(starts)
    expect(await rows('SELECT count(*)::int, sum(id)::int FROM logs')).toEqual([{ count: 20, sum: 190 }])
  })

  it.each([
    ['reached the server', true],
    ['did not reach the server', false],
  ])('is there once when a COMMIT that %s has no answer', async (_, reaches) => {
    const { name, rows } = await database('CREATE TABLE logs (id int)')
    const proxy = await startProxy(server.port, reaches, 3)
    closing.push(() => proxy.close())
    const url = new URL(server.url(name))
    url.port = String(proxy.port)
    const log = logOf('logs', ...Array.from({ length: 8 }, (__, index) => numbers(index * 10, index * 10 + 10)))
    await deliverAll({ url: url.href, settings: { table: 'logs' }, log })
    expect(proxy.cuts).toBe(3)
    expect(await rows('SELECT count(*)::int, sum(id)::int FROM logs')).toEqual([{ count: 80, sum: 3160 }])
  })

  it('is there once when the server crashes in between', { timeout: 90_000 }, async () => {
    const own = await startPostgres({ version: version!, settings: { fsync: 'on' } })
    closing.push(() => own.close())
    const name = await own.createDatabase()
    await own.run('CREATE TABLE logs (id int)', name)
    const log = logOf('logs', ...Array.from({ length: 6 }, (_, index) => numbers(index * 10, index * 10 + 10)))
    const run = new SinkRun({ url: own.url(name), settings: { table: 'logs' }, log })
    closing.push(() => run.sink.close())
    const [start] = await run.start()
    let written = 0
    for (const batch of log.read(log.partitions[0]!, start!)) {
      const restarted = written++ === 3 ? own.restart('immediate') : undefined
      await run.write(batch)
      await restarted
    }
    await run.deliver([60])
    const { rows } = await own.run('SELECT count(*)::int, sum(id)::int FROM logs', name)
    expect(rows).toEqual([{ count: 60, sum: 1770 }])
  })

  it.each([1, 2, 3])('lacks just the %i bad rows of a thousand, which are dead letters', async (badCount) => {
    const { url, rows } = await database('CREATE TABLE logs (id int CHECK (id <> 500), note text)')
    const records = numbers(0, 1000)
    const bad = [500, 17, 999].slice(0, badCount)
    if (badCount > 1) records[17] = jsonRecord({ id: 'no number' })
    if (badCount > 2) records[999] = jsonRecord({ id: 3_000_000_000 })
    const run = await deliverAll({ url, settings: { table: 'logs' }, log: logOf('logs', records, numbers(1000, 1010)) })
    expect([...run.failed.keys()].sort()).toEqual(bad.map((offset) => `logs/${offset}`).sort())
    const [{ count, sum }] = await rows('SELECT count(*)::int, sum(id)::int FROM logs')
    const all = Array.from({ length: 1010 }, (_, id) => id).filter((id) => !bad.includes(id))
    expect({ count, sum }).toEqual({ count: all.length, sum: all.reduce((total, id) => total + id, 0) })
  })

  it('passes from row to row where a unique value changes its owner', async () => {
    const { url, rows } = await database(`CREATE TABLE items (id int PRIMARY KEY, email text UNIQUE);
      CREATE TABLE notes (item int REFERENCES items);
      INSERT INTO items VALUES (1, 'a'), (2, 'b')`)
    const log = logOf('items', [
      change({ op: 'u', after: { id: 1, email: 'c' } }),
      change({ op: 'u', after: { id: 2, email: 'a' } }),
      change({ op: 'd', before: { id: 1 } }),
      change({ op: 'c', after: { id: 3, email: 'c' } }),
    ])
    const run = await deliverAll({ url, settings: { table: '{table}', mode: 'merge' }, log })
    expect(run.failed.size).toBe(0)
    expect(await rows('SELECT * FROM items ORDER BY id')).toEqual([
      { id: 2, email: 'a' },
      { id: 3, email: 'c' },
    ])
  })

  it('shows whole transactions of the source at every commit, across tables that refer to each other', async () => {
    const { url, rows } = await database(`CREATE TABLE parents (id int PRIMARY KEY, total int);
      CREATE TABLE items (id int PRIMARY KEY, parent int NOT NULL REFERENCES parents);
      CREATE TABLE seen (items int, total int);
      CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO public.seen SELECT (SELECT count(*) FROM public.items), (SELECT sum(total) FROM public.parents); RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER watch AFTER INSERT OR UPDATE ON parents DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION look()`)
    const parts = Array.from({ length: 20 }, (_, id) => [
      change({ op: 'c', table: 'items', after: { id, parent: 1 }, isLast: false }),
      change({ op: id === 0 ? 'c' : 'u', table: 'parents', after: { id: 1, total: id + 1 } }),
    ]).flat()
    // Batches end in the middle of transactions.
    const log = logOf(
      'db',
      parts.slice(0, 7),
      parts.slice(7, 8),
      parts.slice(8, 9),
      parts.slice(9, 33),
      parts.slice(33),
    )
    await deliverAll({ url, settings: { table: '{table}', mode: 'merge', apply: 'transactions' }, log })
    expect(await rows('SELECT count(*)::int FROM items')).toEqual([{ count: 20 }])
    expect(await rows('SELECT * FROM seen WHERE items <> total')).toEqual([])
    expect(await rows('SELECT max(total) FROM seen')).toEqual([{ max: 20 }])
  })

  it('does not hold the beginning of a transaction whose end is not there', async () => {
    const { url, rows } = await database('CREATE TABLE items (id int PRIMARY KEY)')
    const log = logOf('db', [
      change({ op: 'c', after: { id: 1 } }),
      change({ op: 'c', after: { id: 2 }, isLast: false }),
    ])
    const options = { url, settings: { table: '{table}', mode: 'merge', apply: 'transactions' }, log }
    const run = await deliverAll(options)
    expect(run.durable.get('db/0')).toBe(1)
    expect(await rows('SELECT id FROM items')).toEqual([{ id: 1 }])
    log.append(log.partitions[0]!, [change({ op: 'c', after: { id: 3 } })])
    await deliverAll(options)
    expect(await rows('SELECT id FROM items ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
  })

  it.each(['40P01', '40001', '55P03', '53300', '57P03', '25006', '53100'])(
    'is tried again after the server answers %s',
    async (state) => {
      const { url, rows } = await database(`CREATE TABLE items (id int PRIMARY KEY); CREATE SEQUENCE attempts;
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('public.attempts') < 3 THEN RAISE EXCEPTION 'not now' USING ERRCODE = '${state}'; END IF; RETURN NEW;
      END $$;
      CREATE TRIGGER refusing BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION refuse()`)
      const log = logOf('items', [jsonRecord({ id: 1 })], [jsonRecord({ id: 2 })])
      const run = await deliverAll({ url, settings: { table: 'items', mode: 'upsert' }, log })
      expect(run.failed.size).toBe(0)
      expect(await rows('SELECT id FROM items ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }])
    },
  )
})

/** Forwards, but cuts the first connections at their second COMMIT: before the server gets it, or before its answer. */
async function startProxy(port: number, reaches: boolean, mostCuts: number) {
  const sockets = new Set<Socket>()
  const state = { cuts: 0 }
  const commit = Buffer.from('COMMIT\0')
  const done = Buffer.from('COMMIT\0')
  const server: Server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    let commits = 0
    const cut = (): void => {
      state.cuts++
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (bytes) => {
      if (bytes.includes(commit)) commits++
      if (!reaches && commits === 2 && state.cuts < mostCuts) cut()
      else upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      if (reaches && commits === 2 && bytes.includes(done) && state.cuts < mostCuts) cut()
      else client.write(bytes)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address() as { readonly port: number }
  return {
    port: address.port,
    get cuts() {
      return state.cuts
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
