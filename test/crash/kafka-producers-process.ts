// Idempotent producers (kafkajs) in a process of their own, which outlives the hub that they send to and keeps the
// ledger. Arguments: HOST:PORT and a seed. Told to finish, each awaits its last answer; then the report is sent.
//
// The patient ones retry for ever; a hasty one gives up soon, and a new producer takes over.

import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { outliveConnectionLosses } from './connection-losses.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'
import type { ProducersReport } from './kafka-producers.js'
import { NumberedSends } from './numbered-sends.js'

const [address, seed] = process.argv.slice(2)
const random = new SeededRandom(Number(seed))
const mostPauseMs = 3
const forEver = Number.MAX_SAFE_INTEGER
// Many, so that whenever it strikes a kill meets some whose records are written and not acknowledged.
const patientLanes = Object.fromEntries([0, 1, 2, 3, 4, 5].map((lane) => [`patient${lane}`, forEver]))
const retriesByLane: Readonly<Record<string, number>> = { ...patientLanes, hasty0: 2, hasty1: 2 }

const lives: NumberedSends[] = []
const refusals: string[] = []
let isFinishing = false

outliveConnectionLosses()
process.once('message', () => (isFinishing = true))
await Promise.all(Object.entries(retriesByLane).map(([name, retries]) => runLane(name, retries, random.fork())))
const report: ProducersReport = {
  ledger: lives.flatMap(({ ledger }) => ledger),
  producers: lives.filter(({ sendCount }) => sendCount > 0).length,
  sends: lives.reduce((sum, { sendCount }) => sum + sendCount, 0),
  repeatedSends: lives.reduce((sum, { repeatedCount }) => sum + repeatedCount, 0),
  refusals,
}
// A report of some size is on its way for a while; to disconnect at once would cut it off.
process.send!(report, () => process.disconnect())

async function runLane(name: string, retries: number, chance: SeededRandom): Promise<void> {
  const retry = { retries, initialRetryTime: 20, maxRetryTime: 100 }
  for (let life = 0; !isFinishing; life++) {
    const producerName = `${name}.${life}`
    const sends = new NumberedSends(producerName, chance)
    lives.push(sends)
    const kafka = new kafkajs.Kafka({ clientId: name, brokers: [address!], logLevel: kafkajs.logLevel.NOTHING, retry })
    const producer = kafka.producer({
      idempotent: true,
      // The pipeline makes the topics, with their partitions.
      allowAutoTopicCreation: false,
      retry,
      createPartitioner: sends.createPartitioner,
    })
    try {
      await producer.connect()
      while (!isFinishing) {
        await sends.next(producer)
        await sleep(chance.below(mostPauseMs))
      }
    } catch (error) {
      noteEnd(producerName, error)
    } finally {
      await producer.disconnect()
    }
  }
}

/** Giving up is what a hasty producer does when nobody answers; an answer that forbids to go on is a fault. */
function noteEnd(producer: string, error: unknown): void {
  if (!(error instanceof kafkajs.KafkaJSError)) throw error
  const cause = error.cause ?? error
  if (cause instanceof kafkajs.KafkaJSProtocolError && !cause.retriable) refusals.push(`${producer}: ${cause.message}`)
}
