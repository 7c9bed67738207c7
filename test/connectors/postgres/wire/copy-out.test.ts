import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../../../core/connector/secret.js'
import { connect } from '../../../../connectors/postgres/wire/connect.js'
import { CopyOut } from '../../../../connectors/postgres/wire/copy-out.js'
import { availableVersions } from '../../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../../support/postgres/postgres-server.js'

const never = new AbortController().signal

describe.each(availableVersions())('rows copied out of a %s server', (version) => {
  let server: PostgresServer
  const open: CopyOut[] = []

  beforeAll(async () => {
    server = await startPostgres({ version })
  })

  afterAll(async () => {
    await Promise.all(open.map((copy) => copy.close()))
    await server.close()
  })

  async function takeSession(url = server.url()): Promise<CopyOut> {
    const copy = CopyOut.take(await connect({ url: new Secret(url), name: 'tailrace test' }, never))
    open.push(copy)
    return copy
  }

  /** Calls back at each row, whose range is in `copy`; how many there were. */
  async function drain(copy: CopyOut, onRow: () => void = () => undefined): Promise<number> {
    let count = 0
    for (;;) {
      const step = copy.next()
      if (step === 'end') return count
      if (step === 'none') await copy.wait(never)
      else {
        count++
        onRow()
      }
    }
  }

  it.each([
    ['TCP', () => server.url()],
    ['the Unix socket', () => server.socketUrl()],
  ])('come one by one over %s, each without its line feed', async (_, url) => {
    const copy = await takeSession(url())
    await copy.copy('COPY (SELECT g, NULL, repeat($$x$$, g % 500) FROM generate_series(1, 100000) g) TO STDOUT')
    let sum = 0
    const count = await drain(copy, () => {
      const [number, nothing, text] = copy.bytes.toString('utf8', copy.start, copy.end).split('\t')
      sum += Number(number)
      if (nothing !== '\\N' || text?.length !== Number(number) % 500) throw new Error(`row ${number} is not as it was`)
    })
    expect({ count, sum }).toEqual({ count: 100_000, sum: 5_000_050_000 })
  })

  it('of many copies belong to one transaction', async () => {
    const copy = await takeSession()
    await copy.simple('CREATE TABLE public.growing (a int); INSERT INTO public.growing VALUES (1)')
    await copy.simple('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    expect(await copy.simple('SELECT count(*), NULL FROM public.growing')).toEqual([['1', null]])
    for (let round = 0; round < 3; round++) {
      await server.run('INSERT INTO public.growing VALUES (2)')
      await copy.copy('COPY public.growing TO STDOUT')
      expect(await drain(copy)).toBe(1)
    }
    await copy.simple('COMMIT')
    expect(await copy.simple('SELECT count(*) FROM public.growing')).toEqual([['4']])
  })

  it('may be none, and may have no columns', async () => {
    const copy = await takeSession()
    await copy.copy('COPY (SELECT 1 WHERE false) TO STDOUT')
    expect(await drain(copy)).toBe(0)
    await copy.copy('COPY (SELECT FROM generate_series(1, 3)) TO STDOUT')
    expect(await drain(copy, () => expect(copy.end).toBe(copy.start))).toBe(3)
  })

  it('of 8 MiB are whole', async () => {
    const copy = await takeSession()
    await copy.copy(`COPY (SELECT repeat('ä', 4 * 1024 * 1024) FROM generate_series(1, 2)) TO STDOUT`)
    expect(await drain(copy, () => expect(copy.end - copy.start).toBe(8 * 1024 * 1024))).toBe(2)
  })

  it('that nobody takes stay with the server', async () => {
    const copy = await takeSession()
    const [[pid]] = (await copy.simple('SELECT pg_backend_pid()')) as [[string]]
    await copy.copy(`COPY (SELECT repeat('x', 1000) FROM generate_series(1, 200000)) TO STDOUT`)
    const asking = await server.connect()
    // The server says itself that it cannot send on.
    for (let event = ''; event !== 'ClientWrite'; ) {
      const { rows } = await asking.query<{ wait_event: string }>(
        'SELECT wait_event FROM pg_stat_activity WHERE pid = $1',
        [pid],
      )
      event = rows[0]?.wait_event ?? ''
    }
    await asking.end()
    expect(copy.bufferedBytes).toBeLessThan(2 * 1024 * 1024)
    expect(await drain(copy)).toBe(200_000)
  })

  it('are followed by the error that ended them', async () => {
    const copy = await takeSession()
    await copy.copy('COPY (SELECT 1 / (5000 - g) FROM generate_series(1, 10000) g) TO STDOUT')
    await expect(drain(copy)).rejects.toMatchObject({ code: 'postgres_value_refused' })
  })

  it('are asked for again after a statement that was refused', async () => {
    const copy = await takeSession()
    await expect(copy.copy('COPY public.absent TO STDOUT')).rejects.toMatchObject({ code: 'postgres_table_missing' })
    await expect(copy.simple('SELECT 1; SELECT 1/0; SELECT 2')).rejects.toMatchObject({
      details: { sqlState: '22012' },
    })
    await copy.copy('COPY (SELECT 1) TO STDOUT')
    expect(await drain(copy)).toBe(1)
  })

  it('end with an error when the server does', async () => {
    const copy = await takeSession()
    const [[pid]] = (await copy.simple('SELECT pg_backend_pid()')) as [[string]]
    await copy.copy(`COPY (SELECT repeat('x', 1000) FROM generate_series(1, 1000000)) TO STDOUT`)
    while (copy.next() !== 'row') await copy.wait(never)
    await server.run(`SELECT pg_terminate_backend(${pid})`)
    await expect(drain(copy)).rejects.toMatchObject({ retry: 'timed' })
  })

  it('are given up in their middle when the session is closed', async () => {
    const copy = await takeSession()
    await copy.copy(`COPY (SELECT repeat('x', 1000) FROM generate_series(1, 1000000)) TO STDOUT`)
    while (copy.next() !== 'row') await copy.wait(never)
    await copy.close()
    await copy.close()
    await expect(drain(copy)).rejects.toMatchObject({ code: 'postgres_connection_lost' })
  })
})
