// Kills the real process `--size` times at random instants, on one data directory throughout, while idempotent
// producers in another process send numbered records to its Kafka port and remember what was acknowledged. Afterwards
// kcat reads everything back: each acknowledged record once, at its acknowledged offset. In the end a ledger entry is
// moved by one offset, a record is repeated and one is taken away: the judge must find that.

import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { requireFaultless, requireFound } from '../crash/findings.js'
import { HubProcess } from '../crash/hub-process.js'
import { judgeKafka, type KafkaVerdict } from '../crash/kafka-judgement.js'
import type { SentBatch } from '../crash/kafka-ledger.js'
import { KafkaProducers, type ProducersReport } from '../crash/kafka-producers.js'
import { kafkaPartitions, kafkaTopicNames, makeKafkaSite } from '../crash/kafka-site.js'
import { type ReadPartition, readWithKcat } from '../crash/kcat-reader.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '15' }, seed: { type: 'string', default: '1' } },
})
const killCount = Number(values.size)
const random = new SeededRandom(Number(values.seed))

const leastKillMs = 50
const mostKillMs = 1200
/** What a last start, recovery and the answers to all sends take at most, on a busy machine. */
const patienceMs = 60_000

const site = await makeKafkaSite(random)
const producers = new KafkaProducers(site.kafka, random.uint32())
let hub: HubProcess | undefined
try {
  const startedMs = performance.now()
  let readyCount = 0
  for (let kill = 0; kill < killCount; kill++) if (await runAndKill()) readyCount++
  const { report, read } = await settleAndRead()
  if (report.refusals.length > 0) throw new Error(['producers were refused', ...report.refusals].join('\n  '))
  const verdict = judgeKafka(report.ledger, read)
  requireFaultless(`after ${killCount} kills`, verdict)
  requireEffect(verdict)
  console.log(
    `${report.sends} sends of ${report.producers} producers, ${report.repeatedSends} of them again; ` +
      `${verdict.acknowledged} records acknowledged, ${verdict.repetitions} batches where an earlier try had left them; ` +
      `of ${verdict.unknown} other records ${verdict.unknownThere} are there`,
  )
  checkControls(report.ledger, read)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.log(
    `${killCount} kills, ${readyCount} of them of a process that was ready, in ${seconds} s: ` +
      'nothing lost, nothing twice, in order, each record at its acknowledged offset',
  )
  site.remove()
} catch (error) {
  console.error(error)
  console.error(`seed ${values.seed}; left for examination: ${site.directory}`)
  if (hub !== undefined) console.error(`the last process:\n${hub.output}`)
  process.exitCode = 1
} finally {
  producers.dismiss()
  await hub?.stop('SIGKILL')
}

/** Half of the kills are counted from the start, half from the moment at which it is ready. */
async function runAndKill(): Promise<boolean> {
  const lifeMs = leastKillMs + random.below(mostKillMs - leastKillMs)
  const fromReady = random.chance(0.5)
  hub = new HubProcess(site)
  let isReady = false
  void hub.ready.then((ready) => (isReady = ready))
  if (fromReady) await hub.ready
  await sleep(lifeMs)
  if (hub.hasEnded) throw new Error('the process ended by itself')
  if (producers.hasEnded) throw new Error('the producers ended by themselves')
  await hub.stop('SIGKILL')
  return isReady
}

async function settleAndRead(): Promise<{ report: ProducersReport; read: readonly ReadPartition[] }> {
  hub = new HubProcess(site)
  if (!(await hub.ready)) throw new Error('the process ended by itself')
  const report = await producers.finish(patienceMs)
  const read: ReadPartition[] = []
  for (const topic of kafkaTopicNames) {
    for (let partition = 0; partition < kafkaPartitions; partition++) {
      read.push(await readWithKcat(site.kafka, { topic, partition, isolation: 'read_uncommitted' }))
    }
  }
  const { exitCode } = await hub.stop('SIGTERM')
  if (exitCode !== 0) throw new Error(`a clean stop ended with ${exitCode}`)
  return { report, read }
}

/** Unless kills met sends between the write and the answer, nothing is proven. */
function requireEffect({ acknowledged, repetitions }: KafkaVerdict): void {
  if (acknowledged === 0) throw new Error('nothing was acknowledged')
  if (repetitions === 0) throw new Error('no kill met a batch that was written and not acknowledged')
}

function checkControls(ledger: readonly SentBatch[], read: readonly ReadPartition[]): void {
  const chosen = random.pick(ledger.filter(({ baseOffset }) => baseOffset !== undefined))
  const baseOffset = chosen.baseOffset!
  const moved = ledger.map((batch) => (batch === chosen ? { ...batch, baseOffset: baseOffset + 1 } : batch))
  requireFound('a ledger entry moved by one offset', judgeKafka(moved, read), 'displaced')
  const changed = (change: (of: ReadPartition) => ReadPartition['records']): ReadPartition[] =>
    read.map((of) =>
      of.topic === chosen.topic && of.partition === chosen.partition ? { ...of, records: change(of) } : of,
    )
  const repeated = changed(({ records }) => [...records, { ...records[baseOffset]!, offset: records.length }])
  requireFound('a record read twice', judgeKafka(ledger, repeated), 'twice')
  const missing = changed(({ records }) => records.filter(({ offset }) => offset !== baseOffset))
  requireFound('a record missing', judgeKafka(ledger, missing), 'lost')
  console.log('controls: what was moved, repeated and taken away was found')
}
