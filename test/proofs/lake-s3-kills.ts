// Kills the real process `--size` times while it brings events from a file through the log into a bucket: at random, and at
// each step, before the plan, between spool and upload, between parts, before and after an answer, on one data directory
// and one bucket throughout. The store fails now and then besides. In the end each event is in one object, each object is
// what its metadata says, none ever changed, and no upload is left. Then an event is taken away and an object repeated:
// the judge must find that.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { BucketTally } from '../crash/bucket-tally.js'
import { requireFaultless, requireFound } from '../crash/findings.js'
import { HubProcess, type HubSite } from '../crash/hub-process.js'
import { S3Strikes } from '../crash/s3-strikes.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'
import type { S3Bucket } from '../support/s3/s3-objects.js'
import { S3Server } from '../support/s3/s3-server.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '5' }, seed: { type: 'string', default: '1' } },
})
const killCount = Number(values.size)
const random = new SeededRandom(Number(values.seed))

/** Two of three rounds have a file of more than one part; the parts of S3 have 5 MiB at least. */
const largeRoundEvents = 6_000
const smallRoundEvents = 150
const padding = 'x'.repeat(1000)
/** Of a kill that is counted from the start. */
const mostStartMs = 3_000
/** A round ends when the step that was chosen does not come. */
const mostRoundMs = 8_000
const mostEndMs = 120_000
const keys = { TAILRACE_PROOF_KEY: 'tailrace', TAILRACE_PROOF_SECRET: 'a secret' }

Object.assign(process.env, keys)
const server = await S3Server.open()
const bucket = server.addBucket('lake')
const strikes = new S3Strikes(server, random)
const tally = new BucketTally()
const site = makeSite()
let eventCount = 0
let roundsWithUploadsLeft = 0
let hub: HubProcess | undefined
try {
  const startedMs = performance.now()
  for (let round = 0; round < killCount; round++) await runAndKill(round)
  strikes.end()
  hub = new HubProcess(site)
  await allStored()
  const { exitCode } = await hub.stop('SIGTERM')
  if (exitCode !== 0) throw new Error(`a clean stop ended with ${exitCode}`)
  requireFaultless(`after ${killCount} kills`, tally.judge(bucket, eventCount))
  const left = fs.readdirSync(join(site.dataDirectory, 'work', 'proof.lake'))
  if (left.length > 0) throw new Error(`files under way were left: ${left.join(', ')}`)
  if (killCount >= 10 && roundsWithUploadsLeft === 0) throw new Error('no kill left an upload behind')
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.log(
    `${eventCount} events in ${tally.objectCount} objects and ${seconds} s: each once; ` +
      `${roundsWithUploadsLeft} kills left uploads, which the next start aborted`,
  )
  console.log(
    [...strikes.struck]
      .map(([step, count]) => `${step} ${count}`)
      .sort()
      .join(', '),
  )
  checkControls()
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
  const directory = fs.mkdtempSync(join(tmpdir(), 'tailrace-lake-s3-'))
  const pipelineFile = join(directory, 'proof.json')
  fs.writeFileSync(join(directory, 'events.log'), '')
  const file = {
    version: 1,
    name: 'proof',
    topics: { events: { partitions: 2, retention: { bytes: '64MiB' } } },
    sources: {
      in: {
        type: 'file',
        include: ['events.log'],
        startAt: 'beginning',
        parse: { format: 'json' },
        key: 'round',
        to: 'events',
      },
    },
    sinks: {
      lake: {
        type: 's3',
        from: ['events'],
        bucket: 'lake',
        prefix: 'proof',
        endpoint: server.url,
        credentials: { accessKey: { $env: 'TAILRACE_PROOF_KEY' }, secretKey: { $env: 'TAILRACE_PROOF_SECRET' } },
        path: '{topic}/{partition}-{first}-{last}',
        format: { type: 'raw' },
        rotate: { bytes: '6MiB', age: '300ms' },
        partBytes: '5MiB',
      },
    },
  }
  fs.writeFileSync(pipelineFile, JSON.stringify(file))
  return {
    directory,
    pipelineFile,
    dataDirectory: join(directory, 'data'),
    listeners: ['--kafka', 'off', '--http', 'off'],
  }
}

async function runAndKill(round: number): Promise<void> {
  const isLarge = round % 3 < 2
  addEvents(round, isLarge ? largeRoundEvents : smallRoundEvents)
  const process = new HubProcess(site)
  hub = process
  if (random.chance(0.2)) await sleep(random.below(mostStartMs))
  else {
    strikes.arm(isLarge ? 'parts' : 'whole', () => process.stop('SIGKILL'))
    await Promise.race([process.end, sleep(mostRoundMs)])
    strikes.disarm()
  }
  const { signal, exitCode } = await process.stop('SIGKILL')
  if (signal !== 'SIGKILL') throw new Error(`the process ended by itself with ${exitCode}`)
  if (bucket.uploads.size > 0) roundsWithUploadsLeft++
  tally.look(bucket)
}

/** All events of a round have one key, so that they are in one partition. */
function addEvents(round: number, count: number): void {
  const lines = Array.from({ length: count }, () =>
    JSON.stringify({ event: eventCount++, round: `round ${round}`, padding }),
  )
  fs.appendFileSync(join(site.directory, 'events.log'), `${lines.join('\n')}\n`)
}

async function allStored(): Promise<void> {
  const endMs = performance.now() + mostEndMs
  for (;;) {
    tally.look(bucket)
    if (tally.eventCount === eventCount) return
    if (hub?.hasEnded === true) throw new Error('the process ended by itself')
    if (performance.now() > endMs) throw new Error(`${eventCount - tally.eventCount} events have not come`)
    await sleep(50)
  }
}

function checkControls(): void {
  const judge = (objects: readonly (readonly number[])[], uploads: S3Bucket['uploads'], count: number) =>
    new BucketTally().judge({ name: 'control', region: '', objects: controlObjects(objects), uploads }, count)
  requireFound('an event missing', judge([[0], [2]], new Map(), 3), 'lost')
  requireFound('an event repeated', judge([[0, 1], [1]], new Map(), 2), 'repeated')
  requireFound('an object without labels', judge([[0]], new Map(), 1), 'mislabelled')
  const upload = { key: 'k', uploadId: 'u', headers: {}, startedMs: 0, parts: new Map() }
  requireFound('an upload left', judge([], new Map([['u', upload]]), 0), 'orphaned')
  console.log('controls: what was taken away, repeated, unlabelled and left was found')
}

function controlObjects(objects: readonly (readonly number[])[]): S3Bucket['objects'] {
  return new Map(
    objects.map((events, index) => {
      const bytes = Buffer.from(events.map((event) => `${JSON.stringify({ event })}\n`).join(''))
      return [`${index}`, { bytes, etag: '', headers: {}, modifiedMs: 0 }]
    }),
  )
}
