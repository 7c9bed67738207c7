// The operations of a run: what each of them asks of the engine, and what it holds against the answer.

import type { PartitionChunk } from '../../core/engine/log-engine.js'
import type { JoinRequest } from '../../core/engine/group-service.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { openEmbeddedEngine } from '../../core/engine/embedded/embedded-engine.js'
import { silentLogger } from '../../core/telemetry/logger.js'
import { silentRecorder } from '../../core/telemetry/recorder.js'
import { offsetCell, scope } from './log-cells.js'
import type { Commit, LogClient } from './log-client.js'
import { damageEnd, splitBatches, usableTopics } from './log-examination.js'
import { sendNumbered } from './producer-operations.js'
import { identityOf, type PartitionModel, TopicModel, Violation } from './log-model.js'
import type { OperationName } from './log-plan.js'

export const dataDirectory = '/data'

/** The group whose commits retention waits for; and one that nobody waits for. */
export const keptGroup = 'kept'
const looseGroup = 'loose'
const resetGroup = 'reset'
const memberGroups = ['team-a', 'team-b'] as const

const never = (): AbortSignal => new AbortController().signal
const stateKeys = ['k0', 'k1', 'k2'] as const
const fullDiskBytes = 2 ** 40

export const operations: Readonly<Record<OperationName, (client: LogClient) => Promise<void>>> = {
  append: appendSome,
  burst: async (client) => {
    const count = 4 + client.random.below(20)
    await Promise.all(Array.from({ length: count }, () => appendSome(client)))
  },
  read: (client) => readOne(client, { isolation: 'durable', maxWaitMs: 0 }),
  poll: (client) => readOne(client, { isolation: 'durable', maxWaitMs: 50 }),
  'read-written': (client) => readOne(client, { isolation: 'written', maxWaitMs: 0 }),
  commit: commitOne,
  reset: resetOne,
  group: groupCycle,
  claim: async (client) => {
    try {
      client.claim = await client.engine.state.claim(scope)
    } catch (error) {
      client.excuse(error)
    }
  },
  put: putState,
  'create-topic': createTopic,
  'alter-topic': alterTopic,
  'delete-topic': (client) => deleteTopic(client),
  'delete-records': deleteRecords,
  bounds: checkBounds,
  wait: (client) => client.machine.clock.sleep(client.random.pick([10, 100, 400, 3000])),
  'jump-clock': async ({ machine, model, random }) => {
    const hours = random.pick([1, 24, 24 * 30]) * random.pick([-1, 1])
    model.endLook()
    machine.jumpClock(hours * 3_600_000)
  },
  'fill-disk': async ({ machine, random }) => {
    const { disk } = machine
    disk.capacityBytes = disk.capacityBytes - disk.freeBytes + random.pick([0, 1000, 20_000, 100_000])
  },
  'free-disk': async ({ machine }) => {
    machine.disk.capacityBytes = fullDiskBytes
  },
  'second-owner': secondOwner,
  idempotent: sendNumbered,
}

async function appendSome(client: LogClient): Promise<void> {
  const { random } = client
  const partitions: PartitionModel[] = []
  for (let wanted = random.pick([1, 1, 1, 2, 4]); wanted > 0; wanted--) {
    const partition = client.pickPartition()
    if (partition !== undefined && !partitions.includes(partition)) partitions.push(partition)
  }
  const commit = random.chance(0.2) ? drawCommit(client) : undefined
  const state = client.claim !== undefined && random.chance(0.3) ? random.pick(stateKeys) : undefined
  if (partitions.length === 0 && commit === undefined && state === undefined) return
  await client.append(partitions, { ...(state && { state }), ...(commit && { commit }) })
}

/** An offset that is durable, for one of the groups without members. */
function drawCommit(client: LogClient, group?: string): Commit | undefined {
  const partition = client.pickPartition()
  if (partition === undefined) return undefined
  const by = group ?? (partition.topic.isKept ? keptGroup : looseGroup)
  const of = { topic: partition.topic.name, partition: partition.number }
  const offset = client.random.below(partition.durableOffset + 1)
  return { cell: client.model.cell(offsetCell(by, of)), group: by, of, offset }
}

async function commitOne(client: LogClient): Promise<void> {
  const commit = drawCommit(client)
  if (commit === undefined) return
  const append = client.model.newAppend()
  commit.cell.change(append, commit.offset)
  const offsets = [{ ...commit.of, offset: commit.offset, metadata: String(append.number) }]
  await client.attempt(append, false, () =>
    client.engine.groups.commit({ group: commit.group, memberId: '', generation: -1, offsets }),
  )
}

async function resetOne(client: LogClient): Promise<void> {
  const commit = drawCommit(client, resetGroup)
  if (commit === undefined) return
  const append = client.model.newAppend()
  commit.cell.change(append, commit.offset)
  const offsets = [{ ...commit.of, offset: commit.offset, metadata: String(append.number) }]
  await client.attempt(append, false, () => client.engine.groups.reset(resetGroup, offsets))
}

/** A member joins, is assigned, commits; a commit of an older generation is refused; it leaves, or just goes quiet. */
async function groupCycle(client: LogClient): Promise<void> {
  const { engine, random, model } = client
  const group = random.pick(memberGroups)
  const request: JoinRequest = {
    group,
    memberId: '',
    clientId: 'member',
    clientHost: '10.0.0.1',
    sessionTimeoutMs: 6000,
    rebalanceTimeoutMs: 500,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('m') }],
  }
  try {
    const { memberId, generation, leaderId } = await engine.groups.join(request, never())
    const identity = { group, memberId, generation }
    const assignments = leaderId === memberId ? [{ memberId, assignment: Buffer.from('all') }] : []
    await engine.groups.sync({ ...identity, assignments }, never())
    const commit = drawCommit(client, group)
    if (commit !== undefined) {
      const stale = engine.groups.commit({
        ...identity,
        generation: generation - 1,
        offsets: [{ ...commit.of, offset: 0 }],
      })
      await mustBeRefused(client, stale, 'a commit of an older generation')
      const append = model.newAppend()
      commit.cell.change(append, commit.offset)
      const offsets = [{ ...commit.of, offset: commit.offset, metadata: String(append.number) }]
      await client.attempt(append, false, () => engine.groups.commit({ ...identity, offsets }))
      if (append.fate === 'acked') model.generations.set(group, generation)
    }
    await engine.groups.heartbeat(identity)
    if (random.chance(0.7)) await engine.groups.leave({ group, memberId })
  } catch (error) {
    client.excuse(error)
  }
}

async function mustBeRefused(client: LogClient, call: Promise<unknown>, what: string): Promise<void> {
  try {
    await call
  } catch (error) {
    client.excuse(error)
    return
  }
  throw new Violation(`${what} was accepted`)
}

async function putState(client: LogClient): Promise<void> {
  const { claim, engine, random, model } = client
  if (claim === undefined) return
  if (random.chance(0.3) && claim.generation > 1) {
    const stale = { ...claim, generation: claim.generation - 1 }
    const put = engine.state.put({ claim: stale, changes: [{ key: 'k0', value: Buffer.from('0') }] })
    await mustBeRefused(client, put, 'a put under a claim that ended')
    return
  }
  const key = random.pick(stateKeys)
  const append = model.newAppend()
  model.cell(`state ${key}`).change(append, 0)
  const changes = [{ key, value: Buffer.from(String(append.number)) }]
  await client.attempt(append, false, () => engine.state.put({ claim, changes }))
}

async function createTopic(client: LogClient): Promise<void> {
  const { model, plan, random, engine } = client
  const wanted = random.pick(plan.topics)
  const { name, partitions, settings, isKept } = wanted
  if (model.topics.has(name)) return
  const topic = new TopicModel(name, settings, isKept)
  model.topics.set(name, topic)
  try {
    const made = await engine.topics.create({ name, partitions, settings })
    topic.id = made.id
    topic.widen(partitions)
    topic.fate = 'there'
  } catch (error) {
    client.excuse(error)
    if (error instanceof TailraceError && error.code !== 'engine_stopped') model.forget(topic)
  }
}

async function alterTopic(client: LogClient): Promise<void> {
  const { model, random, engine } = client
  const topics = usableTopics(model)
  if (topics.length === 0) return
  const topic = random.pick(topics)
  const partitions = Math.min(5, topic.partitions.length + random.below(2))
  const segmentBytes = random.pick([1024, 2048, 8192])
  try {
    const altered = await engine.topics.alter(topic.name, { partitions, settings: { segmentBytes } })
    if (topic.fate === 'there') topic.widen(altered.partitions)
  } catch (error) {
    // Another alteration came first.
    if (error instanceof TailraceError && error.code === 'invalid_topic_setting') return
    client.excuse(error)
  }
}

/** One of those that may go. */
export async function deleteTopic(
  client: LogClient,
  mayGo: (topic: TopicModel) => boolean = () => true,
): Promise<void> {
  const { model, random, engine } = client
  const topics = usableTopics(model).filter(mayGo)
  if (topics.length === 0) return
  const topic = random.pick(topics)
  topic.fate = 'deleting'
  model.generations.clear()
  try {
    await engine.topics.delete(topic.name)
    model.loosen(topic)
    model.forget(topic)
  } catch (error) {
    model.loosen(topic)
    client.excuse(error)
  }
}

async function deleteRecords(client: LogClient): Promise<void> {
  const partition = client.pickPartition()
  if (partition === undefined || partition.topic.isCompacted) return
  const before = client.random.below(partition.durableOffset + 1)
  partition.deletableBelow = Math.max(partition.deletableBelow, before)
  try {
    await client.engine.deleteRecords({ topic: partition.topic.name, partition: partition.number }, before)
    partition.deletedBelow = Math.max(partition.deletedBelow, before)
  } catch (error) {
    client.excuse(error)
  }
}

async function checkBounds(client: LogClient): Promise<void> {
  const partition = client.pickPartition()
  if (partition === undefined) return
  try {
    const { durableOffset } = partition
    const bounds = await client.engine.bounds({ topic: partition.topic.name, partition: partition.number })
    if (bounds.highWatermark < durableOffset)
      throw new Violation(`${partition.name} went back from ${durableOffset} to ${bounds.highWatermark}`)
    partition.show(bounds.highWatermark)
  } catch (error) {
    if (error instanceof Violation) throw error
    client.excuse(error)
  }
}

interface ReadHow {
  readonly isolation: 'durable' | 'written'
  readonly maxWaitMs: number
}

async function readOne(client: LogClient, { isolation, maxWaitMs }: ReadHow): Promise<void> {
  const { random, engine } = client
  const partition = client.pickPartition()
  if (partition === undefined) return
  const { durableOffset } = partition
  const offset = maxWaitMs > 0 ? durableOffset : random.below(durableOffset + 1)
  const read = { topic: partition.topic.name, partition: partition.number, offset, maxBytes: 1 + random.below(8192) }
  const limits = { minBytes: 1, maxBytes: read.maxBytes, maxWaitMs, isolation }
  let chunk: PartitionChunk
  try {
    const { chunks } = await engine.read([read], limits, never())
    chunk = chunks[0] as PartitionChunk
  } catch (error) {
    client.excuse(error)
    return
  }
  if (chunk.error !== undefined) {
    if (chunk.error.code === 'damaged' && !client.meetsFaults) damageEnd(partition, offset, chunk.error)
    else client.excuse(chunk.error)
    return
  }
  if (chunk.batches.length === 0 && offset < durableOffset && !partition.topic.isCompacted)
    throw new Violation(`${partition.name} gives nothing at ${offset}, durable is ${durableOffset}`)
  checkBatches(partition, { chunk, offset, isolation })
  if (isolation === 'durable') partition.show(chunk.highWatermark)
}

function checkBatches(
  partition: PartitionModel,
  read: { readonly chunk: PartitionChunk; readonly offset: number; readonly isolation: 'durable' | 'written' },
): void {
  const { chunk, offset, isolation } = read
  let next = offset
  for (const found of splitBatches(chunk.batches)) {
    const isFirst = next === offset && found.baseOffset <= offset && found.lastOffset >= offset
    if (!isFirst && found.baseOffset !== next && !partition.topic.isCompacted)
      throw new Violation(`${partition.name} goes on at ${found.baseOffset}, not at ${next}`)
    next = found.lastOffset + 1
    if (isolation === 'durable' && next > chunk.highWatermark)
      throw new Violation(`${partition.name} serves up to ${next}, beyond its high watermark ${chunk.highWatermark}`)
    for (const record of partition.topic.isCompacted ? found.records : found.records.slice(0, 1)) {
      const batch = partition.topic.isCompacted
        ? partition.batchOfRecord(identityOf(record))
        : partition.batchOf(found.bytes, 0, found.bytes.length)
      if (batch === undefined)
        throw new Violation(`${partition.name} serves a batch at ${found.baseOffset} that nobody appended`)
      const { fate } = batch.append
      if (fate === 'refused' || fate === 'lost')
        throw new Violation(`append ${batch.append.number} was ${fate}, and is served`)
      if (isolation !== 'durable') continue
      batch.append.isShown = true
      if (!partition.topic.isCompacted) partition.place(batch, found.baseOffset)
    }
  }
}

/** While the first owner lives, nobody else gets in. */
async function secondOwner(client: LogClient): Promise<void> {
  const world = client.machine.boot()
  try {
    await openEmbeddedEngine({
      ...client.plan.engine,
      directory: dataDirectory,
      world,
      logger: silentLogger,
      recorder: silentRecorder,
    })
  } catch (error) {
    if (error instanceof TailraceError && error.code === 'directory_owned') return
    if (client.meetsFaults) return
    throw error
  }
  throw new Violation('a second process owns the directory')
}
