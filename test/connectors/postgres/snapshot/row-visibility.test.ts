import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isAmbiguous, wasShownIn } from '../../../../connectors/postgres/snapshot/row-visibility.js'
import { availableVersions } from '../../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../../support/postgres/postgres-server.js'

const epoch = 2n ** 32n
const oldestUnfrozen = 2n ** 31n

interface Case {
  readonly xmin: bigint
  readonly xmax: bigint
  readonly running: readonly bigint[]
  readonly nextXid: bigint
  /** The transaction that wrote the row, in 64 bits. */
  readonly writer: bigint
}

/** Ids near the beginnings of epochs, where mistakes are. */
const xids = fc
  .tuple(fc.constantFrom(0n, 1n, 3n), fc.bigInt({ min: -60n, max: 60n }))
  .map(([epochs, distance]) => epochs * epoch + distance)
  .filter((xid) => xid >= 3n && xid % epoch >= 3n)

const cases: fc.Arbitrary<Case> = fc
  .tuple(fc.array(xids, { minLength: 4, maxLength: 12 }), fc.nat(), fc.boolean())
  .filter(([ids]) => new Set(ids).size > 3)
  .map(([ids, choice, isOfEpochBefore]) => {
    const sorted = [...new Set(ids)].toSorted((one, other) => (one < other ? -1 : 1))
    const nextXid = sorted.pop()!
    const xmax = sorted.at(-1)!
    const xmin = sorted[Math.floor(sorted.length / 2)]!
    const written = [...sorted, ...sorted.map((xid) => xid + 1n)].filter((xid) => xid < nextXid && xid % epoch >= 3n)
    const writer = written[choice % written.length]!
    const older = isOfEpochBefore && writer - epoch >= 3n ? writer - epoch : writer
    // Nothing runs for longer than half an epoch.
    if (xmax - xmin >= oldestUnfrozen) return { xmin: xmax, xmax, running: [], nextXid, writer: older }
    return { xmin, xmax, running: sorted.filter((xid) => xid >= xmin && xid < xmax), nextXid, writer: older }
  })

function isShown({ xmin, xmax, running }: Case, xid: bigint): boolean {
  return xid < xmin || (xid < xmax && !running.includes(xid))
}

const snapshotText = ({ xmin, xmax, running }: Case): string => `${xmin}:${xmax}:${running.join(',')}`
const nowText = ({ nextXid }: Case): string => `${nextXid}:${nextXid}:`

describe.each(availableVersions())('rows that a snapshot showed, as Postgres %s finds them', (version) => {
  let server: PostgresServer
  let client: pg.Client

  beforeAll(async () => {
    server = await startPostgres({ version })
    client = await server.connect()
  }, 60_000)

  afterAll(async () => {
    await client?.end()
    await server?.close()
  })

  async function ask(questions: readonly Case[]): Promise<boolean[]> {
    const statements = questions.map((question) => {
      const condition = wasShownIn(snapshotText(question), nowText(question))
      return `SELECT ${condition} AS shown FROM (VALUES ('${question.writer % epoch}'::xid)) AS version (xmin)`
    })
    const results = (await client.query(statements.join(';'))) as unknown as readonly pg.QueryResult<{
      shown: boolean
    }>[]
    return results.map(({ rows }) => rows[0]!.shown)
  }

  it('are taken, and no others', async () => {
    const seed = Date.now()
    const questions = fc.sample(cases, { numRuns: 1500, seed })
    const answers = await ask(questions)
    expect(answers).toHaveLength(questions.length)
    for (const [place, question] of questions.entries()) {
      const isShownThen = isShown(question, question.writer)
      const text = `seed ${seed}: writer ${question.writer} in ${snapshotText(question)} at ${nowText(question)}`
      const isFrozen = question.nextXid - question.writer > oldestUnfrozen
      if (!isFrozen || !isAmbiguous(nowText(question))) expect(answers[place], text).toBe(isShownThen)
      else if (answers[place]) expect(isShownThen, text).toBe(true)
    }
    expect(new Set(answers).size).toBe(2)
  })

  it('include those of before every transaction', async () => {
    const around = { xmin: epoch + 5n, xmax: epoch + 6n, running: [epoch + 5n], nextXid: epoch + 9n }
    expect(await ask([1n, 2n].map((writer) => ({ ...around, writer })))).toEqual([true, true])
  })

  it('are all before xmin when a slot exported a snapshot with its xmin behind its xmax', async () => {
    const condition = (raw: number) => `SELECT ${wasShownIn('5844:5843:', '5850:5850:', `'${raw}'::xid`)} AS shown`
    const answers = []
    for (const raw of [5842, 5843, 5844])
      answers.push((await client.query<{ shown: boolean }>(condition(raw))).rows[0]!)
    expect(answers.map(({ shown }) => shown)).toEqual([true, true, false])
  })

  it('are in doubt only where ids have been used twice', () => {
    expect(isAmbiguous('700:712:705')).toBe(false)
    expect(isAmbiguous(`${epoch - 1n}:${epoch - 1n}:`)).toBe(false)
    expect(isAmbiguous(`${epoch - 1n}:${epoch}:${epoch - 1n}`)).toBe(true)
  })
})
