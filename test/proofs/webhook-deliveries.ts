// Kills the real process `--size` times at random instants, on one data directory throughout, while a file of events is
// tailed into a topic and sent on as webhooks to a receiver that fails in many ways and is down at times. In the end the
// receiver is well: each event has come, those of a key for the first time in their order, each under one id. Then an event
// is taken away, two are exchanged and one gets another id: the judge must find that.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { requireFaultless, requireFound } from '../crash/findings.js'
import { HubProcess, type HubSite } from '../crash/hub-process.js'
import { judgeWebhooks, type TakenEvent } from '../crash/webhook-judgement.js'
import { FailingReceiver } from '../crash/webhook-receiver.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '5' }, seed: { type: 'string', default: '1' } },
})
const killCount = Number(values.size)
const random = new SeededRandom(Number(values.seed))

const eventsPerKill = 300
const keyCount = 40
const eventCount = killCount * eventsPerKill
const lookMs = 2
/** Of a kill that is counted from the start. */
const mostStartMs = 600
/** What is left when the receiver is well again. */
const mostEndMs = 120_000

const receiver = await FailingReceiver.open(random)
const site = makeSite()
let hub: HubProcess | undefined
try {
  const startedMs = performance.now()
  for (let kill = 0; kill < killCount; kill++) await runAndKill(kill)
  receiver.isDown = false
  receiver.isHealed = true
  hub = new HubProcess(site)
  await allTaken()
  const { exitCode } = await hub.stop('SIGTERM')
  if (exitCode !== 0) throw new Error(`a clean stop ended with ${exitCode}`)
  const verdict = judgeWebhooks(receiver.taken, eventCount)
  requireFaultless(`after ${killCount} kills`, verdict)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.log(
    `${eventCount} events of ${keyCount} keys in ${receiver.requests} requests and ${seconds} s: each came, ` +
      `${verdict.repeated} again, in order per key, under one id each`,
  )
  checkControls(receiver.taken)
  fs.rmSync(site.directory, { recursive: true, force: true })
} catch (error) {
  console.error(error)
  console.error(`seed ${values.seed}; left for examination: ${site.directory}`)
  if (hub !== undefined) console.error(`the last process:\n${hub.output}`)
  process.exitCode = 1
} finally {
  await hub?.stop('SIGKILL')
  receiver.close()
}

function makeSite(): HubSite {
  const directory = fs.mkdtempSync(join(tmpdir(), 'tailrace-webhooks-'))
  const lines = Array.from({ length: eventCount }, (_, event) => {
    return JSON.stringify({ event, key: `key ${random.below(keyCount)}` })
  })
  fs.writeFileSync(join(directory, 'events.log'), `${lines.join('\n')}\n`)
  const pipelineFile = join(directory, 'proof.json')
  const file = {
    version: 1,
    name: 'proof',
    topics: { events: { partitions: 3 } },
    sources: {
      in: {
        type: 'file',
        include: ['events.log'],
        startAt: 'beginning',
        parse: { format: 'json' },
        key: 'key',
        to: 'events',
      },
    },
    sinks: {
      hooks: {
        type: 'webhook',
        from: ['events'],
        url: receiver.url,
        allowHttp: true,
        allowPrivate: ['127.0.0.1'],
        timeout: '300ms',
        breaker: { open: '200ms' },
        retry: { schedule: ['10ms', ...Array.from({ length: 5_000 }, () => '50ms')] },
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

/** One kill in five is counted from the start, the others by how many events were taken since. */
async function runAndKill(kill: number): Promise<void> {
  const before = receiver.taken.length
  receiver.isDown = kill % 4 === 3
  hub = new HubProcess(site)
  if (receiver.isDown || random.chance(0.2)) await sleep(random.below(2 * mostStartMs))
  else {
    const goal = before + random.below(eventsPerKill)
    const endMs = performance.now() + 5_000
    while (receiver.taken.length < goal && !hub.hasEnded && performance.now() < endMs) await sleep(lookMs)
  }
  if (hub.hasEnded) throw new Error('the process ended by itself')
  await hub.stop('SIGKILL')
}

async function allTaken(): Promise<void> {
  const endMs = performance.now() + mostEndMs
  for (;;) {
    const missing = eventCount - new Set(receiver.taken.map(({ event }) => event)).size
    if (missing === 0) return
    if (hub?.hasEnded === true) throw new Error('the process ended by itself')
    if (performance.now() > endMs) throw new Error(`${missing} events have not come`)
    await sleep(50)
  }
}

function checkControls(taken: readonly TakenEvent[]): void {
  const chosen = random.pick(taken)
  const without = taken.filter(({ event }) => event !== chosen.event)
  requireFound('an event missing', judgeWebhooks(without, eventCount), 'lost')
  const renamed = [...taken, { ...chosen, id: 'msg_other' }]
  requireFound('an event under another id', judgeWebhooks(renamed, eventCount), 'renamed')
  const later = taken.find(({ event, key }) => key === chosen.key && event !== chosen.event)
  if (later !== undefined) {
    const [first, second] = later.event < chosen.event ? [later, chosen] : [chosen, later]
    const exchanged = [second, first, ...taken.filter(({ event }) => event !== first.event && event !== second.event)]
    requireFound('two events exchanged', judgeWebhooks(exchanged, eventCount), 'overtaken')
  }
  console.log('controls: what was taken away, exchanged and renamed was found')
}
