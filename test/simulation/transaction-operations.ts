// The operations of the run of transactions: producers that begin, write, commit offsets, end and restart; older runs
// of them that go on; plain producers between; readers of all views.

import type { LogEngine } from '../../core/engine/log-engine.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { encodeBatch } from '../../core/record/encode-batch.js'
import type { LogClient } from './log-client.js'
import { splitBatches, usableTopics } from './log-examination.js'
import { type PartitionModel, Violation } from './log-model.js'
import { deleteTopic, operations } from './log-operations.js'
import type {
  ModelName,
  ModelTransaction,
  ProducerRun,
  TransactionModel,
  TransactionSend,
} from './transaction-model.js'
import { inputTopic, type TransactionOperationName } from './transaction-plan.js'
import {
  type Actor,
  askForEnd,
  commitOffset,
  drawSend,
  inputPartition,
  mustLive,
  namePartitions,
  sendAgain,
  sendAll,
  stamp,
  takeName,
} from './transaction-producer.js'
import { checkShown, compareViews, idOf, readChunk } from './transaction-views.js'

type Operations = Readonly<Record<TransactionOperationName, (client: LogClient) => Promise<void>>>

export function transactionOperations(model: TransactionModel): Operations {
  return {
    transact: (client) => transact({ client, model }),
    'take-over': async (client) => {
      await takeName({ client, model }, client.random.pick(model.names))
    },
    zombie: (client) => haunt({ client, model }),
    plain: appendPlain,
    compare: (client) => compare({ client, model }),
    poll: (client) => poll({ client, model }),
    'create-topic': operations['create-topic'],
    'alter-topic': operations['alter-topic'],
    'delete-topic': (client) => deleteTopic(client, ({ name }) => name !== inputTopic),
    'delete-records': operations['delete-records'],
    bounds: operations.bounds,
    wait: operations.wait,
    'fill-disk': operations['fill-disk'],
    'free-disk': operations['free-disk'],
  }
}

/** The next steps of one producer: mostly a whole transaction, or what is left of it. */
async function transact(actor: Actor): Promise<void> {
  const { client, model } = actor
  const name = client.random.pick(model.names)
  if (name.busyIn === client) return
  name.busyIn = client
  try {
    await advance(actor, name)
  } finally {
    if (name.busyIn === client) name.busyIn = undefined
  }
}

async function advance(actor: Actor, name: ModelName): Promise<void> {
  const { client, model } = actor
  const { random } = client
  const beginsAnew = random.chance(name.run?.isBroken === true ? 0.7 : 0.05)
  const run = name.run === undefined || name.run.isFenced || beginsAnew ? await takeName(actor, name) : name.run
  if (run === undefined || run !== name.run) return
  const transaction = run.transaction ?? model.begin(run, client.machine.clock.monotonicMs())
  if (transaction.wanted !== undefined) return askForEnd(actor, transaction, transaction.wanted)
  let isWhole = await sendAgain(actor, transaction)
  for (let rounds = 1 + random.below(3); isWhole && rounds > 0 && !run.isFenced; rounds--) {
    await writeSome(actor, transaction)
    isWhole = await sendAgain(actor, transaction)
  }
  if (!isWhole) run.isBroken = true
  if (random.chance(0.35) && !run.isFenced) await commitOffset(actor, transaction)
  if (random.chance(0.15)) return
  const outcome = random.chance(0.7) ? 'commit' : 'abort'
  const under = random.chance(0.25) ? writeLate(actor, transaction) : undefined
  await Promise.all([under, askForEnd(actor, transaction, outcome)])
  if (transaction.answered !== undefined && random.chance(0.3)) await sendLate(actor, transaction)
}

function pickPartitions(client: LogClient, most: number): PartitionModel[] {
  const partitions = usableTopics(client.model).flatMap((topic) => topic.partitions)
  const picked = new Set<PartitionModel>()
  for (let left = 1 + client.random.below(most); left > 0 && partitions.length > 0; left--)
    picked.add(client.random.pick(partitions))
  return [...picked]
}

/** Names partitions that are not named, and sends to them, and to others, without waiting in between. */
async function writeSome(actor: Actor, transaction: ModelTransaction): Promise<void> {
  const { random } = actor.client
  const partitions = pickPartitions(actor.client, 3)
  const unnamed = partitions.filter((partition) => !transaction.named.has(partition))
  if (unnamed.length > 0 && !(await namePartitions(actor, transaction, unnamed))) return
  const sends: (() => TransactionSend)[] = []
  for (const partition of partitions) {
    for (let left = 1 + random.below(2); left > 0; left--)
      if (partition.topic.fate === 'there') sends.push(() => drawSend(actor, transaction, partition))
  }
  await sendAll(actor, transaction, sends)
}

/** Batches that are on their way when the end is asked for: before it, or refused. */
async function writeLate(actor: Actor, transaction: ModelTransaction): Promise<void> {
  const { client } = actor
  const named = [...transaction.named].filter(({ topic }) => topic.fate === 'there')
  if (named.length === 0) return
  if (client.random.chance(0.5)) await client.machine.clock.sleep(client.random.fraction() * 2)
  mustLive(client)
  await sendAll(actor, transaction, [() => drawSend(actor, transaction, client.random.pick(named))])
  // What was refused leaves a gap.
  transaction.run.isBroken = true
}

/** A batch that comes when its transaction has ended, and no other has begun. */
async function sendLate(actor: Actor, { run, named }: ModelTransaction): Promise<void> {
  const { client } = actor
  const [partition] = named
  if (partition?.topic.fate !== 'there') return
  const bytes = wrongBatch(run, run.sequences.get(partition) ?? 0)
  const call = client.engine.append([{ ...idOf(partition), batch: bytes }])
  await mustBeRefused(client, call, `a batch behind the end of a transaction, in ${partition.name},`)
}

function wrongBatch(run: ProducerRun, sequence: number): Buffer {
  const bytes = encodeBatch([{ key: Buffer.from('wrong'), value: Buffer.from('wrong'), timestampMs: 1 }])
  stamp(bytes, run, sequence)
  return bytes
}

const refusals = new Set(['producer_fenced', 'unknown_transaction', 'invalid_transaction_state'])

async function mustBeRefused(client: LogClient, call: Promise<unknown>, what: string): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof TailraceError) || !refusals.has(error.code)) client.excuse(error)
    return
  }
  throw new Violation(`${what} was taken`)
}

/** An older run of a producer goes on as if nothing had happened. */
async function haunt(actor: Actor): Promise<void> {
  const { client, model } = actor
  const fenced = model.names.flatMap(({ runs }) => runs.filter(({ isFenced }) => isFenced))
  const [partition] = pickPartitions(client, 1)
  if (fenced.length === 0 || partition === undefined) return
  const run = client.random.pick(fenced)
  const { transactions } = client.engine
  const { identity } = run
  const { group } = run.name
  const offsets = [{ ...inputPartition, offset: 0, metadata: 'wrong' }]
  const calls: Readonly<Record<string, (engine: LogEngine) => Promise<unknown>>> = {
    'a name': () => transactions.addPartitions(identity, [idOf(partition)]),
    'a group': () => transactions.addGroup(identity, group),
    'an offset': () => transactions.commitOffsets(identity, { group, memberId: '', generation: -1, offsets }),
    'a commit': () => transactions.end(identity, 'commit'),
    'an abort': () => transactions.end(identity, 'abort'),
    'a batch': (engine) =>
      engine.append([{ ...idOf(partition), batch: wrongBatch(run, run.sequences.get(partition) ?? 0) }]),
  }
  const [what, call] = client.random.pick(Object.entries(calls))
  await mustBeRefused(client, call(client.engine), `${what} of ${identity.transactionalId}, epoch ${identity.epoch},`)
}

async function appendPlain(client: LogClient): Promise<void> {
  const partitions = pickPartitions(client, 2)
  if (partitions.length > 0) await client.append(partitions)
}

/** Reads as a client of Kafka and as everybody else, from anywhere. */
async function compare({ client, model }: Actor): Promise<void> {
  const { random, engine, machine } = client
  const partition = client.pickPartition()
  if (partition === undefined) return
  const offset = random.below(partition.durableOffset + 1)
  const maxBytes = random.pick([1, 300, 2000, 20_000])
  try {
    const nowMs = (): number => machine.clock.monotonicMs()
    const error = await compareViews(engine, model, { partition, offset, maxBytes, nowMs })
    if (error !== undefined) client.excuse(error)
  } catch (error) {
    if (error instanceof Violation) throw error
    client.excuse(error)
  }
}

/** Waits at the end of what is stable. */
async function poll({ client, model }: Actor): Promise<void> {
  const { random, engine, machine } = client
  const partition = client.pickPartition()
  if (partition === undefined) return
  const before = model.stableOffset(partition)
  const read = { ...idOf(partition), offset: before, maxBytes: 1 + random.below(5000) }
  try {
    const chunk = await readChunk(engine, read, { view: 'committed', maxWaitMs: random.pick([5, 50]) })
    if (chunk.error !== undefined) return client.excuse(chunk.error)
    model.showStable(partition, before, chunk)
    checkShown(model, partition, { shown: splitBatches(chunk.batches), nowMs: machine.clock.monotonicMs() })
  } catch (error) {
    if (error instanceof Violation) throw error
    client.excuse(error)
  }
}
