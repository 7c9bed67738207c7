import { connect as connectSocket, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TailraceError } from '../../../../core/errors/tailrace-error.js'
import type { Lsn } from '../../../../connectors/postgres/wire/lsn.js'
import { availableVersions } from '../../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../../support/postgres/postgres-server.js'
import { never, Replication } from './replication-kit.js'

const transactions = 300
const rowsEach = 20

/** Forwards to the server, and cuts each connection without a goodbye when it has brought as many bytes as `limits` say. */
async function startCutting(
  port: number,
  limits: () => number,
): Promise<{ readonly port: number; readonly proxy: Server }> {
  const proxy = createServer((near) => {
    const far = connectSocket(port, '127.0.0.1')
    const cut = (): void => {
      near.resetAndDestroy()
      far.destroy()
    }
    let left = limits()
    near.on('error', cut).on('close', cut)
    far.on('error', cut).on('close', cut)
    near.pipe(far)
    far.on('data', (chunk: Buffer) => {
      near.write(chunk.subarray(0, left), () => {
        left -= chunk.length
        if (left <= 0) cut()
      })
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return { port: (proxy.address() as { port: number }).port, proxy }
}

describe.each(availableVersions())('a stream of a %s server whose connection is cut', (version) => {
  let server: PostgresServer
  let replication: Replication

  beforeAll(async () => {
    server = await startPostgres({ version })
    replication = await Replication.begin(server)
  })

  afterAll(async () => {
    await replication.close()
    await server.close()
  })

  let reached: Lsn = 0

  /** Reads until the connection breaks or all is there; whole transactions are confirmed and kept, others are dropped. */
  async function readOn(url: string, kept: string[]): Promise<unknown> {
    const { reader } = replication
    let rows: string[] = []
    try {
      const stream = await replication.stream({ startLsn: reached }, url)
      while (kept.length < transactions * rowsEach) {
        const step = stream.next()
        if (step === 'none') await stream.wait(never)
        if (step !== 'data') continue
        const kind = reader.read(stream.bytes, stream.start, stream.end)
        const { bytes, starts, ends } = reader.newTuple
        if (kind === 'begin') rows = []
        if (kind === 'insert') rows.push(bytes.toString('utf8', starts[0], ends[0]))
        if (kind !== 'commit') continue
        kept.push(...rows)
        // The cut may keep this from the server: what counts is where we say that we stand.
        reached = reader.endLsn
        stream.confirm(reached)
      }
      return undefined
    } catch (error) {
      return error
    }
  }

  it('brings every transaction once, wherever the cuts are', async () => {
    const { session } = replication
    await session.run('CREATE TABLE public.t (id int, v text)')
    for (let each = 0; each < transactions; each++) {
      await session.run(
        `INSERT INTO public.t SELECT ${each * rowsEach} + g, repeat('x', (g * 37 + ${each}) % 400) FROM generate_series(1, ${rowsEach}) g`,
      )
    }
    // Enough for a login and at least one transaction, then ever another byte.
    let limit = 40_000
    const { port, proxy } = await startCutting(server.port, () => (limit += 7919))
    const url = server.url(replication.database).replace(String(server.port), String(port))
    const kept: string[] = []
    let cuts = 0
    for (;;) {
      const error = await readOn(url, kept)
      if (error === undefined) break
      expect(error).toBeInstanceOf(TailraceError)
      expect((error as TailraceError).retry).toBe('timed')
      cuts++
    }
    proxy.close()
    expect(cuts).toBeGreaterThan(5)
    expect(kept).toEqual(Array.from({ length: transactions * rowsEach }, (_, at) => String(at + 1)))
  })
})
