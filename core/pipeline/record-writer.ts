// The writer that a source puts its records into: encodes them, gathers dead letters and resume points, and gives all
// of it as the contents of one atomic append. Between `take` and `reset` the contents are in flight and the writer
// takes nothing; a source has two, so that it fills one while the other is on its way into the log.

import type { Json } from '../connector/context.js'
import type { Destination, RecordWriter } from '../connector/source.js'
import type { PartitionAppend } from '../engine/log-engine.js'
import { invariant } from '../errors/invariant.js'
import { messageOf } from '../errors/tailrace-error.js'
import type { RecordParts } from '../record/batch-builder.js'
import { recordErrors } from '../record/errors.js'
import { decodeHeaders, type EncodedHeaders, type RecordHeader } from '../record/record-headers.js'
import type { Clock } from '../runtime/clock.js'
import type { Random } from '../runtime/random.js'
import { AppendBatches } from './append-batches.js'
import type { AppendTarget } from './append-target.js'
import type { BuilderPool } from './builder-pool.js'
import {
  type AddressedDeadLetter,
  deadLetterBatches,
  deadLetterBytes,
  deadLetterOf,
  deadLetterPartition,
} from './dead-letter.js'
import { pipelineErrors } from './errors.js'

/** What a record takes in a batch around its parts, at most. */
const recordOverheadBytes = 64

/** Resume points travel in the same append: more keys than this wait for the next one. */
const mostRememberedKeys = 4_096

/** Batches of many topics take more memory than they hold records: the writer is full with this many times appendBytes. */
const mostHeldPerAppend = 8

/** What a writer gives to one append. Left alone, and valid, until the writer is reset. */
export interface WriterContents {
  readonly entries: readonly PartitionAppend[]
  readonly points: ReadonlyMap<string, Json | undefined>
  /** Records for topics of the edge; dead letters are not among them. */
  readonly recordCount: number
  readonly valueBytes: number
  /** How many dead letters there are, by error code. */
  readonly deadLetters: ReadonlyMap<string, number>
}

export interface RecordWriterOptions {
  readonly pipeline: string
  readonly edge: string
  /** The topic of the edge; undefined when each record comes with its own. */
  readonly target: AppendTarget | undefined
  readonly deadLetterTarget: AppendTarget | undefined
  /** A topic beside the edge's own, as it is now. Errors: unknown_topic. */
  readonly targetOf: (topic: string) => AppendTarget
  /** Another number each time. */
  readonly nextAppendNumber: () => number
  /** The writer is full with this many bytes of batches; a single record may be larger. */
  readonly appendBytes: number
  /** What the batches of all partitions together are cut for. */
  readonly batchGoalBytes: number
  readonly clock: Clock
  readonly random: Random
  /** As `AppendBatchesOptions` has them. */
  readonly pool?: BuilderPool
  readonly beginsSmall?: boolean
}

export class BatchRecordWriter implements RecordWriter {
  private readonly options: RecordWriterOptions
  private readonly batches: AppendBatches
  private deadLetterTarget: AppendTarget | undefined
  private valueBytes = 0
  private letters: AddressedDeadLetter[] = []
  private letterBytes = 0
  private letterCounts = new Map<string, number>()
  private points = new Map<string, Json | undefined>()
  private inFlight = false
  private hasRefused = false
  private number: number

  constructor(options: RecordWriterOptions) {
    const { target: home, targetOf, random, batchGoalBytes: goalBytes, pool, beginsSmall } = options
    this.options = options
    this.deadLetterTarget = options.deadLetterTarget
    this.batches = new AppendBatches({ home, targetOf, random, goalBytes, pool, beginsSmall })
    this.number = options.nextAppendNumber()
  }

  get appendNumber(): number {
    return this.number
  }

  get hasDeadLetters(): boolean {
    return this.deadLetterTarget !== undefined
  }

  get isEmpty(): boolean {
    return this.batches.recordCount === 0 && this.letters.length === 0 && this.points.size === 0
  }

  /** Of all batches and dead letters. */
  get sizeBytes(): number {
    return this.batches.sizeBytes + this.letterBytes
  }

  /** Has it refused a record since it was empty? */
  get isFull(): boolean {
    return this.hasRefused
  }

  /** Follows topics that were altered since; the writer must be empty. */
  aim(target: AppendTarget | undefined, deadLetterTarget: AppendTarget | undefined): void {
    invariant(this.isEmpty && !this.inFlight, 'a writer with records was aimed elsewhere')
    this.batches.aim(target)
    this.deadLetterTarget = deadLetterTarget
  }

  /** As the contract says; a record too large for the topic becomes a dead letter, or record_too_large is thrown. */
  append(record: RecordParts, to?: Destination): boolean {
    if (!this.hasRoomFor(record) || (to !== undefined && this.isMemoryUsedUp)) return this.refuse()
    try {
      this.batches.add(record, to)
    } catch (error) {
      if (!recordErrors.is(error, 'record_too_large')) throw error
      return this.divertLarge(record, error, to)
    }
    if (record.value !== null) this.valueBytes += record.valueEnd - record.valueStart
    return true
  }

  partitionOf(key: Uint8Array | null, topic?: string): number {
    return this.batches.partitionOf(key, topic)
  }

  partitionCount(topic?: string): number {
    return this.batches.targetOf(topic).partitions
  }

  deadLetter(record: RecordParts, code: string, message: string, to?: Destination): boolean {
    const target = this.deadLetterTarget
    const { pipeline, edge, clock } = this.options
    const { topic } = this.batches.targetOf(to?.topic)
    if (target === undefined) {
      throw pipelineErrors.make(
        'no_dead_letter_topic',
        `${pipeline}.${edge} cannot use a record for ${topic}: ${message}`,
        {
          details: { pipeline, edge, topic, code },
        },
      )
    }
    if (!this.hasRoomFor(record)) return this.refuse()
    const plain = {
      key: record.key,
      value: record.value === null ? null : record.value.subarray(record.valueStart, record.valueEnd),
      timestampMs: record.timestampMs,
      headers: record.headers === null ? [] : decoded(record.headers),
    }
    const unplaced = { partition: undefined, offset: undefined, attempts: 1 }
    const reason = { code, message, pipeline, edge, topic, ...unplaced, atMs: clock.now() }
    const letter = deadLetterOf(plain, reason, target.maxBatchBytes)
    this.letters.push({ letter, partition: deadLetterPartition(plain, 0, target.partitions) })
    this.letterBytes += deadLetterBytes(letter)
    this.letterCounts.set(code, (this.letterCounts.get(code) ?? 0) + 1)
    return true
  }

  remember(key: string, point: Json | undefined): void {
    invariant(!this.inFlight, `${key} was remembered while the writer is in flight`)
    this.points.set(key, point)
  }

  /** Seals what was gathered; the writer takes nothing until `reset`. */
  take(): WriterContents {
    invariant(!this.inFlight, 'the contents of a writer were taken twice')
    this.inFlight = true
    const entries = this.batches.seal()
    if (this.deadLetterTarget !== undefined && this.letters.length > 0) {
      entries.push(...deadLetterBatches(this.letters, this.deadLetterTarget))
    }
    return {
      entries,
      points: this.points,
      recordCount: this.batches.recordCount,
      valueBytes: this.valueBytes,
      deadLetters: this.letterCounts,
    }
  }

  /** Empties the writer, whose contents are in the log or given up. */
  reset(): void {
    this.batches.reset()
    this.valueBytes = 0
    this.letterBytes = 0
    // What is in flight somewhere keeps its own.
    if (this.letters.length > 0) this.letters = []
    if (this.letterCounts.size > 0) this.letterCounts = new Map()
    if (this.points.size > 0) this.points = new Map()
    this.inFlight = false
    this.hasRefused = false
    this.number = this.options.nextAppendNumber()
  }

  private refuse(): false {
    this.hasRefused = true
    return false
  }

  private get isMemoryUsedUp(): boolean {
    return this.batches.heldBytes >= mostHeldPerAppend * this.options.appendBytes
  }

  /** An empty writer takes any record that its topic takes: otherwise a large one would be refused for ever. */
  private hasRoomFor(record: RecordParts): boolean {
    invariant(!this.inFlight, 'a record was appended while the writer is in flight')
    if (this.batches.recordCount === 0 && this.letters.length === 0) return true
    if (this.points.size >= mostRememberedKeys) return false
    const valueBytes = record.value === null ? 0 : record.valueEnd - record.valueStart
    const headerBytes = record.headers === null ? 0 : record.headers.bytes.length
    const recordBytes = (record.key === null ? 0 : record.key.length) + valueBytes + headerBytes + recordOverheadBytes
    return this.sizeBytes + recordBytes <= this.options.appendBytes
  }

  private divertLarge(record: RecordParts, cause: Error, to: Destination | undefined): boolean {
    const { pipeline, edge } = this.options
    const { topic, maxBatchBytes } = this.batches.targetOf(to?.topic)
    const message = `a record for ${topic} is too large: ${messageOf(cause)}`
    if (this.hasDeadLetters) return this.deadLetter(record, 'record_too_large', message, to)
    throw recordErrors.make('record_too_large', `${pipeline}.${edge}: ${message}`, {
      cause,
      details: { pipeline, edge, topic, maxBatchBytes },
      hint: `Name a dead-letter topic under onError, make the record smaller, or raise maxBatch of ${topic}.`,
    })
  }
}

function decoded({ bytes, count }: EncodedHeaders): RecordHeader[] {
  return decodeHeaders(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), count)
}
