import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { formatLsn, type Lsn, parseLsn } from '../../../../connectors/postgres/wire/lsn.js'
import type { ReplicationStream } from '../../../../connectors/postgres/wire/replication-stream.js'
import { ManualClock } from '../../../support/manual-clock.js'
import { availableVersions } from '../../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../../support/postgres/postgres-server.js'
import { never, Replication } from './replication-kit.js'

describe.each(availableVersions())('the change stream of a %s server', (version) => {
  let server: PostgresServer
  let replication: Replication

  beforeAll(async () => {
    server = await startPostgres({ version, settings: { logical_decoding_work_mem: '64kB' } })
  })

  afterAll(() => server.close())

  beforeEach(async () => {
    replication = await Replication.begin(server)
  })

  afterEach(() => replication.close())

  /** What the server says of the process that sends. */
  async function sender(column: string): Promise<string> {
    const [row] = await replication.session.query<{ value: string }>(
      `SELECT ${column}::text AS value FROM pg_catalog.pg_stat_activity a JOIN pg_catalog.pg_stat_replication r USING (pid)
        WHERE a.datname = current_database()`,
    )
    return row?.value ?? ''
  }

  async function slot(column: string): Promise<string | null | undefined> {
    const [row] = await replication.session.query<{ value: string | null }>(
      `SELECT ${column}::text AS value FROM pg_catalog.pg_replication_slots WHERE slot_name = $1`,
      [replication.slot],
    )
    return row?.value
  }

  it.each([
    ['TCP', () => server.url(replication.database)],
    ['the Unix socket', () => server.socketUrl(replication.database)],
  ])('brings every kind of change in its order over %s', async (_, url) => {
    const { session } = replication
    await session.run(`CREATE TABLE public.plain (id int PRIMARY KEY, v text);
                       CREATE TABLE public.whole (id int, v text); ALTER TABLE public.whole REPLICA IDENTITY FULL`)
    const stream = await replication.stream({}, url())
    await session.run(`BEGIN; INSERT INTO public.plain VALUES (1, 'a'), (2, NULL); UPDATE public.plain SET v = 'ä' WHERE id = 1;
                       UPDATE public.plain SET id = 3 WHERE id = 2; DELETE FROM public.plain WHERE id = 3;
                       INSERT INTO public.whole VALUES (1, 'x'); UPDATE public.whole SET v = 'y'; DELETE FROM public.whole;
                       SELECT pg_logical_emit_message(true, 'inside', 'hello'); TRUNCATE public.plain, public.whole RESTART IDENTITY CASCADE;
                       COMMIT`)
    await session.run(
      `SELECT pg_logical_emit_message(false, 'outside', 'alone'); INSERT INTO public.whole VALUES (2, '')`,
    )
    expect(await replication.linesUntil(stream, 'commit', 2)).toEqual([
      'begin',
      'relation public.plain default id*,v',
      'insert (1,a)',
      'insert (2,null)',
      'update (1,ä)',
      'update key (2,null) to (3,null)',
      'delete key (3,null)',
      'relation public.whole full id*,v*',
      'insert (1,x)',
      'update full (1,x) to (1,y)',
      'delete full (1,y)',
      'message true inside hello',
      'truncate 2 {"cascade":true,"restartIdentity":true}',
      'commit',
      'message false outside alone',
      'begin',
      'insert (2,)',
      'commit',
    ])
  })

  it('marks a large value that did not change, and knows columns that were added', async () => {
    const { session } = replication
    await session.run(
      'CREATE TABLE public.docs (id int PRIMARY KEY, v int, body text); ALTER TABLE public.docs ALTER body SET STORAGE EXTERNAL',
    )
    const stream = await replication.stream()
    await session.run(`INSERT INTO public.docs VALUES (1, 1, repeat('x', 10000)); UPDATE public.docs SET v = 2`)
    const lines = await replication.linesUntil(stream, 'commit')
    expect(lines.at(-2)).toBe('update (1,2,unchanged)')
    await session.run('ALTER TABLE public.docs ADD more text; UPDATE public.docs SET more = $$y$$')
    expect(await replication.linesUntil(stream, 'commit')).toEqual([
      'begin',
      'relation public.docs default id*,v,body,more',
      'update (1,2,unchanged,y)',
      'commit',
    ])
  })

  it('brings large transactions while they run, and says which of their parts were rolled back', async () => {
    const { session } = replication
    await session.run('CREATE TABLE public.t (id int, part text)')
    const stream = await replication.stream({ streaming: true })
    await session.run(`BEGIN; INSERT INTO public.t SELECT g, 'kept' FROM generate_series(1, 3000) g;
                       SAVEPOINT one; INSERT INTO public.t SELECT g, 'dropped' FROM generate_series(1, 3000) g; ROLLBACK TO one;
                       SAVEPOINT two; INSERT INTO public.t SELECT g, 'also kept' FROM generate_series(1, 3000) g; RELEASE two;
                       COMMIT`)
    const { reader } = replication
    const rows = new Map<number, string[]>()
    const transactions = new Set<number>()
    for (let kind = ''; kind !== 'stream-commit'; ) {
      const step = stream.next()
      if (step === 'none') await stream.wait(never)
      if (step !== 'data') continue
      kind = reader.read(stream.bytes, stream.start, stream.end)
      if (kind === 'stream-start') transactions.add(reader.xid)
      if (kind === 'stream-abort') rows.delete(reader.subxid)
      if (kind !== 'insert') continue
      const { bytes, starts, ends } = reader.newTuple
      const part = bytes.toString('utf8', starts[1], ends[1])
      rows.set(reader.xid, [...(rows.get(reader.xid) ?? []), part])
    }
    expect([...transactions]).toEqual([reader.xid])
    const parts = [...rows.values()].map((each) => `${each.length} ${[...new Set(each)].join()}`)
    expect(parts).toEqual(['3000 kept', '3000 also kept'])
    expect(reader.endLsn).toBeGreaterThan(reader.commitLsn)
  })

  it('brings every kind of message inside of a large transaction, and what stands outside of it at once', async () => {
    const { session } = replication
    await session.run(
      `CREATE TYPE public.mood AS ENUM ('good'); CREATE TABLE public.t (id int PRIMARY KEY, mood public.mood)`,
    )
    const stream = await replication.stream({ streaming: true })
    const many = (from: number): string =>
      `INSERT INTO public.t SELECT g, 'good' FROM generate_series(${from}, ${from + 2999}) g;`
    await session.run(`BEGIN; ${many(1)} SELECT pg_logical_emit_message(true, 'inside', 'one');
                       SELECT pg_logical_emit_message(false, 'outside', 'two'); ${many(3001)}
                       DELETE FROM public.t WHERE id = 1; UPDATE public.t SET id = 0 WHERE id = 2; TRUNCATE public.t;
                       ALTER TABLE public.t ADD more int; ${many(1).replace("'good'", "'good', 1")} COMMIT`)
    const lines = await replication.linesUntil(stream, 'stream-commit')
    expect(lines.filter((line) => line.startsWith('insert'))).toHaveLength(9000)
    expect(lines).toContain('message true inside one')
    expect(lines).toContain('message false outside two')
    expect(lines).toContain('type')
    expect(lines).toContain('delete key (1,null)')
    expect(lines).toContain('update key (2,null) to (0,good)')
    expect(lines).toContain('truncate 1 {"cascade":false,"restartIdentity":false}')
    expect(lines).toContain('relation public.t default id*,mood,more')
    expect(lines.filter((line) => line === 'stream-start').length).toBe(
      lines.filter((line) => line === 'stream-stop').length,
    )
  })

  it('names where a transaction came from', async () => {
    const { session } = replication
    await session.run('CREATE TABLE public.t (id int)')
    await session.query(`SELECT pg_replication_origin_create('from ' || current_database())`)
    await session.query(`SELECT pg_replication_origin_session_setup('from ' || current_database())`)
    const stream = await replication.stream()
    await session.run('INSERT INTO public.t VALUES (1)')
    const lines = await replication.linesUntil(stream, 'commit')
    expect(lines.slice(0, 2)).toEqual(['begin', 'origin'])
    expect(replication.reader.originName).toBe(`from ${replication.database}`)
  })

  it('drops a large transaction that was rolled back as a whole', async () => {
    const { session } = replication
    await session.run('CREATE TABLE public.t (id int)')
    const stream = await replication.stream({ streaming: true })
    await session.run('BEGIN; INSERT INTO public.t SELECT generate_series(1, 5000)')
    await replication.linesUntil(stream, 'stream-stop')
    await session.run('ROLLBACK; INSERT INTO public.t VALUES (7)')
    const lines = await replication.linesUntil(stream, 'commit')
    expect(lines).toContain('stream-abort')
    expect(lines).not.toContain('stream-commit')
    expect(lines.slice(-2)).toEqual(['insert (7)', 'commit'])
  })

  it('goes on where it was confirmed, and never tells more', async () => {
    const { session, reader } = replication
    await session.run('CREATE TABLE public.t (id int)')
    const first = await replication.stream()
    await session.run('INSERT INTO public.t VALUES (1)')
    await replication.linesUntil(first, 'commit')
    const confirmed = reader.endLsn
    first.confirm(confirmed)
    await session.run('INSERT INTO public.t VALUES (2)')
    await replication.linesUntil(first, 'commit')
    await first.close()
    expect(await slot('confirmed_flush_lsn')).toBe(formatLsn(confirmed))
    const second = await replication.stream()
    expect(await replication.linesUntil(second, 'commit')).toEqual(['begin', 'insert (2)', 'commit'])
  })

  it('lets go of the slot when it is closed, also with much unread', async () => {
    const { session } = replication
    await session.run('CREATE TABLE public.t (v text)')
    const stream = await replication.stream()
    await session.run(`INSERT INTO public.t SELECT repeat('x', 1000) FROM generate_series(1, 20000)`)
    await stream.wait(never)
    await stream.close()
    await stream.close()
    expect(await slot('active')).toBe('false')
    await replication.stream()
  })

  it('makes the server wait for a reader that stopped, and holds little meanwhile', async () => {
    const { session } = replication
    await session.run('CREATE TABLE public.t (v text)')
    const stream = await replication.stream()
    await session.run(`INSERT INTO public.t SELECT repeat('x', 10000) FROM generate_series(1, 20000)`)
    while ((await sender('a.wait_event')) !== 'WalSenderWriteData') await stream.wait(never)
    const sent = await sender('r.sent_lsn')
    expect(stream.bufferedBytes).toBeLessThan(2 * 1024 * 1024)
    let rows = 0
    let most = 0
    for (let kind = ''; kind !== 'commit'; ) {
      most = Math.max(most, stream.bufferedBytes)
      const step = stream.next()
      if (step === 'none') await stream.wait(never)
      if (step !== 'data') continue
      kind = replication.reader.read(stream.bytes, stream.start, stream.end)
      if (kind === 'insert') rows++
    }
    expect(rows).toBe(20_000)
    expect(most).toBeLessThan(2 * 1024 * 1024)
    expect(stream.walEnd).toBeGreaterThanOrEqual(parseLsn(sent))
  })

  it('is kept alive while its reader is busy', async () => {
    const clock = new ManualClock()
    const stream = await replication.stream({ clock })
    stream.confirm(1)
    let before = ''
    while (before === '') before = await sender('r.reply_time')
    await clock.advance(1000)
    while ((await sender('r.reply_time')) === before);
    expect(stream.next()).toBeOneOf(['none', 'keepalive'])
  })

  it('says what broke it, behind what came before', async () => {
    const { session } = replication
    await session.run('CREATE TABLE public.t (id int)')
    const stream = await replication.stream()
    await session.run('INSERT INTO public.t VALUES (1)')
    const written = await currentLsn()
    while (parseLsn(await sender('r.sent_lsn')) < written);
    await server.run(`SELECT pg_terminate_backend(${await sender('pid')})`)
    const lines = await linesUntilBroken(stream)
    expect(lines.kinds).toEqual(['begin', 'relation', 'insert', 'commit'])
    expect(lines.error).toMatchObject({ retry: 'timed' })
  })

  it('comes again whole after a crash of the server', async () => {
    const { session } = replication
    await session.run('CREATE TABLE public.t (id int)')
    const stream = await replication.stream()
    await session.run('INSERT INTO public.t VALUES (1), (2)')
    await replication.linesUntil(stream, 'commit')
    await server.restart('immediate')
    expect((await linesUntilBroken(stream)).error).toMatchObject({ retry: 'timed' })
    const again = await replication.stream()
    expect(await replication.linesUntil(again, 'commit')).toContain('insert (2)')
  })

  it.each([
    ['a slot that is not there', { slot: 'absent' }, 'postgres_slot_missing', 'manual'],
    ['a slot name that cannot be one', { slot: 'x'.repeat(64) }, 'postgres_name_invalid', 'manual'],
  ])('is refused for %s', async (_, options, code, retry) => {
    await expect(replication.stream(options)).rejects.toMatchObject({ code, retry })
  })

  it('is refused for a slot that somebody else reads', async () => {
    await replication.stream()
    await expect(replication.stream()).rejects.toMatchObject({ code: 'postgres_slot_in_use', retry: 'timed' })
  })

  // Version 18 warns and sends nothing for it: the source looks for itself before it starts.
  it.runIf(version === 'debian')('ends for a publication that is not there', async () => {
    const { session } = replication
    await session.run('CREATE TABLE public.t (id int)')
    const stream = await replication.stream({ publication: 'absent' })
    await session.run('INSERT INTO public.t VALUES (1)')
    expect((await linesUntilBroken(stream)).error).toMatchObject({ code: 'postgres_publication_missing' })
  })

  it('is refused for a slot that the server has given up', async () => {
    await server.run(`ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'`)
    await server.run('SELECT pg_reload_conf()')
    for (let segment = 0; segment < 4; segment++) {
      await server.run(
        'CREATE TABLE public.w (id int); DROP TABLE public.w; SELECT pg_switch_wal()',
        replication.database,
      )
    }
    await server.run('CHECKPOINT')
    expect(await slot('wal_status')).toBe('lost')
    await expect(replication.stream()).rejects.toMatchObject({ code: 'postgres_slot_invalidated', retry: 'manual' })
  })

  async function currentLsn(): Promise<Lsn> {
    const [row] = await replication.session.query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn')
    return parseLsn(row!.lsn)
  }

  async function linesUntilBroken(stream: ReplicationStream): Promise<{ kinds: string[]; error: unknown }> {
    const kinds: string[] = []
    try {
      for (;;) {
        const step = stream.next()
        if (step === 'none') await stream.wait(never)
        if (step === 'data') kinds.push(replication.reader.read(stream.bytes, stream.start, stream.end))
      }
    } catch (error) {
      return { kinds, error }
    }
  }
})
