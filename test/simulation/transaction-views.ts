// What readers of each view are given, and what they make of it: a view of what is stored tells by its markers what each
// transaction is; a view of what is stable is read as Kafka's clients read it; both must come to what the view of what
// is committed gives.

import type { LogEngine, PartitionChunk, PartitionRead, TransactionView } from '../../core/engine/log-engine.js'
import type { TailraceError } from '../../core/errors/tailrace-error.js'
import { isControl, isTransactional, producerIdOf } from '../../core/record/batch-layout.js'
import { outcomeOf } from '../../core/record/control-batch.js'
import { type FoundBatch, splitBatches } from './log-examination.js'
import { identityOf, type ModelBatch, type PartitionModel, Violation } from './log-model.js'
import {
  judgeStanding,
  type ModelTransaction,
  type Standing,
  type StandingEvidence,
  type TransactionModel,
} from './transaction-model.js'

const never = (): AbortSignal => new AbortController().signal
/** Bytes that a read of a whole partition asks for at once. */
const chunkBytes = 6000

/** One read of one partition, of what is durable. */
export async function readChunk(
  engine: LogEngine,
  read: PartitionRead,
  how: { readonly view: TransactionView; readonly maxWaitMs?: number },
): Promise<PartitionChunk> {
  const { view, maxWaitMs = 0 } = how
  const limits = { minBytes: 1, maxBytes: read.maxBytes, maxWaitMs, isolation: 'durable', transactions: view } as const
  const { chunks } = await engine.read([read], limits, never())
  return chunks[0]!
}

export interface WholeView {
  readonly batches: readonly FoundBatch[]
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
}

/** A read from the log start to where the view ends, of a partition that nobody compacts meanwhile. */
export async function readWhole(
  engine: LogEngine,
  partition: PartitionModel,
  view: TransactionView,
): Promise<WholeView> {
  for (;;) {
    const { bytes } = await engine.bounds(idOf(partition))
    const whole = await readToEnd(engine, partition, view)
    if (!partition.topic.isCompacted || (await engine.bounds(idOf(partition))).bytes === bytes) return whole
  }
}

async function readToEnd(engine: LogEngine, partition: PartitionModel, view: TransactionView): Promise<WholeView> {
  const of = idOf(partition)
  const batches: FoundBatch[] = []
  let offset = (await engine.bounds(of)).logStartOffset
  for (;;) {
    const chunk = await readChunk(engine, { ...of, offset, maxBytes: chunkBytes }, { view })
    const { logStartOffset, highWatermark, lastStableOffset, nextOffset, error } = chunk
    if (error?.code === 'offset_out_of_range' && logStartOffset > offset) {
      // Retention went on meanwhile.
      offset = logStartOffset
      continue
    }
    if (error !== undefined) throw new Violation(`${partition.name} at ${offset}: ${error.code} ${error.message}`)
    for (const batch of splitBatches(chunk.batches)) batches.push(batch)
    if (nextOffset > offset) {
      offset = nextOffset
      continue
    }
    const end = view === 'all' ? highWatermark : lastStableOffset
    if (offset < end) throw new Violation(`${partition.name} gives nothing at ${offset} to a view that ends at ${end}`)
    const { logStartOffset: startOffset } = await engine.bounds(of)
    const served = batches.filter(({ lastOffset }) => lastOffset >= startOffset)
    return { batches: served, logStartOffset: startOffset, highWatermark, lastStableOffset }
  }
}

export function idOf({ topic, number }: PartitionModel): { readonly topic: string; readonly partition: number } {
  return { topic: topic.name, partition: number }
}

/** The batch of the model that is stored there. Compaction leaves single records of it. */
export function batchOf(partition: PartitionModel, found: FoundBatch): ModelBatch {
  const [record] = found.records
  const byRecord = partition.topic.isCompacted && record !== undefined
  const batch = byRecord
    ? partition.batchOfRecord(identityOf(record))
    : partition.batchOf(found.bytes, 0, found.bytes.length)
  if (batch === undefined)
    throw new Violation(`${partition.name} serves a batch at ${found.baseOffset} that nobody appended`)
  const { fate } = batch.append
  if (fate === 'refused' || fate === 'lost')
    throw new Violation(`append ${batch.append.number} was ${fate}, and is in ${partition.name}`)
  return batch
}

export interface Interpreted {
  /** What counts, by base offset: batches of committed transactions and of none, before the first open one. */
  readonly committed: readonly FoundBatch[]
  /** Where the first open transaction begins, as far as it is stored; the high watermark without one. */
  readonly firstOpenOffset: number
}

/** What the markers say of the transactions in a view of all that is stored. */
export function interpret(
  model: TransactionModel,
  partition: PartitionModel,
  seen: { readonly whole: WholeView; readonly evidence: StandingEvidence },
): Interpreted {
  const { whole, evidence } = seen
  const open = new Map<number, FoundBatch[]>()
  const standings = new Map<FoundBatch, Standing>()
  const note = (found: FoundBatch, standing: Standing): void => {
    standings.set(found, standing)
    evidence.note(transactionIn(model, partition, found), standing, `${partition.name} at ${found.baseOffset}`)
  }
  for (const found of whole.batches) {
    const { bytes } = found
    if (!isTransactional(bytes, 0)) standings.set(found, 'committed')
    else if (isControl(bytes, 0)) {
      const standing = outcomeOf(bytes, 0) === 'commit' ? 'committed' : 'aborted'
      for (const ended of open.get(producerIdOf(bytes, 0)) ?? []) {
        // Compaction leaves what is committed, without its marker: this may be the marker of a later one.
        const isCleaned = partition.topic.isCompacted && transactionIn(model, partition, ended).mayBeCommitted
        if (isCleaned) standings.set(ended, 'committed')
        else note(ended, standing)
      }
      open.delete(producerIdOf(bytes, 0))
    } else {
      const before = open.get(producerIdOf(bytes, 0)) ?? []
      open.set(producerIdOf(bytes, 0), [...before, found])
    }
  }
  let firstOpenOffset = whole.highWatermark
  for (const found of [...open.values()].flat()) {
    const isCleaned = partition.topic.isCompacted && found.baseOffset < whole.lastStableOffset
    note(found, isCleaned ? 'committed' : 'open')
    // The log start may lie in the middle of it.
    const openOffset = Math.max(found.baseOffset, whole.logStartOffset)
    if (!isCleaned) firstOpenOffset = Math.min(firstOpenOffset, openOffset)
  }
  const committed = whole.batches.filter(
    (found) => standings.get(found) === 'committed' && found.baseOffset < firstOpenOffset,
  )
  return { committed, firstOpenOffset }
}

function transactionIn(model: TransactionModel, partition: PartitionModel, found: FoundBatch): ModelTransaction {
  const transaction = model.transactionOf(batchOf(partition, found))
  if (transaction === undefined)
    throw new Violation(`${partition.name} has a batch of a transaction at ${found.baseOffset} that was of none`)
  return transaction
}

/** Holds what a view of what is committed gives against the model; what was seen stays so. */
export function checkShown(
  model: TransactionModel,
  partition: PartitionModel,
  { shown, nowMs }: { readonly shown: readonly FoundBatch[]; readonly nowMs: number },
): void {
  for (const found of shown) {
    if (isControl(found.bytes, 0)) throw new Violation(`${partition.name} shows the marker at ${found.baseOffset}`)
    const batch = batchOf(partition, found)
    const where = `${partition.name} at ${found.baseOffset}`
    const transaction = model.transactionOf(batch)
    if (transaction !== undefined) judgeStanding(transaction, 'committed', { where, nowMs })
    batch.append.isShown = true
    if (!partition.topic.isCompacted) partition.place(batch, found.baseOffset)
  }
}

/** What a client of Kafka keeps of a chunk of what is stable: its Fetcher's rule, chunk by chunk. */
function keptByClient({ batches, aborted }: PartitionChunk): readonly FoundBatch[] {
  const waiting = [...aborted]
  const abortedProducers = new Set<number>()
  const kept: FoundBatch[] = []
  for (const found of splitBatches(batches)) {
    while (waiting.length > 0 && waiting[0]!.firstOffset <= found.lastOffset)
      abortedProducers.add(waiting.shift()!.producerId)
    const producerId = producerIdOf(found.bytes, 0)
    if (isControl(found.bytes, 0)) {
      if (outcomeOf(found.bytes, 0) === 'abort') abortedProducers.delete(producerId)
    } else if (!isTransactional(found.bytes, 0) || !abortedProducers.has(producerId)) kept.push(found)
  }
  return kept
}

/** Reads the same range as a client of Kafka and as everybody else; returns an error of a read, if there was one. */
export async function compareViews(
  engine: LogEngine,
  model: TransactionModel,
  read: { readonly partition: PartitionModel; readonly offset: number; readonly maxBytes: number; nowMs(): number },
): Promise<TailraceError | undefined> {
  const { partition, maxBytes } = read
  const before = model.stableOffset(partition)
  const stable = await readChunk(engine, { ...idOf(partition), offset: read.offset, maxBytes }, { view: 'stable' })
  if (stable.error !== undefined) return stable.error
  model.showStable(partition, before, stable)
  partition.show(stable.highWatermark)
  const shown: FoundBatch[] = []
  let startOffset = read.offset
  for (let offset = read.offset; offset < stable.nextOffset; ) {
    const chunk = await readChunk(engine, { ...idOf(partition), offset, maxBytes }, { view: 'committed' })
    if (chunk.error !== undefined) return chunk.error
    const found = splitBatches(chunk.batches)
    checkShown(model, partition, { shown: found, nowMs: read.nowMs() })
    if (chunk.nextOffset <= offset) throw new Violation(`${partition.name} gives nothing at ${offset}, and is stable`)
    shown.push(...found)
    startOffset = Math.max(startOffset, chunk.logStartOffset)
    offset = chunk.nextOffset
  }
  const range = { from: startOffset, to: stable.nextOffset }
  compareRecords(partition, { expected: keptByClient(stable), shown, range })
  return undefined
}

/** Both are what counts in the range; of the second one compaction may have taken more away. */
export function compareRecords(
  partition: PartitionModel,
  views: {
    readonly expected: readonly FoundBatch[]
    readonly shown: readonly FoundBatch[]
    readonly range: { readonly from: number; readonly to: number }
  },
): void {
  const { from, to } = views.range
  const offsetsOf = (batches: readonly FoundBatch[]): readonly number[] =>
    batches
      .flatMap(({ records }) => records.map(({ offset }) => offset))
      .filter((offset) => offset >= from && offset < to)
  const expected = offsetsOf(views.expected)
  const shown = offsetsOf(views.shown)
  const agrees = partition.topic.isCompacted
    ? shown.every((offset) => expected.includes(offset))
    : expected.join() === shown.join()
  if (!agrees)
    throw new Violation(
      `${partition.name} from ${from} to ${to}: ${expected.join()} count, and ${shown.join()} are shown`,
    )
}
