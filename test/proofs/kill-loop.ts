// Kills the real process `--size` times at random instants, on one data directory throughout, while writers append
// numbered lines to rotating files. Another process judges the two lakes with a parser of its own; the segments are
// read by an independent reader. In the end a file is taken out of a copy of the lake, and one is repeated, as is a
// batch of the log: the judges must find that.

import fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type CrashSite, makeCrashSite, sitePartitions, siteTopic } from '../crash/crash-site.js'
import { HubProcess } from '../crash/hub-process.js'
import { Judge, requireCaught, requireExact } from '../crash/judge.js'
import { deliveredIn, readTopic } from '../crash/log-reader.js'
import type { LedgerEntry } from '../crash/numbered-lines.js'
import { RotatingWriters } from '../crash/rotating-writers.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' } },
})
const killCount = Number(values.size)
const random = new SeededRandom(Number(values.seed))

const streamCount = 7
const writeEveryMs = 10
const leastKillMs = 50
const mostKillMs = 1500
/** After so many kills everything is let through, stopped, judged, and what was rotated away is removed. */
const killsPerJudgement = 50
/** What one more start, recovery and the last files of the lakes take at most, on a busy machine. */
const patienceMs = 60_000

const site = makeCrashSite('kill-loop')
const writers = new RotatingWriters(site.logs, streamCount, random.fork())
const judge = new Judge()
try {
  const startedMs = performance.now()
  let readyCount = 0
  for (let done = 0; done < killCount; ) {
    const round = Math.min(killsPerJudgement, killCount - done)
    for (let kill = 0; kill < round; kill++) if (await runAndKill()) readyCount++
    done += round
    await settleAndJudge(done)
  }
  await checkControls()
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.log(
    `${killCount} kills, ${readyCount} of them of a process that was ready, in ${seconds} s: nothing lost, nothing twice, in order`,
  )
  site.remove()
} catch (error) {
  console.error(error)
  console.error(`left for examination: ${site.directory}`)
  process.exitCode = 1
} finally {
  judge.dismiss()
}

/** Writes as long as `until` is not settled. */
async function writeUntil<T>(until: Promise<T>): Promise<T> {
  const timer = setInterval(() => writers.turn(), writeEveryMs)
  try {
    return await until
  } finally {
    clearInterval(timer)
  }
}

/** Half of the kills are counted from the start, half from the moment at which it is ready. */
async function runAndKill(): Promise<boolean> {
  const lifeMs = leastKillMs + random.below(mostKillMs - leastKillMs)
  const fromReady = random.chance(0.5)
  // Rotations while it is down, besides those that happen while it runs.
  if (random.chance(0.3)) writers.rotateAll()
  const hub = new HubProcess(site)
  let isReady = false
  void hub.ready.then((ready) => (isReady = ready))
  await writeUntil((fromReady ? hub.ready : Promise.resolve()).then(() => sleep(lifeMs)))
  if (hub.hasEnded) throw new Error(`the process ended by itself:\n${hub.output}`)
  await hub.stop('SIGKILL')
  return isReady
}

async function settleAndJudge(killsSoFar: number): Promise<void> {
  const hub = new HubProcess(site)
  writers.finishLines()
  const ledger = writers.ledger()
  const verdicts = await judge.ask({ lakes: lakesOf(site), ledger, patienceMs })
  const { exitCode } = await hub.stop('SIGTERM')
  for (const verdict of verdicts) requireExact(`${verdict.root} after ${killsSoFar} kills`, verdict)
  if (exitCode !== 0) throw new Error(`a clean stop ended with ${exitCode}:\n${hub.output}`)
  requireNothingLeft()
  requireExact(`the log after ${killsSoFar} kills`, deliveredIn(readLines()).judge(ledger))
  writers.removeRotated()
  const lines = verdicts[0]!.lineCount
  const files = verdicts.map(({ fileCount }) => fileCount).join(' and ')
  console.log(
    `${killsSoFar} kills: ${lines} lines, ${writers.rotationCount} rotations, ${files} files, as they were written`,
  )
}

/** After a clean stop no plan is open in a lake. */
function requireNothingLeft(): void {
  for (const root of Object.values(site.lakes)) {
    for (const folder of ['manifests', 'open']) {
      const left = fs.readdirSync(join(root, '.tailrace', folder), { recursive: true, withFileTypes: true })
      const files = left.filter((entry) => entry.isFile()).map(({ name }) => name)
      if (files.length > 0) throw new Error(`${root}: left in ${folder} after a clean stop: ${files.join(', ')}`)
    }
  }
}

async function checkControls(): Promise<void> {
  const ledger = writers.ledger()
  const files = fs.readdirSync(join(site.lakes.ndjson, siteTopic)).map((name) => join(siteTopic, name))
  const taken = random.pick(files)
  const without = copyOfLake('without')
  fs.unlinkSync(join(without, taken))
  requireCaught('a file taken out of the lake', await verdictOn(without, ledger), 'lost')
  const repeated = copyOfLake('repeated')
  fs.copyFileSync(
    join(repeated, taken),
    join(repeated, dirname(taken), basename(taken).replace('.ndjson', '-2.ndjson')),
  )
  requireCaught('a file repeated in the lake', await verdictOn(repeated, ledger), 'twice')
  const partitions = readLines()
  const chosen = partitions.findIndex((batches) => batches.length > 2)
  const change = (cut: number, again: number): ReturnType<typeof readLines> =>
    partitions.map((batches, at) => (at === chosen ? [...batches.slice(0, cut), ...batches.slice(again)] : batches))
  requireThrows('a batch taken out of the log', () => deliveredIn(change(1, 2)))
  requireThrows('a batch repeated in the log', () => deliveredIn(change(2, 1)))
  console.log('controls: what was taken out and what was repeated was found')
}

function copyOfLake(name: string): string {
  const copy = join(site.directory, `ndjson-${name}`)
  fs.cpSync(site.lakes.ndjson, copy, { recursive: true })
  return copy
}

async function verdictOn(root: string, ledger: readonly LedgerEntry[]) {
  const [verdict] = await judge.ask({ lakes: [{ root, form: 'ndjson' }], ledger, patienceMs: 0 })
  return verdict!
}

function requireThrows(what: string, attempt: () => unknown): void {
  try {
    attempt()
  } catch {
    return
  }
  throw new Error(`a control that must fail held: ${what}`)
}

function readLines() {
  return readTopic(site.dataDirectory, siteTopic, sitePartitions)
}

function lakesOf({ lakes }: CrashSite) {
  return [
    { root: lakes.ndjson, form: 'ndjson' as const },
    { root: lakes.raw, form: 'raw' as const },
  ]
}
