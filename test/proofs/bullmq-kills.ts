// Kills the real process `--size` times at random instants, on Redis and then on Postgres (`--backend redis` keeps to
// one), while lines of a file become records, records jobs, jobs are done by a worker of BullMQ, their completion becomes
// records again, and those jobs of another queue; every fifth time the server of the queues crashes as well. Afterwards
// each line is one job, each event of a completed job is in the log exactly once, the second queue has one job of each,
// and a receiver that fails at random, whose records wait in a third queue, has taken each line. What the sink brought
// again and BullMQ left out is counted, what the worker was given again, and what the receiver took again. In the end an
// event is taken away and repeated: the judge must find that.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import type { Secret } from '../../core/connector/secret.js'
import { type Backend, openSite } from '../connectors/bullmq/queue-site.js'
import { Receiver } from '../connectors/webhook/receiver.js'
import { Findings, type Judged, requireFaultless, requireFound } from '../crash/findings.js'
import { HubProcess, type HubSite } from '../crash/hub-process.js'
import { readTopic } from '../crash/log-reader.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    backend: { type: 'string', default: 'redis,postgres' },
  },
})
const killCount = Number(values.size)
const random = new SeededRandom(Number(values.seed))

const jobsPerKill = 1_000
const jobCount = killCount * jobsPerKill
const linesAtOnce = 50
const mostRunMs = 2_500
/** What is left when nothing is killed any more. */
const mostEndMs = 60_000 + jobCount * 10
/** Nothing is trimmed: the judge reads all events. */
const mostEvents = 100_000_000

type Fault = 'lost' | 'twice' | 'foreign'
interface Events {
  /** The line of each job that was completed. */
  readonly completed: readonly number[]
  /** Jobs that were added again under their id, and left out. */
  readonly repeatCount: number
}

interface Ending {
  readonly site: Site
  readonly audit: Queue
  readonly hub: HubProcess
  readonly receiver: Receiver
}

type Site = Awaited<ReturnType<typeof openSite>>

const backends = values.backend.split(',') as Backend[]

for (const backend of backends) if (process.exitCode === undefined) await prove(backend)

async function prove(backend: Backend): Promise<void> {
  const site = await openSite(backend)
  const receiver = await Receiver.open((_request, response) =>
    response.writeHead(random.below(10) === 0 ? 500 : 204).end(),
  )
  const hubSite = makeHubSite(site, receiver.url)
  let hub: HubProcess | undefined
  try {
    const startedMs = performance.now()
    const orders = site.queue('orders', mostEvents)
    const audit = site.queue('audit')
    await Promise.all([orders.waitUntilReady(), audit.waitUntilReady()])
    const runs = startWorker(site)
    for (let kill = 0; kill < killCount; kill++) {
      hub = new HubProcess(hubSite)
      await runAndKill(hub, hubSite, kill)
      if (kill % 5 === 4) await site.restart()
    }
    hub = new HubProcess(hubSite)
    const { completed: told, repeatCount } = await allDone({ site, audit, hub, receiver })
    const { exitCode } = await hub.stop('SIGTERM')
    if (exitCode !== 0) throw new Error(`a clean stop ended with ${exitCode}`)
    const logged = readLog(hubSite)
    requireFaultless('jobs of the first queue', judge(await jobLines(site, orders, 'completed'), undefined))
    requireFaultless('events in the log', judge(logged, told))
    requireFaultless('lines at the receiver', judge([...linesTaken(receiver)], undefined))
    requireFaultless('jobs of the second queue', judge(await jobLines(site, audit, 'waiting'), told))
    checkControls(logged, told)
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
    console.log(
      `${backend}: ${jobCount} records through ${killCount} kills in ${seconds} s: one job of each, ` +
        `${told.length} events of completed jobs each once in the log, one job of each in the second queue; ` +
        `${repeatCount} were brought again and left out, the worker was given ${runs.count - jobCount} jobs again, ` +
        `the receiver failed ${receiver.received.length - receiver.taken.length} requests ` +
        `and took ${receiver.taken.length - jobCount} again`,
    )
    fs.rmSync(hubSite.directory, { recursive: true, force: true })
  } catch (error) {
    console.error(error)
    console.error(`${backend}, seed ${values.seed}; left for examination: ${hubSite.directory}`)
    if (hub !== undefined) console.error(`the last process:\n${hub.output}`)
    process.exitCode = 1
  } finally {
    await hub?.stop('SIGKILL')
    await site.close()
    await receiver.close()
  }
}

function makeHubSite(site: Site, url: string): HubSite {
  const directory = fs.mkdtempSync(join(tmpdir(), 'tailrace-bullmq-'))
  const pipelineFile = join(directory, 'proof.json')
  const place: Record<string, unknown> = {}
  for (const [name, url] of Object.entries(site.place)) {
    fs.writeFileSync(join(directory, name), (url as Secret).reveal())
    place[name] = { $file: name }
  }
  const queue = { type: 'bullmq', ...place }
  const file = {
    version: 1,
    name: 'proof',
    defaults: { topic: { partitions: 1 } },
    sources: {
      lines: { type: 'file', include: ['lines.log'], startAt: 'beginning', to: 'orders' },
      done: { ...queue, queue: 'orders', to: 'done' },
    },
    sinks: {
      jobs: { ...queue, queue: 'orders', from: ['orders'] },
      audit: { ...queue, queue: 'audit', from: ['done'] },
      hook: {
        type: 'webhook',
        from: ['orders'],
        url,
        allowHttp: true,
        allowPrivate: ['127.0.0.1'],
        order: 'none',
        retryIn: 'bullmq',
        retryQueue: { ...place, queue: 'retries' },
        retry: { schedule: Array.from({ length: 20 }, () => '200ms') },
      },
    },
  }
  fs.writeFileSync(pipelineFile, JSON.stringify(file))
  fs.writeFileSync(join(directory, 'lines.log'), '')
  const listeners = ['--kafka', 'off', '--http', 'off']
  return { directory, pipelineFile, dataDirectory: join(directory, 'data'), listeners }
}

/** A job whose worker lost its server is given to somebody again when its lock is over. */
function startWorker(site: Site): { readonly count: number } {
  const runs = { count: 0 }
  const options = { concurrency: 50, lockDuration: 2_000, stalledInterval: 1_000, maxStalledCount: 1_000 }
  site.worker(async (job) => {
    runs.count++
    return job.data as unknown
  }, options)
  return runs
}

/** Lines come all the while, so that something of each edge is under way at any instant. */
async function runAndKill(hub: HubProcess, { directory }: HubSite, kill: number): Promise<void> {
  const first = kill * jobsPerKill
  const lines = Array.from({ length: jobsPerKill }, (_, index) => `${JSON.stringify({ n: first + index })}\n`)
  await hub.ready
  const runMs = random.below(mostRunMs)
  for (let at = 0; at < lines.length; at += linesAtOnce) {
    fs.appendFileSync(join(directory, 'lines.log'), lines.slice(at, at + linesAtOnce).join(''))
    await sleep((runMs * linesAtOnce) / jobsPerKill)
  }
  if (hub.hasEnded) throw new Error('the process ended by itself')
  await hub.stop('SIGKILL')
}

/** The events of the first queue, when the second has a job of each that was completed. */
async function allDone({ site, audit, hub, receiver }: Ending): Promise<Events> {
  const endMs = performance.now() + mostEndMs
  for (;;) {
    const count = await audit.getWaitingCount()
    if (count >= jobCount && linesTaken(receiver).size === jobCount) {
      const events = await readEvents(site)
      if (count >= events.completed.length) return events
    }
    if (hub.hasEnded) throw new Error('the process ended by itself')
    if (performance.now() > endMs) {
      const missed = jobCount - linesTaken(receiver).size
      throw new Error(`${jobCount - count} jobs and ${missed} requests have not come`)
    }
    await sleep(100)
  }
}

/** The line that each job is of, in any order. On Postgres BullMQ's own pages overlap where jobs ended together. */
async function jobLines(site: Site, queue: Queue, state: 'completed' | 'waiting'): Promise<readonly number[]> {
  if ('run' in site.server) {
    const { rows } = await site.server.run(`
      SELECT data FROM bullmq.job WHERE queue = '${queue.name}' AND state = '${state}'`)
    return rows.map(({ data }: { readonly data: unknown }) => lineOf(data))
  }
  const found: number[] = []
  const pageJobs = 5_000
  for (let from = 0; ; from += pageJobs) {
    const jobs = await queue.getJobs([state], from, from + pageJobs - 1)
    found.push(...jobs.map(({ data }) => lineOf(data)))
    if (jobs.length < pageJobs) return found
  }
}

function linesTaken(receiver: Receiver): ReadonlySet<number> {
  return new Set(receiver.taken.map(({ body }) => lineOf(JSON.parse(body))))
}

function lineOf(value: unknown): number {
  const { n, returnvalue } = value as { readonly n?: number; readonly returnvalue?: { readonly n: number } }
  return n ?? returnvalue?.n ?? -1
}

function readLog({ dataDirectory }: HubSite): readonly number[] {
  return readTopic(dataDirectory, 'done', 1).flatMap((batches) =>
    batches.flatMap(({ records }) => records.map(({ value }) => lineOf(JSON.parse(String(value))))),
  )
}

/** What the server says by itself, past BullMQ. */
async function readEvents(site: Site): Promise<Events> {
  if (!('run' in site.server)) {
    const redis = new Redis(site.server.url)
    const entries = await redis.xrange('bull:orders:events', '-', '+')
    await redis.quit()
    const completed = entries.filter(([, fields]) => fields[1] === 'completed')
    return {
      completed: completed.map(([, fields]) => lineOf(JSON.parse(fields[fields.indexOf('returnvalue') + 1] ?? 'null'))),
      repeatCount: entries.filter(([, fields]) => fields[1] === 'duplicated').length,
    }
  }
  const { rows } = await site.server.run(`
    SELECT event, data->>'returnvalue' AS value FROM bullmq.event
     WHERE queue = 'orders' AND event IN ('completed', 'duplicated')`)
  const events = rows as readonly { readonly event: string; readonly value: string }[]
  const completed = events.filter(({ event }) => event === 'completed')
  return {
    completed: completed.map(({ value }) => lineOf(JSON.parse(value))),
    repeatCount: events.length - completed.length,
  }
}

/** Each as often as told, or else each line once. */
function judge(found: readonly number[], told: readonly number[] | undefined): Judged<Fault> {
  const findings = new Findings<Fault>(['lost', 'twice', 'foreign'])
  const wanted = told ?? Array.from({ length: jobCount }, (_, line) => line)
  const missing = new Map<number, number>()
  for (const line of wanted) missing.set(line, (missing.get(line) ?? 0) + 1)
  for (const line of found) {
    const count = missing.get(line)
    if (count === undefined) findings.find('foreign', `line ${line} was never written`)
    else if (count === 0) findings.find('twice', `line ${line} is there again`)
    else missing.set(line, count - 1)
  }
  for (const [line, count] of missing) if (count > 0) findings.find('lost', `line ${line} is not there`)
  return findings
}

function checkControls(logged: readonly number[], told: readonly number[]): void {
  const chosen = random.below(logged.length)
  requireFound('an event missing', judge(logged.toSpliced(chosen, 1), told), 'lost')
  requireFound('an event twice', judge([...logged, logged[chosen] ?? 0], told), 'twice')
  console.log('controls: what was taken away and repeated was found')
}
