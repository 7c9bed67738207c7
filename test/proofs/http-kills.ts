// Kills the real process `--size` times at random instants, on one data directory throughout, while callers send 2,000
// events for each kill to an http source and repeat what was not answered. Afterwards a reader of its own goes over the
// segments: each event that was answered with 2xx is there, where its answer said, and each with a key is there once. In
// the end an answer is moved, an event is taken away and one with a key is repeated: the judge must find that.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { requireFaultless, requireFound } from '../crash/findings.js'
import { type FoundEvent, judgeHttp, type SentEvent } from '../crash/http-judgement.js'
import { HttpSenders } from '../crash/http-senders.js'
import { HubProcess, type HubSite } from '../crash/hub-process.js'
import { freePort } from '../crash/kafka-site.js'
import { readTopic } from '../crash/log-reader.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '5' }, seed: { type: 'string', default: '1' } },
})
const killCount = Number(values.size)
const random = new SeededRandom(Number(values.seed))

const eventsPerKill = 2_000
const partitions = 2
const path = '/in/events'
/** How often the count of answers is looked at. */
const lookMs = 2
/** Of a kill that is counted from the start. */
const mostStartMs = 600
/** From so many kills on, one of them has to meet an event that is in the log and not answered yet. */
const killsThatMeet = 25

const port = await freePort(random)
const site = makeSite()
const senders = new HttpSenders({ port, path, eventCount: killCount * eventsPerKill })
let hub: HubProcess | undefined
try {
  const startedMs = performance.now()
  let readyCount = 0
  for (let kill = 0; kill < killCount; kill++) if (await runAndKill()) readyCount++
  hub = new HubProcess(site)
  // Every event may have been answered before the last kill; a process that only starts does not stop cleanly.
  await hub.ready
  await senders.finish()
  const { exitCode } = await hub.stop('SIGTERM')
  if (exitCode !== 0) throw new Error(`a clean stop ended with ${exitCode}`)
  if (senders.refusals.length > 0) throw new Error(['callers were refused', ...senders.refusals].join('\n  '))
  const found = readEvents()
  const verdict = judgeHttp(senders.sent, found)
  requireFaultless(`after ${killCount} kills`, verdict)
  if (verdict.repeated === 0 && killCount >= killsThatMeet)
    throw new Error('no kill met an event that was in the log and not answered')
  console.log(
    `${verdict.acknowledged} events answered with 2xx, ${senders.attempts - senders.sent.length} attempts more; ` +
      `${verdict.repeated} events without a key are there more than once`,
  )
  checkControls(senders.sent, found)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.log(
    `${killCount} kills, ${readyCount} of them of a process that was ready, in ${seconds} s: ` +
      'nothing lost, nothing with a key twice, each where its answer said',
  )
  fs.rmSync(site.directory, { recursive: true, force: true })
} catch (error) {
  console.error(error)
  console.error(`seed ${values.seed}; left for examination: ${site.directory}`)
  if (hub !== undefined) console.error(`the last process:\n${hub.output}`)
  process.exitCode = 1
} finally {
  await hub?.stop('SIGKILL')
}
// Callers that were refused an event may still repeat others.
process.exit()

function makeSite(): HubSite {
  const directory = fs.mkdtempSync(join(tmpdir(), 'tailrace-http-kills-'))
  const pipelineFile = join(directory, 'proof.json')
  const source = { type: 'http', path, to: 'events', key: 'event' }
  const file = { version: 1, name: 'proof', topics: { events: { partitions } }, sources: { in: source } }
  fs.writeFileSync(pipelineFile, JSON.stringify(file))
  const listeners = ['--kafka', 'off', '--http', 'off', '--ingest', `127.0.0.1:${port}`]
  return { directory, pipelineFile, dataDirectory: join(directory, 'data'), listeners }
}

/** One kill in five is counted from the start, the others by how many events were answered since. */
async function runAndKill(): Promise<boolean> {
  const before = senders.acknowledged
  hub = new HubProcess(site)
  let isReady = false
  void hub.ready.then((ready) => (isReady = ready))
  if (random.chance(0.2)) await sleep(random.below(mostStartMs))
  else {
    const goal = Math.min(before + random.below(2 * eventsPerKill), killCount * eventsPerKill)
    while (senders.acknowledged < goal && !hub.hasEnded && senders.refusals.length === 0) await sleep(lookMs)
  }
  if (hub.hasEnded) throw new Error('the process ended by itself')
  await hub.stop('SIGKILL')
  return isReady
}

function readEvents(): readonly FoundEvent[] {
  return readTopic(site.dataDirectory, 'events', partitions).flatMap((batches, partition) =>
    batches.flatMap(({ records }) =>
      records.map(({ offset, value }) => {
        const { event } = JSON.parse(Buffer.from(value ?? '', 'latin1').toString()) as { event: number }
        return { partition, offset, event }
      }),
    ),
  )
}

function checkControls(sent: readonly SentEvent[], found: readonly FoundEvent[]): void {
  const chosen = random.pick(sent.filter(({ hasKey, place }) => hasKey && place !== undefined))
  const moved = sent.map((one) =>
    one === chosen ? { ...one, place: { partition: 0, offset: one.place!.offset + 1 } } : one,
  )
  requireFound('an answer moved by one offset', judgeHttp(moved, found), 'displaced')
  const missing = found.filter(({ event }) => event !== chosen.event)
  requireFound('an event missing', judgeHttp(sent, missing), 'lost')
  const twice = [...found, { partition: 0, offset: found.length, event: chosen.event }]
  requireFound('an event with a key twice', judgeHttp(sent, twice), 'twice')
  console.log('controls: what was moved, repeated and taken away was found')
}
