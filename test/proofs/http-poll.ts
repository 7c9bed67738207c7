// Kills the real process `--size` times at random instants while it polls collections that grow, of five kinds: links,
// tokens newest first, page numbers, a feed, and pages that take several appends. The server fails, cuts answers off and
// asks to be left alone now and then. Afterwards the log holds each item of each collection once, byte by byte. In the end an
// item is taken away, repeated and altered: the judge must find that.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Findings, type Judged, requireFaultless, requireFound } from '../crash/findings.js'
import { type Collection, collections, GrowingServer, itemText } from '../crash/growing-server.js'
import { HubProcess, type HubSite } from '../crash/hub-process.js'
import { readTopic } from '../crash/log-reader.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '5' }, seed: { type: 'string', default: '1' } },
})
const killCount = Number(values.size)
const random = new SeededRandom(Number(values.seed))

/** In steps of at most so many. */
const itemsPerKill = 700
const mostStep = 150
const largeItemsPerKill = 250
/** Of a kill that is counted from the start. */
const mostStartMs = 900
/** Of a kill that is counted by pages: so many, and so long behind the last of them. */
const mostPages = 40
const mostBehindPageMs = 30
/** Of a kill that meets a page of several appends, the first of which is in the log. */
const mostBehindLargeMs = 40
const mostRunMs = 5_000
/** What is left when nothing is killed any more. */
const mostEndMs = 60_000

type Fault = 'lost' | 'twice' | 'altered'

const server = await GrowingServer.open(random)
const site = makeSite()
let hub: HubProcess | undefined
try {
  const startedMs = performance.now()
  let readyCount = 0
  for (let kill = 0; kill < killCount; kill++) if (await runAndKill()) readyCount++
  hub = new HubProcess(site)
  await allRead()
  const { exitCode } = await hub.stop('SIGTERM')
  if (exitCode !== 0) throw new Error(`a clean stop ended with ${exitCode}`)
  let itemCount = 0
  for (const collection of collections) {
    const logged = readLog(collection)
    requireFaultless(`${collection} after ${killCount} kills`, judge(collection, logged))
    itemCount += logged.length
  }
  checkControls()
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.log(
    `${killCount} kills, ${readyCount} of them of a process that was ready, in ${seconds} s: ` +
      `${itemCount} items of ${collections.length} collections, each once and byte by byte`,
  )
  fs.rmSync(site.directory, { recursive: true, force: true })
} catch (error) {
  console.error(error)
  console.error(`seed ${values.seed}; left for examination: ${site.directory}`)
  if (hub !== undefined) console.error(`the last process:\n${hub.output}`)
  process.exitCode = 1
} finally {
  await hub?.stop('SIGKILL')
  await server.close()
}

function makeSite(): HubSite {
  const directory = fs.mkdtempSync(join(tmpdir(), 'tailrace-http-poll-'))
  const pipelineFile = join(directory, 'proof.json')
  const retry = { first: '100ms', longest: '400ms' }
  const local = { type: 'http-poll', allowPrivate: ['127.0.0.1'], allowHttp: true, interval: '100ms', retry }
  const cursor = { path: 'at', parameter: 'since' }
  const kinds: Readonly<Record<Collection, object>> = {
    since: { id: 'id', cursor, pagination: { by: 'link' } },
    newest: { id: 'id', cursor, pagination: { by: 'cursor', path: 'next' } },
    pages: { pagination: { by: 'page', size: 100, keep: true } },
    feed: { pagination: { by: 'cursor', path: 'next', keep: true } },
    large: { cursor },
  }
  const sources = Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => {
      return [name, { ...local, url: `${server.origin}/${name}`, records: 'items', ...kind, to: name }]
    }),
  )
  fs.writeFileSync(pipelineFile, JSON.stringify({ version: 1, name: 'proof', sources }))
  const listeners = ['--kafka', 'off', '--http', 'off']
  return { directory, pipelineFile, dataDirectory: join(directory, 'data'), listeners }
}

/** Kills are counted from the start, by the pages that were answered since, or from the first bytes of a large page on. */
async function runAndKill(): Promise<boolean> {
  hub = new HubProcess(site)
  let isReady = false
  void hub.ready.then((ready) => (isReady = ready))
  const growing = grow()
  const kind = random.pick(['start', 'pages', 'pages', 'large', 'large'] as const)
  const pageGoal = server.pageCount + 1 + random.below(mostPages)
  const largeBefore = largeBytes()
  const endMs = performance.now() + mostRunMs
  const isDue = (): boolean => (kind === 'large' ? largeBytes() > largeBefore : server.pageCount >= pageGoal)
  while (kind !== 'start' && !isDue() && !hub.hasEnded && performance.now() < endMs) await sleep(1)
  await sleep(random.below({ start: mostStartMs, pages: mostBehindPageMs, large: mostBehindLargeMs }[kind]))
  if (hub.hasEnded) throw new Error('the process ended by itself')
  await hub.stop('SIGKILL')
  await growing
  return isReady
}

/** Of `large` in the log. */
function largeBytes(): number {
  const directory = join(site.dataDirectory, 'topics', 'large-0')
  if (!fs.existsSync(directory)) return 0
  const segments = fs.readdirSync(directory).filter((name) => name.endsWith('.log'))
  return segments.reduce((bytes, name) => bytes + fs.statSync(join(directory, name)).size, 0)
}

async function grow(): Promise<void> {
  server.grow('large', largeItemsPerKill)
  for (const collection of collections) {
    if (collection === 'large') continue
    for (let left = itemsPerKill; left > 0; ) {
      const step = Math.min(left, 1 + random.below(mostStep))
      server.grow(collection, step)
      left -= step
      await sleep(random.below(40))
    }
  }
}

async function allRead(): Promise<void> {
  const endMs = performance.now() + mostEndMs
  while (!server.isReadToItsEnd) {
    if (hub?.hasEnded === true) throw new Error('the process ended by itself')
    if (performance.now() > endMs) throw new Error(`not all was read within ${mostEndMs} ms`)
    await sleep(20)
  }
}

function readLog(collection: Collection): readonly string[] {
  return readTopic(site.dataDirectory, collection, 1).flatMap((batches) =>
    batches.flatMap(({ records }) => records.map(({ value }) => value ?? '')),
  )
}

function judge(collection: Collection, logged: readonly string[]): Judged<Fault> {
  const findings = new Findings<Fault>(['lost', 'twice', 'altered'])
  const count = server.counts.get(collection) ?? 0
  const seen = new Set<number>()
  for (const text of logged) {
    const id = Number(/^\{"id":(\d+)/.exec(text)?.[1])
    if (text !== itemText(collection, id) || id >= count) findings.find('altered', `no item is ${text.slice(0, 80)}`)
    else if (seen.has(id)) findings.find('twice', `item ${id} is there again`)
    seen.add(id)
  }
  for (let id = 0; id < count; id++) if (!seen.has(id)) findings.find('lost', `item ${id} is not there`)
  return findings
}

function checkControls(): void {
  const logged = readLog('since')
  const chosen = random.pick(logged)
  const without = logged.filter((text) => text !== chosen)
  requireFound('an item missing', judge('since', without), 'lost')
  requireFound('an item twice', judge('since', [...logged, chosen]), 'twice')
  requireFound('an item altered', judge('since', [...without, chosen.replace('.50', '.5')]), 'altered')
  console.log('controls: what was taken away, repeated and altered was found')
}
