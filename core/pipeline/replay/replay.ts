// Puts dead letters back where they failed. docs/dead-letters.md is the page for people.
//
// Letters are taken in the order of each partition, so that the letters of a key keep theirs. The records that go back
// and the note of which letters they were are one atomic append: a run that is killed and started again repeats none
// and leaves out none. A later run of the same topic ends an earlier one (state_fenced).

import { compileCondition, type Expression } from '../../expression/expression.js'
import { TailraceError } from '../../errors/tailrace-error.js'
import { RecordCursor } from '../../record/record-cursor.js'
import { recordErrors } from '../../record/errors.js'
import type { LogEngine, PartitionAppend } from '../../engine/log-engine.js'
import type { StateScope } from '../../engine/state-service.js'
import type { TopicDescription } from '../../engine/topic-admin.js'
import { maxAppendBytes } from '../../engine/topic-rules.js'
import { engineErrors } from '../../engine/errors.js'
import { appendTarget } from '../append-target.js'
import { type ClaimedState, claimConnectorState, connectorStateView } from '../connector-state.js'
import { type AddressedDeadLetter, deadLetterBatches, deadLetterBytes, deadLetterPartition } from '../dead-letter.js'
import type { PipelinePlan } from '../pipeline-plan.js'
import { StepRecord } from '../steps/step-record.js'
import { type FailedPlace, failedPlaceOf } from './failed-place.js'
import { LetterOrder } from './letter-order.js'
import { ReplayTally, type ReplayReport } from './replay-report.js'
import { replayedRecord, replayTarget } from './replay-target.js'
import { ReplayedOffsets } from './replayed-offsets.js'

const readBytes = 1024 * 1024
/** About the most that one append puts back. */
const appendBytes = 2 * 1024 * 1024

/** Which letters: all of these hold. */
export interface ReplayFilter {
  /** `PIPELINE.EDGE`, or the edge alone. */
  readonly edge?: string
  /** The code of the error. */
  readonly code?: string
  /** Failed then or later, by the wall clock. */
  readonly sinceMs?: number
  /** A condition in the language of steps, over the letter with all of its headers; `topic` is where it failed. */
  readonly where?: string
}

export interface ReplayOptions {
  readonly engine: LogEngine
  /** As they run, or ran last. */
  readonly plans: readonly PipelinePlan[]
  readonly topic: string
  readonly filter: ReplayFilter
  /** The most letters that go back; all of them when left out. */
  readonly limit?: number
  /** Nothing is changed: the report says what would be. */
  readonly isDryRun: boolean
}

/**
 * Replays the letters that are in the topic when it begins. Errors: unknown_topic, expression_invalid, state_fenced, damaged, and the
 * refusals of an append; what was replayed before stays so.
 */
export async function replayDeadLetters(options: ReplayOptions): Promise<ReplayReport> {
  const { engine, topic, isDryRun } = options
  const found = engine.topics.find(topic)
  if (found === undefined)
    throw engineErrors.make('unknown_topic', `the topic ${topic} does not exist`, { details: { topic } })
  const scope: StateScope = { pipeline: '~hub', connector: `replay/${topic}` }
  const where = options.filter.where === undefined ? undefined : compileCondition(options.filter.where)
  const claim = isDryRun ? undefined : await claimConnectorState(engine.state, scope)
  const run = new ReplayRun(options, { topic: found, claim, where })
  for (let partition = 0; partition < found.partitions && run.hasRoom; partition++) {
    const { logStartOffset, highWatermark } = await engine.bounds({ topic, partition })
    const state = claim ?? connectorStateView(engine.state, scope)
    const replayed = new ReplayedOffsets(state, { topicId: found.id, partition, logStartOffset })
    await run.readPartition({ partition, replayed, fromOffset: logStartOffset, toOffset: highWatermark })
  }
  return run.tally.report()
}

interface PartitionWalk {
  readonly partition: number
  readonly replayed: ReplayedOffsets
  readonly fromOffset: number
  readonly toOffset: number
}

interface ReplayParts {
  readonly topic: TopicDescription
  /** Undefined in a dry run. */
  readonly claim: ClaimedState | undefined
  readonly where: Expression | undefined
}

class ReplayRun {
  readonly tally: ReplayTally
  readonly #options: ReplayOptions
  readonly #topic: TopicDescription
  readonly #claim: ClaimedState | undefined
  readonly #order = new LetterOrder()
  readonly #cursor = new RecordCursor()
  readonly #where: Expression | undefined
  readonly #record = new StepRecord()
  #pending = new Map<string, AddressedDeadLetter[]>()
  #pendingBytes = 0

  constructor(options: ReplayOptions, { topic, claim, where }: ReplayParts) {
    this.#options = options
    this.#topic = topic
    this.#claim = claim
    this.#where = where
    this.tally = new ReplayTally(topic.name, options.isDryRun)
  }

  get hasRoom(): boolean {
    return this.tally.replayed < (this.#options.limit ?? Infinity)
  }

  async readPartition(walk: PartitionWalk): Promise<void> {
    const { engine, topic } = this.#options
    const { partition, replayed, toOffset } = walk
    let offset = walk.fromOffset
    while (offset < toOffset && this.hasRoom) {
      const limits = { minBytes: 0, maxBytes: readBytes, maxWaitMs: 0, isolation: 'durable' } as const
      const read = [{ topic, partition, offset, maxBytes: readBytes }]
      const [chunk] = (await engine.read(read, limits, new AbortController().signal)).chunks
      if (chunk?.error !== undefined) throw chunk.error
      if (chunk === undefined || chunk.nextOffset <= offset) break
      this.#cursor.reset(chunk.batches)
      while (this.hasRoom && this.#nextLetter(partition)) {
        const letterOffset = this.#cursor.offset
        if (letterOffset < offset) continue
        if (letterOffset >= toOffset) break
        if (replayed.has(letterOffset)) this.tally.repeated++
        else if (await this.#take(partition, letterOffset)) replayed.add(letterOffset)
        if (this.#pendingBytes >= appendBytes) await this.#append(replayed)
      }
      offset = chunk.nextOffset
    }
    await this.#append(replayed)
  }

  /** Letters that cannot even be read are counted and passed over. */
  #nextLetter(partition: number): boolean {
    for (;;) {
      try {
        return this.#cursor.next()
      } catch (error) {
        const isDamage = recordErrors.is(error, 'record_malformed') || recordErrors.is(error, 'decompression_failed')
        if (!isDamage) throw error
        this.tally.refuse('the letter itself cannot be read', { partition, offset: this.#cursor.offset + 1 })
        this.#cursor.leaveDamaged(error)
      }
    }
  }

  /** True when the letter goes back. */
  async #take(partition: number, offset: number): Promise<boolean> {
    const { engine, plans } = this.#options
    const cursor = this.#cursor
    const letter = {
      key: cursor.key(),
      value: cursor.value(),
      timestampMs: cursor.timestampMs,
      headers: cursor.headers(),
    }
    const at = { partition, offset }
    const place = failedPlaceOf(letter.headers)
    if (place === undefined) return this.tally.refuse('no dead letter', at)
    const key = { pipeline: place.pipeline, edge: place.edge, key: letter.key }
    const verdict = this.#verdictOn(place)
    if (verdict !== 'wanted') {
      this.#order.leftOut(key)
      if (verdict !== 'unwanted') return this.tally.refuse(verdict.undecided, at)
      this.tally.filtered++
      return false
    }
    const target = replayTarget(place, plans, engine.topics)
    if (target.refusal !== undefined) {
      this.#order.leftOut(key)
      return this.tally.refuse(target.refusal, at)
    }
    if (target.isMade) await this.#ensureTopic(target.topic, place)
    const record = replayedRecord(letter, place, engine.topics)
    const { maxBatchBytes, partitions } = this.#shapeOf(target.topic)
    if (deadLetterBytes(record) > maxBatchBytes) {
      this.#order.leftOut(key)
      return this.tally.refuse(`larger than ${target.topic} takes`, at)
    }
    if (this.#order.overtakes(key)) this.tally.overtaking++
    this.tally.replay(place, target.topic)
    const to = deadLetterPartition(record, place.partition ?? partition, partitions)
    const records = this.#pending.get(target.topic)
    if (records === undefined) this.#pending.set(target.topic, [{ letter: record, partition: to }])
    else records.push({ letter: record, partition: to })
    this.#pendingBytes += deadLetterBytes(record)
    return true
  }

  /** `undecided`: why the condition says neither. */
  #verdictOn(place: FailedPlace): 'wanted' | 'unwanted' | { readonly undecided: string } {
    const { edge, code, sinceMs } = this.#options.filter
    if (edge !== undefined && edge !== place.edge && edge !== `${place.pipeline}.${place.edge}`) return 'unwanted'
    if (code !== undefined && code !== place.code) return 'unwanted'
    if (sinceMs !== undefined && !(place.atMs >= sinceMs)) return 'unwanted'
    if (this.#where === undefined) return 'wanted'
    this.#record.readCursor(this.#cursor, place.topic)
    try {
      return this.#where.holds(this.#record) ? 'wanted' : 'unwanted'
    } catch (error) {
      if (!(error instanceof TailraceError)) throw error
      return { undecided: `the condition has no answer (${error.code})` }
    }
  }

  /** With as many partitions as the topic that the records were read from: keys stay together. */
  async #ensureTopic(name: string, place: FailedPlace): Promise<void> {
    const { topics } = this.#options.engine
    if (this.#options.isDryRun || topics.find(name) !== undefined) return
    const { partitions } = topics.find(place.topic) ?? this.#topic
    try {
      await topics.create({ name, partitions, settings: { maxBatchBytes: maxAppendBytes } })
    } catch (error) {
      // Another run came first.
      if (!engineErrors.is(error, 'topic_exists')) throw error
    }
  }

  /** A dry run does not make the topic: it would be like this. */
  #shapeOf(topic: string): { readonly maxBatchBytes: number; readonly partitions: number } {
    const { topics } = this.#options.engine
    if (topics.find(topic) !== undefined) return appendTarget(topics, topic)
    return { ...appendTarget(topics, this.#topic.name), maxBatchBytes: maxAppendBytes }
  }

  async #append(replayed: ReplayedOffsets): Promise<void> {
    const pending = this.#pending
    this.#pending = new Map()
    this.#pendingBytes = 0
    if (this.#claim === undefined || pending.size === 0) return
    const { engine } = this.#options
    const entries: PartitionAppend[] = [...pending].flatMap(([topic, records]) =>
      deadLetterBatches(records, appendTarget(engine.topics, topic)),
    )
    await engine.append(entries, { state: this.#claim.update(replayed.takeChanges()) })
  }
}
