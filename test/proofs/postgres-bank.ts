// A bank and its copy under `--size` blows: while transfers go on as fast as the source takes them, the hub is killed,
// either Postgres crashes and starts anew, connections of either side are cut or refused, and answers to COMMIT are swallowed after the target has
// committed. At every commit of the target the sums of accounts, tellers, branches and history agree; in the end both
// databases hold the same rows. Then damage is planted in the copy: the judge must find it.

import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type pg from 'pg'
import { BankLoad, bankSums, bankTables, type BankSize } from '../connectors/postgres/loads/tpc-b.js'
import { judgeBank, type BankReading } from '../crash/bank-judgement.js'
import { bankDatabase, type BankServers, type BankSums, judgedCommits, makeBankSite } from '../crash/bank-site.js'
import { requireFaultless, requireFound } from '../crash/findings.js'
import { HubProcess } from '../crash/hub-process.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'
import { CuttingProxy } from '../support/postgres/cutting-proxy.js'
import { missingReason } from '../support/postgres/postgres-binaries.js'
import { startPostgres } from '../support/postgres/postgres-server.js'
import { tableSums } from '../support/postgres/table-sums.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' } },
})
const roundCount = Number(values.size)
const random = new SeededRandom(Number(values.seed))

const size: BankSize = { branches: 4, tellers: 40, accounts: 10_000 }
const connections = 4
const blows = ['hub', 'commit', 'cut', 'commit', 'source', 'hub', 'commit', 'target', 'refuse'] as const
/** So many commits of the target between two blows, that what the blow before hit has come to its end. */
const commitsBetween = 3
const mostWaitMs = 400
const mostRefusedMs = 2000
/** What restarts and the rest of the stream take at most, on a busy machine. */
const patienceMs = 90_000
const pollMs = 20
/** Planted in the target at the end. */
const damages = {
  'a row missing': 'DELETE FROM pgbench_history WHERE ctid = (SELECT max(ctid) FROM pgbench_history)',
  'a row twice': 'INSERT INTO pgbench_history SELECT * FROM pgbench_history LIMIT 1',
  'a balance that is off': 'UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = 1',
}

const missing = missingReason('embedded')
if (missing !== undefined) {
  console.log(`skipped: ${missing}`)
  process.exit()
}
const targetVersion = missingReason('debian') === undefined ? 'debian' : 'embedded'
const [source, target] = [await startPostgres({ version: 'embedded' }), await startPostgres({ version: targetVersion })]
const [sourceProxy, targetProxy] = [await CuttingProxy.start(source.port), await CuttingProxy.start(target.port)]
const servers: BankServers = { source, target, sourceProxy, targetProxy }
const site = await makeBankSite(servers, size)
let hub = new HubProcess(site)
const load = new BankLoad({
  size,
  connections,
  seed: random.uint32(),
  connect: () => source.connect(bankDatabase),
})
const struck = new Map<string, number>()
let isReading = true
const seen: BankSums[] = []
const reader = readOn()
try {
  const startedMs = performance.now()
  for (let round = 0; round < roundCount; round++) {
    const blow = round === 0 ? 'commit' : random.pick(blows)
    struck.set(blow, (struck.get(blow) ?? 0) + 1)
    await strike(blow)
  }
  await load.stop()
  const reading = await settle()
  requireFaultless(`after ${roundCount} blows`, judgeBank(reading))
  const swallowed = targetProxy.cutCommits
  if (swallowed === 0) throw new Error('no answer to a COMMIT was swallowed')
  if (seen.length === 0) throw new Error('the reader saw nothing')
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.log(
    `${load.committed} transfers, ${reading.commits.length} commits of the target, ${seen.length} looks of a reader, ` +
      `${roundCount} blows (${[...struck].map(([blow, count]) => `${count} ${blow}`).join(', ')}; ` +
      `${swallowed} swallowed answers to COMMIT) in ${seconds} s into ${targetVersion}: sums agree at each, no row twice`,
  )
  await checkControls(reading)
  site.remove()
} catch (error) {
  console.error(error)
  console.error(`seed ${values.seed}; left for examination: ${site.directory}`)
  console.error(`the last process:\n${hub.output}`)
  process.exitCode = 1
} finally {
  isReading = false
  await Promise.all([load.stop(), reader, hub.stop('SIGKILL')])
  for (const proxy of [sourceProxy, targetProxy]) await proxy.close()
  for (const server of [source, target]) await server.close()
}

async function strike(blow: (typeof blows)[number]): Promise<void> {
  const reached = (await commitCount()) + commitsBetween
  await until('the target went on', async () => (await commitCount()) >= reached)
  await sleep(random.below(mostWaitMs))
  if (blow === 'hub') {
    await hub.stop('SIGKILL')
    hub = new HubProcess(site)
  } else if (blow === 'cut') {
    random.pick([sourceProxy, targetProxy]).cutAll()
  } else if (blow === 'refuse') {
    random.pick([sourceProxy, targetProxy]).refuse(random.below(mostRefusedMs))
  } else if (blow === 'commit') {
    const swallowed = targetProxy.cutCommits
    targetProxy.cutAtNextCommit()
    await until('the target committed', () => targetProxy.cutCommits > swallowed)
  } else {
    await servers[blow].restart('immediate')
  }
}

async function commitCount(): Promise<number> {
  const { rows } = await target.run('SELECT count(*)::int AS count FROM judge.commits', bankDatabase)
  return (rows[0] as { readonly count: number }).count
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + patienceMs
  while (!(await isSo())) {
    if (hub.hasEnded) throw new Error('the hub ended by itself')
    if (performance.now() > deadlineMs) throw new Error(`${patienceMs} ms were not enough until ${what}`)
    await sleep(pollMs)
  }
}

/** Looks at the four sums in one snapshot each, again and again, whatever happens to the server. */
async function readOn(): Promise<void> {
  while (isReading) {
    const client = await target.connect(bankDatabase).catch(() => undefined)
    if (client === undefined) {
      await sleep(pollMs)
      continue
    }
    try {
      while (isReading) {
        const { rows } = await client.query<BankSums>(bankSums)
        seen.push(rows[0]!)
        await sleep(pollMs)
      }
    } catch {
      // The server crashed, which is one of the blows.
      await sleep(pollMs)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}

/** Waits until the target holds as many transfers as the source, and reads what there is to judge. */
async function settle(): Promise<BankReading> {
  const [from, to] = [await source.connect(bankDatabase), await target.connect(bankDatabase)]
  const transfers = await transferCount(from)
  await until('the target had all transfers', async () => (await transferCount(to)) >= transfers)
  const { exitCode } = await hub.stop('SIGTERM')
  if (exitCode !== 0) throw new Error(`a clean stop ended with ${exitCode}`)
  isReading = false
  await reader
  const reading = {
    commits: await judgedCommits(to),
    seen,
    source: await tableSums(from, bankTables),
    target: await tableSums(to, bankTables),
  }
  for (const client of [from, to]) await client.end()
  return reading
}

async function transferCount(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM pgbench_history')
  return rows[0]!.count
}

async function checkControls(reading: BankReading): Promise<void> {
  const client = await target.connect(bankDatabase)
  for (const [what, sql] of Object.entries(damages)) {
    await client.query(sql)
    requireFound(what, judgeBank({ ...reading, target: await tableSums(client, bankTables) }), 'different')
  }
  // Moving the row of offsets makes the target's own judge look at what was planted.
  await client.query('UPDATE tailrace.offsets SET next_offset = next_offset')
  const verdict = judgeBank({ ...reading, commits: await judgedCommits(client) })
  requireFound('a commit whose sums do not agree', verdict, 'torn')
  requireFound('an offset reached twice', verdict, 'repeated')
  await client.end()
  console.log('controls: rows planted, taken away and changed in the target were found')
}
