// A pipeline of transactions under `--size` kills of either side, on one data directory throughout: movers (kafkajs)
// read transfers between accounts and write both sides of each to two topics, in a transaction with their offsets. The
// hub is killed at random instants; movers are killed between the steps of a transaction, while it ends and whenever,
// and stand still until their group takes them for dead. When all input is used up, kcat and kafkajs read the outputs:
// each transfer once in each, balances exact, nothing of an aborted transaction. In the end a record is repeated, one is
// taken away, and what was aborted is shown: the judge must find that.

import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { requireFaultless, requireFound } from '../crash/findings.js'
import { HubProcess } from '../crash/hub-process.js'
import { kafkaPartitions, makeKafkaSite } from '../crash/kafka-site.js'
import { type ReadPartition, readWithKcat } from '../crash/kcat-reader.js'
import { readWithKafkajs } from '../crash/transfers/kafkajs-reader.js'
import { Movers, moverStages } from '../crash/transfers/movers.js'
import { type PartitionEnd, readCommitted, readEnds } from '../crash/transfers/offsets.js'
import {
  judgeTransfers,
  type TransferLedger,
  type TransferReading,
  type TransferVerdict,
} from '../crash/transfers/transfer-judgement.js'
import { TransferProducer } from '../crash/transfers/transfer-producer.js'
import { moverGroup, parsePosting, postingTopics, transferTopic } from '../crash/transfers/transfers.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
})
const killCount = Number(values.size)
const random = new SeededRandom(Number(values.seed))

const hubChance = 0.4
const stageChance = 0.75
const pauseChance = 0.5
const leastGapMs = 20
const mostGapMs = 500
/** Half of the kills of the hub wait for so many ended transactions, so that what the kills before hit has come to its end. */
const endsBetweenKills = 4
/** What starts, rebalances and the rest of the input take at most, on a busy machine. */
const patienceMs = 90_000
const pollMs = 50

const topics = [transferTopic, ...postingTopics]
const site = await makeKafkaSite(random, topics)
let hub = startHub()
if (!(await hub.ready)) throw new Error(`the hub did not start:\n${hub.output}`)
const movers = new Movers(site.kafka, random.fork())
const producer = new TransferProducer(site.kafka, random.fork(), () => movers.movedCount)
try {
  const startedMs = performance.now()
  let hubKills = 0
  for (let kill = 0; kill < killCount; kill++) if (await strike()) hubKills++
  const { ledger, reading } = await settleAndRead()
  const verdict = judgeTransfers(ledger, reading)
  requireFaultless(`after ${killCount} kills`, verdict)
  requireEffect(verdict)
  const stages = [...movers.killsByStage].map(([stage, count]) => `${count} ${stage}`).join(', ')
  console.log(
    `${ledger.transfers.length} transfers in ${verdict.committedTransactions} transactions; ` +
      `${verdict.abortedTransactions} aborted with ${verdict.abortedRecords} records, ` +
      `${countOf(ledger, 'aborted')} of them on purpose; ${movers.pauseCount} pauses, after which ${movers.fencedCount} movers were fenced`,
  )
  checkControls(ledger, reading)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.log(
    `${hubKills} kills of the hub and ${killCount - hubKills} of movers (${stages}) in ${seconds} s: ` +
      'each transfer once in both outputs, balances exact, nothing of an aborted transaction seen',
  )
  site.remove()
} catch (error) {
  console.error(error)
  console.error(`seed ${values.seed}; left for examination: ${site.directory}`)
  console.error(`the last process:\n${hub.output}`)
  process.exitCode = 1
} finally {
  await movers.dismiss()
  await hub.stop('SIGKILL')
}
// A producer that nobody answers any more would keep this process.
process.exit()

/** Members of a dead connection go at once, or when their session is over: both happen to a group. */
function startHub(): HubProcess {
  const evicting = random.chance(0.5) ? ['--kafka-evict-on-close'] : []
  return new HubProcess({ ...site, listeners: [...site.listeners!, ...evicting] })
}

/** One kill; true for one of the hub. */
async function strike(): Promise<boolean> {
  const isHub = random.chance(hubChance)
  if (isHub && random.chance(0.5)) await endsOfTransactions(endsBetweenKills)
  if (random.chance(pauseChance)) movers.pause(random.pick(moverStages))
  await sleep(leastGapMs + random.below(mostGapMs - leastGapMs))
  requireNobodyEnded()
  if (isHub) {
    await hub.stop('SIGKILL')
    hub = startHub()
  } else {
    await movers.kill(random.chance(stageChance) ? random.pick(moverStages) : undefined)
  }
  return isHub
}

function requireNobodyEnded(): void {
  if (hub.hasEnded) throw new Error('the hub ended by itself')
  if (movers.refusals.length > 0) throw new Error(['movers were refused', ...movers.refusals].join('\n  '))
}

async function endsOfTransactions(count: number): Promise<void> {
  const target = movers.ends.size + count
  await until('transactions went on', () => movers.ends.size >= target)
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + patienceMs
  while (!(await isSo())) {
    requireNobodyEnded()
    if (performance.now() > deadlineMs) throw new Error(`${patienceMs} ms were not enough until ${what}`)
    await sleep(pollMs)
  }
}

/** Lets the movers use up the input, and reads what they left. */
async function settleAndRead(): Promise<{ ledger: TransferLedger; reading: TransferReading }> {
  await producer.finish()
  // What movers told may lack their last transaction.
  await until('the input was used up', async () => String(await committedOffsets()) === String(producer.ends))
  await movers.dismiss()
  requireNobodyEnded()
  const ends = await readEnds(site.kafka, topics)
  await checkOffsets(ends)
  const reading = { committed: await readOutputs('read_committed'), uncommitted: await readOutputs('read_uncommitted') }
  const outputEnds = ends.filter(({ topic }) => topic !== transferTopic)
  requireSame(reading.committed, await readWithKafkajs(site.kafka, outputEnds))
  const { exitCode } = await hub.stop('SIGTERM')
  if (exitCode !== 0) throw new Error(`a clean stop ended with ${exitCode}`)
  return { ledger: { transfers: producer.ledger, ends: movers.ends }, reading }
}

/** The group is at the ends of its input, and no transaction is open anywhere. */
async function checkOffsets(ends: readonly PartitionEnd[]): Promise<void> {
  const held = ends.filter(({ highWatermark, lastStableOffset }) => highWatermark !== lastStableOffset)
  if (held.length > 0) throw new Error(`transactions are open in ${JSON.stringify(held)}`)
  const input = ends.filter(({ topic }) => topic === transferTopic).map(({ highWatermark }) => highWatermark)
  const [committed, expected] = [String(await committedOffsets()), String(producer.ends)]
  if (String(input) !== expected) throw new Error(`the input ends at ${String(input)} instead of ${expected}`)
  if (committed !== expected) throw new Error(`the group is at ${committed} instead of ${expected}`)
}

function committedOffsets(): Promise<number[]> {
  return readCommitted(site.kafka, moverGroup, transferTopic)
}

async function readOutputs(isolation: 'read_committed' | 'read_uncommitted'): Promise<ReadPartition[]> {
  const read: ReadPartition[] = []
  for (const topic of postingTopics) {
    for (let partition = 0; partition < kafkaPartitions; partition++) {
      read.push(await readWithKcat(site.kafka, { topic, partition, isolation }))
    }
  }
  return read
}

/** Both clients leave out what was aborted by themselves, each with code of its own. */
function requireSame(byKcat: readonly ReadPartition[], byKafkajs: readonly ReadPartition[]): void {
  for (const [index, { topic, partition, records }] of byKcat.entries()) {
    const others = byKafkajs[index]?.records ?? []
    const length = Math.max(records.length, others.length)
    for (let at = 0; at < length; at++) {
      const [here, there] = [JSON.stringify(records[at]), JSON.stringify(others[at])]
      if (here !== there) throw new Error(`${topic} ${partition}: kcat reads ${here}, and kafkajs ${there}`)
    }
  }
}

/** Unless transactions came to both ends, and more were aborted than movers meant to, nothing is proven. */
function requireEffect({ committedTransactions, abortedTransactions }: TransferVerdict): void {
  if (committedTransactions === 0) throw new Error('no transaction was committed')
  const meant = [...movers.ends.values()].filter((end) => end === 'aborted').length
  if (meant === 0) throw new Error('no mover aborted a transaction')
  if (abortedTransactions <= meant) throw new Error('no kill left a transaction open')
}

function countOf({ ends }: TransferLedger, sought: 'committed' | 'aborted'): number {
  return [...ends.values()].filter((end) => end === sought).length
}

function checkControls(ledger: TransferLedger, { committed, uncommitted }: TransferReading): void {
  const chosen = random.pick(committed.filter(({ records }) => records.length > 0))
  const record = random.pick(chosen.records)
  const judgedWith = (change: (of: ReadPartition) => ReadPartition['records']): TransferVerdict =>
    judgeTransfers(ledger, {
      committed: committed.map((of) => ({ ...of, records: change(of) })),
      uncommitted,
    })
  const repeated = judgedWith((of) => (of === chosen ? [...of.records, record] : of.records))
  requireFound('a record read twice', repeated, 'twice')
  requireFound('a balance that is off', repeated, 'unbalanced')
  const missing = judgedWith((of) => of.records.filter((each) => each !== record))
  requireFound('a record missing', missing, 'lost')
  requireFound('a part of a transaction', missing, 'torn')
  const shown = judgedWith(({ topic, partition, records }) => {
    const all = uncommitted.find((of) => of.topic === topic && of.partition === partition)!.records
    const isAborted = (text: string) => ledger.ends.get(parsePosting(text)!.transaction) === 'aborted'
    return [...records, ...all.filter(({ text }) => isAborted(text))]
  })
  requireFound('aborted transactions that are seen', shown, 'aborted')
  console.log('controls: what was repeated, taken away and shown in spite of its abort was found')
}
