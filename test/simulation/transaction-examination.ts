// Lays what an engine holds of transactions beside the model, when nothing is under way: after each start, and at the
// end of a run.
//
// Checked are: every transaction is open, committed or aborted, the same in all of its partitions, in the offset of its
// group and in the coordinator's list, as answered and as seen before; what was acknowledged is there; what counts is
// what the view of what is committed shows, and what a client of Kafka makes of the view of what is stable, from any
// offset; nothing is stable beyond the first open transaction, and everything before it is.

import type { LogEngine } from '../../core/engine/log-engine.js'
import type { TransactionDescription } from '../../core/engine/transaction-service.js'
import type { Examined } from './lives.js'
import { adoptTopics, type FoundBatch } from './log-examination.js'
import { Evidence, identityOf, type ModelBatch, type PartitionModel, Violation } from './log-model.js'
import {
  type ModelName,
  type ModelTransaction,
  type ProducerRun,
  StandingEvidence,
  type TransactionModel,
} from './transaction-model.js'
import { inputPartition } from './transaction-producer.js'
import {
  batchOf,
  checkShown,
  compareRecords,
  compareViews,
  idOf,
  type Interpreted,
  interpret,
  readWhole,
  type WholeView,
} from './transaction-views.js'

/** A time-out may end a transaction in the middle of an examination: it is made again. */
const mostLooks = 6
const betweenLooksMs = 50

export async function examineTransactions(examined: Examined, model: TransactionModel): Promise<void> {
  const { engine, machine } = examined
  adoptTopics(engine, model.log)
  for (let look = 1; ; look++) {
    const standings = new StandingEvidence()
    const appends = new Evidence()
    for (const topic of model.log.topics.values())
      for (const partition of topic.partitions)
        await examinePartition(examined, model, { partition, standings, appends })
    for (const name of model.names) {
      examineOffset(engine, name, standings)
      examineList(engine, name, { standings, nowMs: machine.clock.monotonicMs() })
    }
    if (look < mostLooks && standings.hasMoved(machine.clock.monotonicMs())) {
      await machine.clock.sleep(betweenLooksMs)
      continue
    }
    standings.settle(machine.clock.monotonicMs())
    for (const topic of model.log.topics.values())
      if (topic.isCompacted) for (const partition of topic.partitions) await examineCompacted(engine, model, partition)
    model.log.settle(appends)
    return
  }
}

interface PartitionLook {
  readonly partition: PartitionModel
  readonly standings: StandingEvidence
  readonly appends: Evidence
}

async function examinePartition(
  { engine, machine, random }: Examined,
  model: TransactionModel,
  { partition, standings, appends }: PartitionLook,
): Promise<void> {
  const nowMs = (): number => machine.clock.monotonicMs()
  const whole = await readWhole(engine, partition, 'all')
  noteAppends(partition, whole, appends)
  const interpreted = interpret(model, partition, { whole, evidence: standings })
  checkStable(model, partition, { whole, interpreted, nowMs: nowMs() })
  const committed = await readWhole(engine, partition, 'committed')
  checkShown(model, partition, { shown: committed.batches, nowMs: nowMs() })
  compareRecords(partition, {
    expected: interpreted.committed,
    shown: committed.batches,
    range: { from: committed.logStartOffset, to: Math.min(interpreted.firstOpenOffset, whole.lastStableOffset) },
  })
  const { logStartOffset, lastStableOffset } = committed
  for (const maxBytes of [random.pick([1, 500, 4000]), 100_000]) {
    const offset = logStartOffset + random.below(Math.max(1, lastStableOffset - logStartOffset))
    const error = await compareViews(engine, model, { partition, offset, maxBytes, nowMs })
    if (error !== undefined && error.code !== 'offset_out_of_range')
      throw new Violation(`${partition.name} at ${offset}: ${error.code} ${error.message}`)
  }
}

/** Which appends are there, by their batches. */
function noteAppends(partition: PartitionModel, whole: WholeView, appends: Evidence): void {
  const { logStartOffset, highWatermark } = whole
  if (highWatermark < partition.durableOffset)
    throw new Violation(`${partition.name} ends at ${highWatermark}, but ${partition.durableOffset} was durable`)
  const present = new Set<ModelBatch>()
  for (const found of whole.batches) {
    // A marker, or what compaction left of a batch of which all records are superseded.
    if (found.records.length === 0) continue
    const batch = batchOf(partition, found)
    present.add(batch)
    if (!partition.topic.isCompacted) partition.place(batch, found.baseOffset)
    appends.present(batch.append, partition.name)
  }
  if (partition.topic.isCompacted) return
  for (const batch of partition.batches) {
    const mayBeBelowStart = batch.baseOffset < 0 ? logStartOffset > 0 : batch.baseOffset < logStartOffset
    if (!present.has(batch) && !mayBeBelowStart) appends.absent(batch.append, partition.name)
  }
}

/** What is stable ends where the first open transaction begins. */
function checkStable(
  model: TransactionModel,
  partition: PartitionModel,
  seen: { readonly whole: WholeView; readonly interpreted: Interpreted; readonly nowMs: number },
): void {
  const { lastStableOffset, logStartOffset } = seen.whole
  const { firstOpenOffset } = seen.interpreted
  const opens = model.names.flatMap(({ transactions }) => transactions.filter((one) => isOpenIn(one, partition)))
  // One may have run out of time since the first batch was read.
  const hasMoved = opens.some((transaction) => transaction.mayBeOutOfTime(seen.nowMs))
  if (lastStableOffset > firstOpenOffset && !hasMoved)
    throw new Violation(`${partition.name} is stable up to ${lastStableOffset}, and open from ${firstOpenOffset} on`)
  // What was deleted of an open one keeps what follows from being stable.
  const isHeld = lastStableOffset === logStartOffset && opens.length > 0
  if (lastStableOffset < firstOpenOffset && !isHeld && !hasMoved)
    throw new Violation(
      `${partition.name} is stable up to ${lastStableOffset}, though nothing is open before ${firstOpenOffset}`,
    )
  model.showStable(partition, model.stableOffset(partition), seen.whole)
}

function isOpenIn({ answered, settled, sends }: ModelTransaction, partition: PartitionModel): boolean {
  return answered === undefined && settled === undefined && sends.some(({ batch }) => batch.partition === partition)
}

/** The group's offset is that of one of the transactions of the name: which those behind it did not set. */
function examineOffset(engine: LogEngine, name: ModelName, standings: StandingEvidence): void {
  const committed = engine.groups.committed(name.group, inputPartition)
  const where = `the offset of ${name.group}`
  const found =
    committed === undefined ? -1 : name.transactions.findIndex((one) => String(one.number) === committed.metadata)
  if (committed !== undefined && (found < 0 || committed.offset !== Number(committed.metadata)))
    throw new Violation(`${where} is ${committed.offset} of ${committed.metadata}, which nobody asked for`)
  for (const [index, transaction] of name.transactions.entries()) {
    if (index === found) standings.note(transaction, 'committed', where)
    else if (index > found && transaction.hasOffset) standings.note(transaction, 'not committed', where)
  }
}

/** What the coordinator says of the name. */
function examineList(
  engine: LogEngine,
  name: ModelName,
  look: { readonly standings: StandingEvidence; readonly nowMs: number },
): void {
  const { transactionalId, run, calls } = name
  const listed = engine.transactions.list().find((one) => one.transactionalId === transactionalId)
  if (run === undefined) return
  if (listed === undefined) throw new Violation(`${transactionalId} is not in the list of transactions`)
  const { producerId, epoch } = run.identity
  if (listed.producerId !== producerId || listed.epoch < epoch)
    throw new Violation(`${transactionalId} has epoch ${listed.epoch} of ${listed.producerId}, and was given ${epoch}`)
  if (listed.epoch === epoch) examineListed(engine, run, { listed, standings: look.standings })
  else {
    const isOutOfTime = name.transactions.some((one) => one.run === run && one.mayBeOutOfTime(look.nowMs))
    if (calls.size === 0 && !isOutOfTime)
      throw new Violation(`${transactionalId} has epoch ${listed.epoch}, and nobody asked for one behind ${epoch}`)
    run.mayBeFenced = true
    run.isFenced = true
  }
}

function examineListed(
  engine: LogEngine,
  run: ProducerRun,
  { listed, standings }: { readonly listed: TransactionDescription; readonly standings: StandingEvidence },
): void {
  const { transaction, lastEnded } = run
  const { state, transactionalId } = listed
  const where = `the list, as ${transactionalId} is ${state}`
  const isPending = engine.transactions.hasPendingOffset(run.name.group, inputPartition)
  if (state === 'ongoing') {
    if (transaction === undefined) throw new Violation(`${where}, and its producer has none open`)
    standings.note(transaction, 'open', where)
    checkNamed(transaction, listed)
    if (transaction.hasOffset && !isPending)
      throw new Violation(`${where}: ${run.name.group} has no pending offset of transaction ${transaction.number}`)
    return
  }
  if (state === 'ending') return
  if (isPending) throw new Violation(`${where}, and ${run.name.group} has a pending offset`)
  if (transaction?.hasBegun === true) {
    if (state === 'empty') throw new Violation(`${where}, but transaction ${transaction.number} was begun`)
    standings.note(transaction, state, where)
  } else if (transaction === undefined || transaction.wanted === undefined) {
    const last = lastEnded === undefined ? 'empty' : lastEnded.answered === 'commit' ? 'committed' : 'aborted'
    if (state !== last) throw new Violation(`${where}, and was ${last}`)
  }
}

/** All partitions of which it was told are named, and no others than it asked for. */
function checkNamed(
  { number, named, asked, hasGroup, mayHaveGroup }: ModelTransaction,
  listed: TransactionDescription,
): void {
  const keyOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
    `${topic}-${partition}`
  const found = new Set(listed.partitions.map(keyOf))
  const allowed = new Set(Array.from(asked, (partition) => keyOf(idOf(partition))))
  for (const partition of named)
    if (partition.topic.fate === 'there' && !found.has(partition.name))
      throw new Violation(`transaction ${number} named ${partition.name}, unlisted`)
  for (const partition of found)
    if (!allowed.has(partition)) throw new Violation(`transaction ${number} did not name ${partition}, listed`)
  if (hasGroup && listed.groups.length !== 1) throw new Violation(`transaction ${number} named a group, unlisted`)
  if (!mayHaveGroup && listed.groups.length > 0) throw new Violation(`transaction ${number} named no group, listed`)
}

/** A record that counts and is gone was superseded by one that may count. */
async function examineCompacted(engine: LogEngine, model: TransactionModel, partition: PartitionModel): Promise<void> {
  const { batches } = await readWhole(engine, partition, 'all')
  const served = new Set(batches.flatMap(({ records }: FoundBatch) => records.map(identityOf)))
  const counts = (batch: ModelBatch): boolean => {
    const transaction = model.transactionOf(batch)
    return transaction === undefined || transaction.settled === 'committed' || transaction.answered === 'commit'
  }
  const mayCount = (batch: ModelBatch): boolean => {
    const transaction = model.transactionOf(batch)
    return transaction === undefined || (transaction.settled !== 'aborted' && transaction.mayBeCommitted)
  }
  for (const batch of partition.batches) {
    if (batch.append.fate !== 'acked' || batch.baseOffset < 0 || !counts(batch)) continue
    for (const [index, record] of batch.records.entries()) {
      if (record.value === null || served.has(identityOf(record))) continue
      const isSuperseded =
        batch.records.slice(index + 1).some(({ key }) => key === record.key) ||
        partition.batches.some((later) => {
          const isLater = later.baseOffset < 0 || later.baseOffset > batch.baseOffset
          return isLater && mayCount(later) && later.records.some(({ key }) => key === record.key)
        })
      if (!isSuperseded)
        throw new Violation(
          `${partition.name} lost the latest record of key ${record.key}, at ${batch.baseOffset + index}`,
        )
    }
  }
}

/** Nobody holds a transaction open any more: everything is stable. */
export async function examineOver(engine: LogEngine, model: TransactionModel): Promise<void> {
  for (const topic of model.log.topics.values()) {
    for (const partition of topic.partitions) {
      const { highWatermark, lastStableOffset } = await engine.bounds(idOf(partition))
      if (lastStableOffset !== highWatermark)
        throw new Violation(
          `${partition.name} is stable up to ${lastStableOffset} of ${highWatermark}, and all is over`,
        )
    }
  }
  for (const { transactionalId, state } of engine.transactions.list())
    if (state === 'ongoing' || state === 'ending')
      throw new Violation(`${transactionalId} is ${state}, and all is over`)
}
