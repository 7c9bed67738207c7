// What must hold of transactions, without a log: every transaction with what was asked and answered, every run of a
// producer with who may have taken its name. What an engine shows is evidence that a transaction is open, committed or
// aborted; what contradicts an answer, or what was seen before, is a Violation.
//
// Batches and their fates are those of log-model.ts.

import type { ProducerIdentity } from '../../core/engine/producer-service.js'
import type { TransactionIdentity, TransactionOutcome } from '../../core/engine/transaction-service.js'
import { type LogModel, type ModelBatch, type PartitionModel, Violation } from './log-model.js'

export type Standing = 'open' | 'committed' | 'aborted'

/** A batch of a transaction, which may have been handed in more than once. */
export interface TransactionSend {
  batch: ModelBatch
  /** At least once. */
  wasAnswered: boolean
}

/** One name, whose producers come one after the other. */
export class ModelName {
  readonly transactionalId: string
  readonly group: string
  readonly timeoutMs: number
  /** Those that were told that they hold the name; the last one does. */
  readonly runs: ProducerRun[] = []
  /** Transactions in the order in which they were begun, as far as the offsets of the group may be of them. */
  transactions: ModelTransaction[] = []
  /** Calls to take the name that are under way, or that nobody heard the answer of, with their life. */
  readonly calls = new Set<{ readonly client: object }>()
  /** The life in which an operation works with it. */
  busyIn: unknown

  constructor(number: number, timeoutMs: number) {
    this.transactionalId = `name-${number}`
    this.group = `group-${number}`
    this.timeoutMs = timeoutMs
  }

  /** Of those who know, the one who holds it. */
  get run(): ProducerRun | undefined {
    return this.runs.at(-1)
  }

  /** The run was told that it holds the name; of two that asked at once the later epoch does. */
  hold(run: ProducerRun): ProducerRun {
    const { producerId, epoch } = run.identity
    for (const { identity } of this.runs) {
      if (identity.producerId !== producerId || identity.epoch === epoch)
        throw new Violation(
          `${this.transactionalId}: producer ${producerId} with epoch ${epoch} behind ${identity.producerId} with ${identity.epoch}`,
        )
    }
    this.runs.push(run)
    this.runs.sort((one, other) => one.identity.epoch - other.identity.epoch)
    for (const older of this.runs.slice(0, -1)) older.isFenced = true
    return run
  }
}

export class ProducerRun {
  readonly name: ModelName
  readonly identity: TransactionIdentity
  readonly sequences = new Map<PartitionModel, number>()
  readonly sends: TransactionSend[] = []
  /** The one that the producer works on. */
  transaction: ModelTransaction | undefined
  /** The one before, of which the outcome was answered. */
  lastEnded: ModelTransaction | undefined
  /** Something of it came to nothing: its producer has to begin anew. */
  isBroken = false
  /** Somebody asked for the name after it. */
  mayBeFenced: boolean
  /** Somebody was given the name after it, or it ran out of time. */
  isFenced = false

  constructor(name: ModelName, producer: ProducerIdentity, mayBeFenced: boolean) {
    this.name = name
    const { producerId, epoch } = producer
    this.identity = { transactionalId: name.transactionalId, producerId, epoch }
    this.mayBeFenced = mayBeFenced
  }
}

export class ModelTransaction {
  readonly number: number
  readonly run: ProducerRun
  readonly sends: TransactionSend[] = []
  /** Partitions that it asked to name, and those of which it was told that they are. */
  readonly asked = new Set<PartitionModel>()
  readonly named = new Set<PartitionModel>()
  /** The group was named. */
  hasGroup = false
  /** It may be that the group was. */
  mayHaveGroup = false
  /** Its offset of the group: asked for, and answered. */
  hasAskedOffset = false
  hasOffset = false
  /** When it first asked for anything, and when it may be out of time. */
  readonly startedMs: number
  /** What its producer asked for at its end. */
  wanted: TransactionOutcome | undefined
  answered: TransactionOutcome | undefined
  /** Calls to name something of which nobody heard. */
  unknownNamings = 0
  /** Calls to end it of which nobody heard. */
  unknownCommits = 0
  unknownAborts = 0
  /** What it was seen to be, for good. */
  settled: 'committed' | 'aborted' | undefined

  constructor(number: number, run: ProducerRun, startedMs: number) {
    this.number = number
    this.run = run
    this.startedMs = startedMs
  }

  get mayBeCommitted(): boolean {
    return this.answered === 'commit' || this.unknownCommits > 0
  }

  /** It was told that something of it is durable. */
  get hasBegun(): boolean {
    return this.named.size > 0 || this.hasGroup
  }

  /** A call to end it is made, or it is known to have come to nothing. */
  noteAsked(outcome: TransactionOutcome, count: 1 | -1): void {
    if (outcome === 'commit') this.unknownCommits += count
    else this.unknownAborts += count
  }

  mayBeOutOfTime(nowMs: number): boolean {
    return nowMs >= this.startedMs + this.run.name.timeoutMs
  }
}

/** What an examination saw of transactions; two that differ, seen one after the other, need a second look. */
export class StandingEvidence {
  readonly #seen = new Map<ModelTransaction, Map<Standing | 'not committed', string>>()

  note(transaction: ModelTransaction, standing: Standing | 'not committed', where: string): void {
    let seen = this.#seen.get(transaction)
    if (seen === undefined) {
      seen = new Map()
      this.#seen.set(transaction, seen)
    }
    if (!seen.has(standing)) seen.set(standing, where)
  }

  /** Did one run out of time while it was looked at, as it seems? */
  hasMoved(nowMs: number): boolean {
    for (const [transaction, seen] of this.#seen) {
      const isOver = seen.has('aborted') || transaction.run.isFenced
      if (seen.has('open') && isOver && transaction.mayBeOutOfTime(nowMs)) return true
    }
    return false
  }

  /** All of it must agree: with itself, with what was answered, and with what was seen before. */
  settle(nowMs: number): void {
    for (const [transaction, seen] of this.#seen) {
      const standings = [...seen.keys()].filter((standing) => standing !== 'not committed')
      if (standings.length > 1 || (seen.has('committed') && seen.has('not committed')))
        throw new Violation(
          `transaction ${transaction.number} is ${[...seen].map(([standing, where]) => `${standing} in ${where}`).join(', ')}`,
        )
      const [standing] = standings
      if (standing !== undefined) judgeStanding(transaction, standing, { where: seen.get(standing)!, nowMs })
      else if (transaction.answered === 'commit')
        throw new Violation(
          `transaction ${transaction.number} was answered as committed, and is not in ${seen.get('not committed')}`,
        )
    }
  }
}

/** Holds what was seen of a transaction against what was answered, and keeps it. */
export function judgeStanding(
  transaction: ModelTransaction,
  standing: Standing,
  { where, nowMs }: { readonly where: string; readonly nowMs: number },
): void {
  const { number, answered, settled, run } = transaction
  const refuse = (why: string): never => {
    throw new Violation(`transaction ${number} is ${standing} in ${where}: ${why}`)
  }
  if (settled !== undefined && settled !== standing) refuse(`it was ${settled} before`)
  if (standing === 'open') {
    if (answered !== undefined) refuse(`its ${answered} was answered`)
    if (run.isFenced) refuse('somebody else holds its name')
    return
  }
  if (standing === 'committed' && !transaction.mayBeCommitted) refuse('nobody asked for it, or it was refused')
  if (standing === 'aborted') {
    if (answered === 'commit') refuse('its commit was answered')
    const isAsked = answered === 'abort' || transaction.unknownAborts > 0 || run.mayBeFenced
    if (!isAsked && !transaction.mayBeOutOfTime(nowMs)) refuse('nobody asked for it, and it has time')
    // Whoever ran out of time is fenced.
    if (!isAsked) run.isFenced = true
  }
  transaction.settled = standing
}

export class TransactionModel {
  readonly log: LogModel
  names: readonly ModelName[] = []
  /** By the bytes that were handed in. */
  readonly #ofBytes = new Map<Buffer, ModelTransaction>()
  /** Where readers of what is durable were told that nothing is open below. */
  readonly #stable = new Map<PartitionModel, number>()
  #count = 0

  constructor(log: LogModel) {
    this.log = log
  }

  /** The names of the run, by how long a transaction of each may take. */
  name(timeoutsMs: readonly number[]): void {
    this.names = timeoutsMs.map((timeoutMs, index) => new ModelName(index, timeoutMs))
  }

  begin(run: ProducerRun, nowMs: number): ModelTransaction {
    const transaction = new ModelTransaction(++this.#count, run, nowMs)
    run.transaction = transaction
    run.name.transactions.push(transaction)
    return transaction
  }

  adopt(batch: ModelBatch, transaction: ModelTransaction): void {
    this.#ofBytes.set(batch.bytes, transaction)
  }

  /** Undefined for a batch of no transaction. */
  transactionOf(batch: ModelBatch): ModelTransaction | undefined {
    return this.#ofBytes.get(batch.bytes)
  }

  stableOffset(partition: PartitionModel): number {
    return this.#stable.get(partition) ?? 0
  }

  /** A reader, with what was known when it asked, is told more: what is stable never goes back. */
  showStable(
    partition: PartitionModel,
    before: number,
    told: { readonly lastStableOffset: number; readonly logStartOffset: number },
  ): void {
    const { lastStableOffset, logStartOffset } = told
    if (lastStableOffset < before)
      throw new Violation(`${partition.name} is stable up to ${lastStableOffset}, and was up to ${before}`)
    // A log start in the middle of an open one may not be durable, and does not end it.
    if (lastStableOffset > logStartOffset)
      this.#stable.set(partition, Math.max(lastStableOffset, this.stableOffset(partition)))
  }
}
