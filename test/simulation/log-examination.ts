// Lays what an engine serves beside the model, when nothing is under way: after each start, and at the end of a run.
//
// Checked are: what was acknowledged or shown is there, byte for byte, at its offset; offsets are dense; the order is
// that of the calls; appends are whole or gone over all partitions, state and commits; what is missing below the log
// start was let go by a rule; damage is named and nothing damaged is served; answers by time are those of a scan.

import type { Bounds, LogEngine, PartitionChunk } from '../../core/engine/log-engine.js'
import { baseOffsetOf, batchBytes, lastOffsetOf } from '../../core/record/batch-layout.js'
import { RecordCursor } from '../../core/record/record-cursor.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { checkCompacted } from './compacted-partition.js'
import { cellReader, groupOf } from './log-cells.js'
import { checkSequences } from './producer-stream.js'
import {
  Evidence,
  type LogModel,
  type ModelBatch,
  type PartitionModel,
  type TopicModel,
  Violation,
} from './log-model.js'
import type { SeededRandom } from './world/seeded-random.js'

export interface FoundRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
}

export interface FoundBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly bytes: Buffer
  readonly records: readonly FoundRecord[]
}

/** All that a partition serves; `damaged` are the offsets it refused with an error that names them. */
export interface FoundPartition {
  readonly batches: readonly FoundBatch[]
  readonly damaged: readonly { readonly from: number; readonly to: number }[]
  readonly bounds: Bounds
}

const never = (): AbortSignal => new AbortController().signal

/** What the examination saw, for a reader of the disk to compare with: by `TOPIC-PARTITION`. */
export type Findings = ReadonlyMap<string, FoundPartition>

export async function examine(engine: LogEngine, model: LogModel, random: SeededRandom): Promise<Findings> {
  adoptTopics(engine, model)
  const evidence = new Evidence()
  const findings = new Map<string, FoundPartition>()
  for (const topic of model.topics.values()) {
    for (const partition of topic.partitions) {
      const found = await readAll(engine, partition, random)
      findings.set(partition.name, found)
      if (topic.isCompacted) checkCompacted(partition, found, evidence)
      else checkPartition(partition, { found, evidence, model })
      if (found.damaged.length === 0 && !topic.isCompacted) await checkTimes(engine, partition, { found, random })
    }
  }
  for (const cell of model.cells.values()) cell.judge(cellReader(engine, cell.name), evidence)
  model.settle(evidence)
  checkGroups(engine, model)
  return findings
}

/** Creations and deletions of unknown outcome are settled by the catalogue. */
export function adoptTopics(engine: LogEngine, model: LogModel): void {
  const listed = new Map(engine.topics.list().map((topic) => [topic.name, topic]))
  for (const topic of [...model.topics.values()]) {
    const there = listed.get(topic.name)
    listed.delete(topic.name)
    const isSame = there !== undefined && (topic.id === undefined || there.id === topic.id)
    if (!isSame && topic.fate === 'there') throw new Violation(`topic ${topic.name} (${topic.id}) is gone`)
    if (!isSame) {
      model.loosen(topic)
      model.forget(topic)
      continue
    }
    topic.id = there.id
    topic.fate = 'there'
    if (there.partitions < topic.partitions.length && topic.partitions.slice(there.partitions).some(hasAcked))
      throw new Violation(
        `${topic.name} has ${there.partitions} partitions, ${topic.partitions.length} were acknowledged`,
      )
    topic.partitions.length = Math.min(topic.partitions.length, there.partitions)
    topic.widen(there.partitions)
  }
  for (const name of listed.keys()) throw new Violation(`topic ${name} was never made, or was deleted`)
}

function hasAcked(partition: PartitionModel): boolean {
  return partition.batches.some(({ append }) => append.fate === 'acked')
}

async function readAll(engine: LogEngine, partition: PartitionModel, random: SeededRandom): Promise<FoundPartition> {
  const of = { topic: partition.topic.name, partition: partition.number }
  const batches: FoundBatch[] = []
  const damaged: { from: number; to: number }[] = []
  const bounds = await engine.bounds(of)
  if (bounds.logEndOffset !== bounds.highWatermark && !partition.topic.isWritten)
    throw new Violation(
      `${partition.name} ends at ${bounds.logEndOffset} with nothing under way, durable is ${bounds.highWatermark}`,
    )
  for (let offset = bounds.logStartOffset; offset < bounds.highWatermark; ) {
    const read = { ...of, offset, maxBytes: 1 + random.below(16_384) }
    const limits = { minBytes: 0, maxBytes: read.maxBytes, maxWaitMs: 0, isolation: 'durable' } as const
    const { chunks } = await engine.read([read], limits, never())
    const chunk = chunks[0] as PartitionChunk
    if (chunk.error?.code === 'offset_out_of_range' && chunk.logStartOffset > offset) {
      // Retention went on meanwhile.
      offset = chunk.logStartOffset
      continue
    }
    if (chunk.error !== undefined) {
      const to = Math.min(damageEnd(partition, offset, chunk.error), bounds.highWatermark)
      damaged.push({ from: offset, to })
      offset = to
      continue
    }
    for (const batch of splitBatches(chunk.batches)) if (batch.lastOffset >= offset) batches.push(batch)
    if (chunk.nextOffset <= offset)
      throw new Violation(
        `${partition.name} gives nothing at ${offset}, but its high watermark is ${bounds.highWatermark}`,
      )
    offset = chunk.nextOffset
  }
  const { logStartOffset } = await engine.bounds(of)
  const served = batches.filter(({ lastOffset }) => lastOffset >= logStartOffset)
  return { batches: served, damaged, bounds: { ...bounds, logStartOffset } }
}

/** Where to go on behind damage that the model knows of. */
export function damageEnd(partition: PartitionModel, offset: number, error: TailraceError): number {
  const batch = partition.batchAt(offset)
  const before = partition.batches.some(({ hasRottenHeader, baseOffset }) => hasRottenHeader && baseOffset <= offset)
  if (error.code === 'damaged' && batch !== undefined && (batch.isRotten || before))
    return batch.baseOffset + batch.records.length
  const places = partition.batches.map(({ baseOffset }) => baseOffset).filter((baseOffset) => baseOffset > offset)
  if (error.code === 'damaged' && before) return Math.min(...places)
  throw new Violation(`${partition.name} at ${offset}: ${error.code} ${error.message}`)
}

export function splitBatches(bytes: Buffer): FoundBatch[] {
  const found: FoundBatch[] = []
  const cursor = new RecordCursor()
  for (let at = 0; at < bytes.length; at += batchBytes(bytes, at)) {
    const batch = bytes.subarray(at, at + batchBytes(bytes, at))
    cursor.reset(batch)
    const records: FoundRecord[] = []
    while (cursor.next()) {
      const { offset, timestampMs } = cursor
      records.push({ offset, key: text(cursor.key()), value: text(cursor.value()), timestampMs })
    }
    found.push({ baseOffset: baseOffsetOf(batch, 0), lastOffset: lastOffsetOf(batch, 0), bytes: batch, records })
  }
  return found
}

function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('latin1')
}

interface PartitionCheck {
  readonly found: FoundPartition
  readonly evidence: Evidence
  readonly model: LogModel
}

function checkPartition(partition: PartitionModel, { found, evidence, model }: PartitionCheck): void {
  const { bounds } = found
  const placed = new Map<ModelBatch, number>()
  let next = found.batches[0]?.baseOffset ?? bounds.highWatermark
  let lastNumber = 0
  for (const batch of found.batches) {
    next = skipDamage(found, next, batch.baseOffset)
    if (batch.baseOffset !== next)
      throw new Violation(`${partition.name} goes on at ${batch.baseOffset}, not at ${next}`)
    const known = partition.batchOf(batch.bytes, 0, batch.bytes.length)
    if (known === undefined) throw new Violation(`${partition.name} serves a batch at ${next} that nobody appended`)
    if (!known.isRepeated) {
      if (known.append.number <= lastNumber)
        throw new Violation(`${partition.name} has append ${known.append.number} behind append ${lastNumber}`)
      lastNumber = known.append.number
    }
    next = batch.lastOffset + 1
    partition.place(known, batch.baseOffset)
    placed.set(known, batch.baseOffset)
    evidence.present(known.append, partition.name)
  }
  checkSequences(partition, found)
  if (bounds.highWatermark < partition.durableOffset)
    throw new Violation(
      `${partition.name} ends at ${bounds.highWatermark}, but ${partition.durableOffset} was shown as durable`,
    )
  if (bounds.logStartOffset < partition.deletedBelow)
    throw new Violation(
      `${partition.name} starts at ${bounds.logStartOffset}, records below ${partition.deletedBelow} were deleted`,
    )
  for (const batch of partition.batches) {
    if (placed.has(batch)) continue
    const end = batch.baseOffset + batch.records.length
    if (batch.baseOffset >= 0 && end <= bounds.logStartOffset) continue
    const isOutOfReach = found.damaged.length > 0 && (batch.baseOffset < 0 || isDamaged(found, batch))
    if (batch.isRotten || isOutOfReach) continue
    if (batch.baseOffset < 0 && mayBeBelowStart(partition, batch, bounds.logStartOffset)) continue
    evidence.absent(batch.append, partition.name)
  }
  checkLogStart(partition, bounds.logStartOffset, model)
}

/** A batch of unknown place may lie below the log start, when one that was called later does. */
function mayBeBelowStart(partition: PartitionModel, batch: ModelBatch, logStartOffset: number): boolean {
  return (
    logStartOffset > 0 &&
    !partition.batches.some(
      ({ append, baseOffset, isRepeated }) =>
        !isRepeated && append.number < batch.append.number && baseOffset >= logStartOffset && append.fate === 'acked',
    )
  )
}

function skipDamage(found: FoundPartition, next: number, baseOffset: number): number {
  let at = next
  for (const { from, to } of found.damaged) {
    // Where no batch is known the end of the damage is a guess.
    if (from <= at && to > at) at = Math.min(to, Math.max(at, baseOffset))
  }
  return at
}

/** Is a part of the batch in what was refused? The log start may lie inside of it. */
function isDamaged(found: FoundPartition, { baseOffset, records }: ModelBatch): boolean {
  return found.damaged.some(({ from, to }) => from < baseOffset + records.length && to > baseOffset)
}

/** Whatever is below the log start, and nobody asked to delete, was let go by a rule of retention. */
function checkLogStart(partition: PartitionModel, logStartOffset: number, model: LogModel): void {
  const { topic } = partition
  let behindBytes = partition.lostBytes
  for (const batch of partition.batches.toReversed()) {
    const { baseOffset, bytes, records } = batch
    if (baseOffset >= partition.deletableBelow && baseOffset >= 0 && baseOffset < logStartOffset) {
      const newestMs = Math.max(...records.map(({ timestampMs }) => timestampMs))
      const lookMs = model.latestLookMs(batch.look)
      const isAllowed = topic.settings.some(
        ({ retentionMs, retentionBytes }) =>
          (retentionMs >= 0 && newestMs < lookMs - retentionMs) ||
          (retentionBytes >= 0 && behindBytes >= retentionBytes),
      )
      const where = `${baseOffset} of ${partition.name}`
      if (!isAllowed)
        throw new Violation(`retention removed ${where}, ${lookMs - newestMs} ms old, ${behindBytes} bytes follow`)
      if (topic.isKept && baseOffset + records.length > neededBelow(partition, model))
        throw new Violation(`retention removed ${where}, which a declared consumer needs`)
    }
    behindBytes += bytes.length
  }
}

/** The largest offset that the kept group may have committed. */
function neededBelow(partition: PartitionModel, model: LogModel): number {
  return model.cells.get(`kept ${partition.number} of ${partition.topic.name}`)?.highestOffset ?? 0
}

interface TimeCheck {
  readonly found: FoundPartition
  readonly random: SeededRandom
}

async function checkTimes(engine: LogEngine, partition: PartitionModel, { found, random }: TimeCheck): Promise<void> {
  const records = found.batches.flatMap((batch) => batch.records)
  const { logStartOffset, highWatermark } = found.bounds
  if (records.length === 0) return
  const atMs = random.pick(records).timestampMs + random.below(3) - 1
  const of = { topic: partition.topic.name, partition: partition.number }
  const answer = await engine.offsetFor(of, atMs)
  const scan = records.find(({ offset, timestampMs }) => offset >= logStartOffset && timestampMs >= atMs)
  // Retention may have gone on since the scan.
  if (scan !== undefined && (await engine.bounds(of)).logStartOffset > scan.offset) return
  if (answer !== (scan?.offset ?? highWatermark))
    throw new Violation(
      `${partition.name}: ${answer} is answered for time ${atMs}, a scan finds ${scan?.offset ?? highWatermark}`,
    )
}

function checkGroups(engine: LogEngine, model: LogModel): void {
  for (const [group, generation] of model.generations) {
    const hasOffsets = [...model.cells.values()].some(
      (cell) => groupOf(cell.name) === group && cell.changes.some(({ append }) => append.fate === 'acked'),
    )
    if (!hasOffsets) continue
    const { generation: found } = engine.groups.describe(group)
    if (found < generation)
      throw new Violation(`group ${group} is at generation ${found}, but a member was given ${generation}`)
  }
}

/** For topics of the model that are there and may be used. */
export function usableTopics(model: LogModel): readonly TopicModel[] {
  return [...model.topics.values()].filter(({ fate }) => fate === 'there')
}
