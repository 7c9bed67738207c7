import fs from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../../../core/connector/secret.js'
import { connect, type Session, type SessionOptions } from '../../../../connectors/postgres/wire/connect.js'
import { firstIdentity, secondIdentity } from '../../../kafka/tls-samples.js'
import { availableVersions, serverUser } from '../../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../../support/postgres/postgres-server.js'

const roles = `
  SET password_encryption = 'md5'; CREATE ROLE by_md5 LOGIN PASSWORD 'secret';
  SET password_encryption = 'scram-sha-256'; CREATE ROLE by_scram LOGIN REPLICATION PASSWORD 'secret';
  CREATE ROLE by_password LOGIN PASSWORD 'p@ss/wörd: %41';
  CREATE ROLE by_tls LOGIN; CREATE ROLE kept_out LOGIN; CREATE ROLE crowded LOGIN CONNECTION LIMIT 0;
  CREATE ROLE plain LOGIN; CREATE ROLE odd LOGIN;
  ALTER ROLE odd SET datestyle = 'German'; ALTER ROLE odd SET timezone = 'Asia/Tokyo';
  ALTER ROLE odd SET client_encoding = 'LATIN1'; ALTER ROLE odd SET bytea_output = 'escape';
  ALTER ROLE odd SET intervalstyle = 'postgres'; ALTER ROLE odd SET extra_float_digits = 0;
  ALTER ROLE odd SET search_path = 'elsewhere'; ALTER ROLE odd SET standard_conforming_strings = off`

const hba = [
  'host all by_md5 127.0.0.1/32 md5',
  'host all,replication by_scram 127.0.0.1/32 scram-sha-256',
  'host all by_password 127.0.0.1/32 password',
  'host all kept_out 127.0.0.1/32 reject',
  'hostssl all by_tls 127.0.0.1/32 trust',
  'hostnossl all by_tls 127.0.0.1/32 reject',
]

const never = new AbortController().signal

describe.each(availableVersions())('a session of a %s server', (version) => {
  let server: PostgresServer
  const open: Session[] = []

  beforeAll(async () => {
    server = await startPostgres({ version, hba })
    await server.run(roles)
  })

  afterAll(async () => {
    await Promise.all(open.map((session) => session.close()))
    await server.close()
  })

  async function login(url: string, options: Partial<SessionOptions> = {}): Promise<Session> {
    const session = await connect({ url: new Secret(url), name: 'tailrace test', ...options }, never)
    open.push(session)
    return session
  }

  function urlOf(user: string, password = 'secret', host = '127.0.0.1'): string {
    return `postgres://${user}:${encodeURIComponent(password)}@${host}:${server.port}/postgres`
  }

  it.each([
    ['by_md5', 'secret'],
    ['by_scram', 'secret'],
    ['by_password', 'p@ss/wörd: %41'],
    ['plain', 'anything'],
  ])('logs in as %s', async (user, password) => {
    const session = await login(urlOf(user, password))
    expect(await session.query('SELECT current_user AS name')).toEqual([{ name: user }])
  })

  it('comes over the Unix socket', async () => {
    const session = await login(server.socketUrl())
    expect(await session.query('SELECT pg_catalog.inet_client_addr() AS address')).toEqual([{ address: null }])
  })

  it('takes replication commands when it is one for replication', async () => {
    const session = await login(urlOf('by_scram'), { replication: true })
    expect(await session.query('IDENTIFY_SYSTEM')).toMatchObject([{ dbname: 'postgres' }])
    expect(await session.query('SHOW datestyle')).toEqual([{ DateStyle: 'ISO, MDY' }])
  })

  it('speaks one dialect whatever the role is set to', async () => {
    const session = await login(urlOf('odd'))
    const [row] = await session.query<Record<string, unknown>>(
      `SELECT '2024-02-29 10:00+00'::timestamptz AS at, '\\x00ff'::bytea AS bytes, '1 day 2 hours'::interval AS span,
              0.1::float4 AS short, 1e-7::float8 + 1 AS long, 'ä' AS text, current_schemas(true)::text AS path`,
    )
    expect(row).toEqual({
      at: '2024-02-29 10:00:00+00',
      bytes: '\\x00ff',
      span: 'P1DT2H',
      short: '0.1',
      long: '1.0000001',
      text: 'ä',
      path: '{pg_catalog}',
    })
  })

  it('gives values as text, but bool and int4', async () => {
    const session = await login(server.url())
    const values = `SELECT 1::int4 AS a, 9007199254740993::int8 AS b, true AS c, 1.50::numeric AS d, NULL AS e, '{"a":1}'::json AS f`
    expect(await session.query(values)).toEqual([
      { a: 1, b: '9007199254740993', c: true, d: '1.50', e: null, f: '{"a":1}' },
    ])
    expect(await session.query('SELECT $1::text AS text, $2::int4 AS number', ['x', 7])).toEqual([
      { text: 'x', number: 7 },
    ])
  })

  it('has the name and the settings that it is given, and knows the version', async () => {
    const session = await login(server.url(), { settings: { statement_timeout: '1234ms', 'my.quoted': "it's \\" } })
    expect(
      await session.query(
        `SELECT current_setting('application_name') AS name, current_setting('statement_timeout') AS timeout, current_setting('my.quoted') AS quoted`,
      ),
    ).toEqual([{ name: 'tailrace test', timeout: '1234ms', quoted: "it's \\" }])
    expect(Math.floor(session.serverVersion / 10_000)).toBe(version === 'debian' ? 15 : 18)
  })

  it('runs several statements in one text', async () => {
    const session = await login(server.url())
    await session.run('CREATE TABLE public.one (a int); INSERT INTO public.one VALUES (1); DROP TABLE public.one')
    await expect(session.run('SELECT 1; SELECT * FROM public.absent')).rejects.toMatchObject({
      code: 'postgres_table_missing',
    })
    expect(await session.query('SELECT 1 AS a')).toEqual([{ a: 1 }])
  })

  it.each([
    ['a wrong password', () => urlOf('by_scram', 'wrong'), 'postgres_login_refused'],
    ['a wrong password by md5', () => urlOf('by_md5', 'wrong'), 'postgres_login_refused'],
    ['a role that does not exist', () => urlOf('absent'), 'postgres_login_refused'],
    ['a role that pg_hba.conf keeps out', () => urlOf('kept_out'), 'postgres_login_refused'],
    ['a database that does not exist', () => server.url('absent'), 'postgres_database_missing'],
    ['a role without free connections', () => urlOf('crowded'), 'postgres_too_many_connections'],
    ['a port that nobody listens on', () => 'postgres://postgres@127.0.0.1:1/postgres', 'postgres_unreachable'],
    ['a socket that is not there', () => 'postgres://postgres@/postgres?host=/absent', 'postgres_unreachable'],
    ['a server without TLS', () => `${urlOf('plain')}?sslmode=require`, 'postgres_tls_unavailable'],
    ['a URL that is none', () => 'postgres://user:se cret@host:port/x', 'postgres_url_invalid'],
  ])('is refused for %s', async (_, url, code) => {
    await expect(login(url())).rejects.toMatchObject({ code })
  })

  it('for replication is refused for a role without the right', async () => {
    await expect(login(urlOf('plain'), { replication: true })).rejects.toMatchObject({
      code: 'postgres_permission_denied',
    })
  })

  it('never shows the password in an error', async () => {
    for (const url of [
      urlOf('by_scram', 'hunter2'),
      'postgres://user:hunter2@host:port/x',
      'postgres://u:hunter2@127.0.0.1:1/x',
    ]) {
      const error = await login(url).then(
        () => undefined,
        (reason: unknown) => reason as Error,
      )
      expect(`${error?.stack} ${JSON.stringify(error)} ${String(error?.cause)}`).not.toContain('hunter2')
    }
  })

  it('is given up after the time-out when nobody answers, and at once when that is asked', async () => {
    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`
    await expect(login(url, { connectTimeoutMs: 50 })).rejects.toMatchObject({ code: 'postgres_unreachable' })
    const abandoned = new AbortController()
    const attempt = connect({ url: new Secret(url), name: 'tailrace test' }, abandoned.signal)
    silent.once('connection', () => abandoned.abort(new Error('enough')))
    await expect(attempt).rejects.toThrow('enough')
    silent.close()
  })

  it('says that it failed when the server ends it, and not when we do', async () => {
    const session = await login(server.url())
    const failed = new Promise((resolve) =>
      session.failed.addEventListener('abort', () => resolve(session.failed.reason)),
    )
    const [{ pid }] = (await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')) as [{ pid: number }]
    await server.run(`SELECT pg_terminate_backend(${pid})`)
    expect(await failed).toMatchObject({ code: 'postgres_not_ready', retry: 'timed' })
    await expect(session.query('SELECT 1')).rejects.toMatchObject({ code: 'postgres_not_ready' })
    const other = await login(server.url())
    await other.close()
    await other.close()
    expect(other.failed.aborted).toBe(false)
  })

  it('fails a query that is under way when it is closed', async () => {
    const session = await login(server.url())
    const query = session.query('SELECT pg_sleep(60)')
    const refused = expect(query).rejects.toMatchObject({ code: 'postgres_connection_lost' })
    await session.close()
    await refused
  })

  describe('over TLS', () => {
    beforeAll(async () => {
      const owner = serverUser()
      for (const [name, text] of [
        ['server.crt', firstIdentity.certificate],
        ['server.key', firstIdentity.key],
        ['other.crt', secondIdentity.certificate],
      ] as const) {
        const path = join(server.folder, name)
        fs.writeFileSync(path, text, { mode: 0o600 })
        if (owner !== undefined) fs.chownSync(path, owner.uid, owner.gid)
      }
      server.configure({
        ssl: 'on',
        ssl_cert_file: join(server.folder, 'server.crt'),
        ssl_key_file: join(server.folder, 'server.key'),
        wal_level: 'replica',
      })
      await server.restart('fast')
    })

    it('comes when the certificate is trusted', async () => {
      const url = `${urlOf('by_tls')}?sslmode=require&sslrootcert=${encodeURIComponent(join(server.folder, 'server.crt'))}`
      const session = await login(url)
      const [row] = await session.query<{ ssl: boolean }>(
        'SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_backend_pid()',
      )
      expect(row?.ssl).toBe(true)
    })

    it('takes over what is behind the encryption', async () => {
      const session = await login(`${urlOf('by_tls')}?sslmode=no-verify`)
      const socket = session.takeOver()
      socket.query('SELECT 1')
      await socket.arrival()
      expect(String.fromCharCode(socket.frames.type)).toBe('T')
    })

    it.each([
      [
        'is not the one that is trusted',
        (folder: string) => `&sslrootcert=${encodeURIComponent(join(folder, 'other.crt'))}`,
      ],
      ['is signed by nobody', () => ''],
    ])('is refused when the certificate %s', async (_, more) => {
      await expect(login(`${urlOf('by_tls')}?sslmode=require${more(server.folder)}`)).rejects.toMatchObject({
        code: 'postgres_tls_untrusted',
      })
    })

    it('is refused when the file of the authority is not there', async () => {
      const attempt = login(`${urlOf('by_tls')}?sslmode=require&sslrootcert=/absent.pem`)
      await expect(attempt).rejects.toThrow(expect.objectContaining({ code: 'postgres_url_invalid' }))
      await expect(attempt).rejects.toThrow('ENOENT for /absent.pem')
    })

    it('is refused without it when the server insists', async () => {
      await expect(login(urlOf('by_tls'))).rejects.toMatchObject({ code: 'postgres_login_refused' })
    })
  })

  it('learns that the server writes no logical WAL', async () => {
    const session = await login(server.url())
    await expect(session.query(`SELECT pg_create_logical_replication_slot('none', 'pgoutput')`)).rejects.toMatchObject({
      code: 'postgres_no_logical_wal',
    })
  })
})
