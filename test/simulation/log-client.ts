// Someone who uses the engine of one life of the process, and tells the model of every call and answer.

import type { AppendOptions, LogEngine, PartitionAppend } from '../../core/engine/log-engine.js'
import type { StateClaim } from '../../core/engine/state-service.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { encodeBatch } from '../../core/record/encode-batch.js'
import { stateCell } from './log-cells.js'
import {
  type Fate,
  type LogModel,
  type MemoryCell,
  type ModelAppend,
  type ModelBatch,
  type PartitionModel,
  Violation,
} from './log-model.js'
import { usableTopics } from './log-examination.js'
import type { RunPlan } from './log-plan.js'
import type { SeededRandom } from './world/seeded-random.js'
import type { SimulatedWorld } from './world/simulated-world.js'

export interface ClientParts {
  readonly machine: SimulatedWorld
  readonly engine: LogEngine
  readonly model: LogModel
  readonly random: SeededRandom
  readonly plan: Pick<RunPlan, 'engine' | 'topics'>
}

/** Answers that every operation may get, whatever is wrong with disks. */
const ordinaryRefusals = new Set([
  'unknown_topic',
  'unknown_partition',
  'topic_exists',
  'offset_out_of_range',
  'state_fenced',
  'unknown_member',
  'illegal_generation',
  'rebalance_in_progress',
  'group_not_empty',
  'budget_used',
])

/** Answers that only a full disk or a failing one explains. */
const faultRefusals = new Set(['log_disk_full', 'io_failed', 'too_many_files', 'disk_full', 'damaged', 'not_found'])

const firstTombstoneMs = 1_700_000_000_000

export class LogClient {
  readonly machine: SimulatedWorld
  readonly engine: LogEngine
  readonly model: LogModel
  readonly random: SeededRandom
  readonly plan: Pick<RunPlan, 'engine' | 'topics'>
  claim: StateClaim | undefined
  /** Faults may be in force, or may have been in this life. */
  meetsFaults = false
  /** The engine is being closed: what is under way may be refused. */
  isClosing = false
  readonly #crashCount: number
  #failedAtMs = Number.POSITIVE_INFINITY

  constructor({ machine, engine, model, random, plan }: ClientParts) {
    this.machine = machine
    this.engine = engine
    this.model = model
    this.random = random
    this.plan = plan
    this.#crashCount = machine.crashCount
    engine.failed.addEventListener('abort', () => {
      this.#failedAtMs = machine.clock.monotonicMs()
    })
  }

  /** Its process is dead: what it still hears means nothing. */
  get isOver(): boolean {
    return this.machine.crashCount !== this.#crashCount
  }

  get hasFailed(): boolean {
    return this.#failedAtMs < Number.POSITIVE_INFINITY
  }

  pickPartition(): PartitionModel | undefined {
    const partitions = usableTopics(this.model).flatMap((topic) => topic.partitions)
    return partitions.length === 0 ? undefined : this.random.pick(partitions)
  }

  /** Appends batches to the partitions, with state and commits for the cells, as one. */
  async append(partitions: readonly PartitionModel[], memory: { state?: string; commit?: Commit } = {}): Promise<void> {
    const append = this.model.newAppend()
    const entries = partitions.map((partition) => entryOf(this.drawBatch(append, partition)))
    const options: { -readonly [Name in keyof AppendOptions]: AppendOptions[Name] } = {}
    if (memory.state !== undefined && this.claim !== undefined) {
      this.model.cell(stateCell(memory.state)).change(append, 0)
      const value = Buffer.from(`${append.number}`.padEnd(this.random.pick([8, 100]), ' '))
      options.state = { claim: this.claim, changes: [{ key: memory.state, value }] }
    }
    if (memory.commit !== undefined) {
      const { cell, group, of, offset } = memory.commit
      cell.change(append, offset)
      const offsets = [{ ...of, offset, metadata: String(append.number) }]
      options.commits = [{ group, memberId: '', generation: -1, offsets }]
    }
    const isWritten =
      entries.length > 0 &&
      partitions.every(({ topic }) => topic.isWritten) &&
      options.state === undefined &&
      options.commits === undefined
    await this.attempt(append, isWritten, async () => {
      const placed = await this.engine.append(entries, options)
      for (const [index, { baseOffset, lastOffset }] of placed.entries()) {
        const batch = append.batches[index]!
        if (lastOffset - baseOffset + 1 !== batch.records.length)
          throw new Violation(`append ${append.number} got offsets ${baseOffset} to ${lastOffset}`)
        batch.partition.place(batch, baseOffset)
        if (!isWritten) batch.partition.show(lastOffset + 1)
      }
    })
  }

  /** Makes a call that appends, and notes how it went; one of several, where a producer sends a batch again. */
  async attempt(
    append: ModelAppend,
    isWritten: boolean,
    call: () => Promise<void>,
    isExpected: (error: TailraceError) => boolean = () => false,
  ): Promise<void> {
    append.underWay++
    try {
      await call()
    } catch (error) {
      if (!(error instanceof TailraceError)) throw error
      append.underWay--
      if (append.fate === 'open') append.fate = fateOfRefused(append, error)
      if (append.isShown && append.fate === 'refused')
        throw new Violation(`append ${append.number} was shown to a reader, then refused: ${error.message}`)
      if (!isExpected(error)) this.excuse(error)
      return
    }
    append.underWay--
    if (!isWritten && this.machine.clock.monotonicMs() > this.#failedAtMs + 1)
      throw new Violation(`append ${append.number} was acknowledged after the engine had stopped`)
    if (append.fate !== 'acked') append.fate = isWritten ? 'written' : 'acked'
  }

  /** A refusal must have a reason. */
  excuse(error: unknown): void {
    if (!(error instanceof TailraceError)) throw error
    if (ordinaryRefusals.has(error.code) || (this.isClosing && error.code === 'engine_stopped')) return
    if (this.meetsFaults && (faultRefusals.has(error.code) || error.code === 'engine_stopped')) return
    throw new Violation(`refused without a reason: ${error.code} ${error.message}`, { cause: error })
  }

  /** A batch of some records; `stamp` may write into its header. */
  drawBatch(append: ModelAppend, partition: PartitionModel, stamp?: (bytes: Buffer) => void): ModelBatch {
    const { random } = this
    const count = 1 + random.below(4)
    const size = random.pick([0, 20, 100, 100, 300, 1000])
    const nowMs = this.machine.clock.now()
    const records = Array.from({ length: count }, (_, index) => {
      const isTombstone = partition.topic.isCompacted && random.chance(0.15)
      const key = partition.topic.isCompacted ? `k${random.below(8)}` : null
      const value = isTombstone ? null : `${append.number}.${append.batches.length}.${index} `.padEnd(size, 'abcdefg')
      // A tombstone is known by its time.
      const timestampMs = isTombstone ? firstTombstoneMs + append.number * 16 + index : nowMs - random.below(100)
      return { key, value, timestampMs }
    })
    const bytes = encodeBatch(
      records.map(({ key, value, timestampMs }) => ({
        key: key === null ? null : Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        timestampMs,
      })),
    )
    stamp?.(bytes)
    return this.addBatch(append, { partition, bytes, records })
  }

  /** The batch as a part of the append; the same bytes may have been a part of one that came to nothing. */
  addBatch(append: ModelAppend, batch: Pick<ModelBatch, 'partition' | 'bytes' | 'records'>): ModelBatch {
    const { partition, bytes, records } = batch
    const state = { baseOffset: -1, isRotten: false, hasRottenHeader: false, isRepeated: false }
    const added: ModelBatch = { append, partition, bytes, records, look: this.model.look, ...state }
    append.batches.push(added)
    partition.add(added)
    return added
  }
}

export function entryOf({ partition, bytes }: ModelBatch): PartitionAppend {
  return { topic: partition.topic.name, partition: partition.number, batch: bytes }
}

function fateOfRefused({ underWay, mayBeThere }: ModelAppend, { code }: TailraceError): Fate {
  if (code === 'engine_stopped' || mayBeThere) return 'unknown'
  return underWay > 0 ? 'open' : 'refused'
}

export interface Commit {
  readonly cell: MemoryCell
  readonly group: string
  readonly of: { readonly topic: string; readonly partition: number }
  readonly offset: number
}
