// One append of a transform under construction: the outputs of whole units of work, dead letters, and room to know when
// it is full. Changes of state and offsets join it when it is taken.
//
// A unit fits whole or not at all: its outputs are held back (`UnitOutputs`) until all of them are there, and then
// measured, so that no append ever holds half of what one record became.

import type { Destination } from '../connector/source.js'
import { present } from '../errors/invariant.js'
import type { LogEngine, PartitionAppend } from '../engine/log-engine.js'
import { maxAppendBytes } from '../engine/topic-rules.js'
import type { RecordParts } from '../record/batch-builder.js'
import type { PlainRecord } from '../record/encode-batch.js'
import type { Random } from '../runtime/random.js'
import { AppendBatches } from './append-batches.js'
import { type AppendTarget, appendTarget } from './append-target.js'
import { type AddressedDeadLetter, deadLetterBatches, deadLetterBytes, deadLetterPartition } from './dead-letter.js'

/** What makes the cost of an append and its sync small; a unit may be larger. */
const goalBytes = 2 * 1024 * 1024
/** Headers of batches, and state that goes along. */
const mostBytes = maxAppendBytes - 512 * 1024
/** Batches of many topics take more memory than they hold records. */
const mostHeldBytes = 32 * 1024 * 1024
/** Objects that are kept from unit to unit; a record that was split into more is an exception. */
const mostKeptOutputs = 1_024
/** What a batch and a record take around key, value and headers, at most. */
const aroundRecordBytes = 128

/** A record on its way into the append; its bytes stay as they are until the unit is over. */
export interface OutputRecord extends RecordParts {
  /** undefined: the topic of the transform. */
  topic: string | undefined
}

/** Why outputs can never be appended. */
export interface OutputFault {
  readonly code: string
  readonly message: string
}

/** The outputs of the unit under way. Objects are used again from unit to unit. */
export class UnitOutputs {
  readonly records: OutputRecord[] = []
  count = 0

  /** Takes the fields over; the bytes have to stay until the unit is over. */
  emit(record: RecordParts, topic: string | undefined): void {
    const { key, value, valueStart, valueEnd, timestampMs, headers } = record
    const known = this.records[this.count++]
    if (known === undefined) {
      this.records.push({ key, value, valueStart, valueEnd, timestampMs, headers, topic })
      return
    }
    known.key = key
    known.value = value
    known.valueStart = valueStart
    known.valueEnd = valueEnd
    known.timestampMs = timestampMs
    known.headers = headers
    known.topic = topic
  }

  clear(): void {
    this.count = 0
    if (this.records.length > mostKeptOutputs) this.records.length = 0
  }

  /** For the dead letters: what a window gave. */
  first(): PlainRecord {
    const { key, value, valueStart, valueEnd, timestampMs } = present(
      this.records[0],
      'an output of a unit that failed',
    )
    return { key, value: value === null ? null : value.subarray(valueStart, valueEnd), timestampMs }
  }
}

export interface TransformAppendOptions {
  readonly engine: LogEngine
  readonly random: Random
  /** The topic of outputs that name none; undefined when all of them name theirs. */
  readonly to: string | undefined
  readonly deadLetter: string | undefined
}

export class TransformAppend {
  private readonly options: TransformAppendOptions
  private readonly batches: AppendBatches
  private readonly destinations = new Map<string, Destination>()
  private deadLetterTarget: AppendTarget | undefined
  private letters: AddressedDeadLetter[] = []
  private letterBytes = 0
  private bytesOfValues = 0
  readonly letterCounts = new Map<string, number>()

  constructor(options: TransformAppendOptions) {
    const { engine, random } = options
    this.options = options
    const targetOf = (topic: string): AppendTarget => appendTarget(engine.topics, topic)
    this.batches = new AppendBatches({ home: undefined, targetOf, random, goalBytes })
    this.reset()
  }

  get isEmpty(): boolean {
    return this.batches.recordCount === 0 && this.letters.length === 0
  }

  get recordCount(): number {
    return this.batches.recordCount
  }

  get valueBytes(): number {
    return this.bytesOfValues
  }

  /** Holds as much as an append should. */
  get isFull(): boolean {
    return this.sizeBytes >= goalBytes || this.batches.heldBytes >= mostHeldBytes
  }

  /** Why not even an empty append would hold the outputs; undefined when one would. */
  faultOf({ records, count }: UnitOutputs): OutputFault | undefined {
    let bytes = 0
    for (let index = 0; index < count; index++) {
      const record = records[index]!
      const target = this.options.engine.topics.find(record.topic ?? this.options.to ?? '')
      if (target === undefined) return { code: 'unknown_topic', message: `the topic ${record.topic} does not exist` }
      const recordBytes = sizeOf(record)
      bytes += recordBytes
      const { maxBatchBytes } = this.batches.targetOf(record.topic)
      if (recordBytes <= maxBatchBytes && bytes <= mostBytes) continue
      const message =
        bytes > mostBytes
          ? `the outputs of one record take more than ${mostBytes} bytes`
          : `an output of ${recordBytes} bytes is more than a batch of ${target.name} takes (${maxBatchBytes})`
      return { code: 'record_too_large', message }
    }
    return undefined
  }

  /** Whether outputs without a fault fit behind what is there. */
  hasRoomFor({ records, count }: UnitOutputs): boolean {
    let bytes = this.sizeBytes
    for (let index = 0; index < count; index++) bytes += sizeOf(records[index]!)
    return bytes <= mostBytes
  }

  /** Takes the outputs, which have room. A record without a key goes to `fromPartition`, modulo their topic's number. */
  take({ records, count }: UnitOutputs, fromPartition: number): void {
    for (let index = 0; index < count; index++) {
      const record = records[index]!
      this.batches.add(record, this.destinationOf(record, fromPartition))
      this.bytesOfValues += record.valueEnd - record.valueStart
    }
  }

  /** The largest dead letter that there may be; undefined without a topic for them. */
  get mostLetterBytes(): number | undefined {
    return this.deadLetterTarget?.maxBatchBytes
  }

  hasRoomForLetter(letter: PlainRecord): boolean {
    return this.isEmpty || this.sizeBytes + deadLetterBytes(letter) <= mostBytes
  }

  takeLetter(letter: PlainRecord, code: string, fromPartition: number): void {
    const partitions = this.deadLetterTarget?.partitions ?? 1
    this.letters.push({ letter, partition: deadLetterPartition(letter, fromPartition, partitions) })
    this.letterBytes += deadLetterBytes(letter)
    this.letterCounts.set(code, (this.letterCounts.get(code) ?? 0) + 1)
  }

  /** The batches; valid, and to be left alone, until `reset`. */
  seal(): readonly PartitionAppend[] {
    const letters = this.deadLetterTarget === undefined ? [] : deadLetterBatches(this.letters, this.deadLetterTarget)
    return [...this.batches.seal(), ...letters]
  }

  /** Begins anew, with the topics as they are now. Errors: unknown_topic. */
  reset(): void {
    const { engine, to, deadLetter } = this.options
    this.batches.reset()
    this.batches.aim(to === undefined ? undefined : appendTarget(engine.topics, to))
    this.deadLetterTarget = deadLetter === undefined ? undefined : appendTarget(engine.topics, deadLetter)
    this.letters = []
    this.letterBytes = 0
    this.bytesOfValues = 0
    this.letterCounts.clear()
    this.destinations.clear()
  }

  private get sizeBytes(): number {
    return this.batches.sizeBytes + this.letterBytes
  }

  /** The same object for the same place: batches look a topic up only when it is another. */
  private destinationOf({ topic, key }: OutputRecord, fromPartition: number): Destination | undefined {
    if (key !== null && topic === undefined) return undefined
    const target = this.batches.targetOf(topic)
    const partition = key === null ? fromPartition % target.partitions : undefined
    const name = `${target.topic}/${partition ?? ''}`
    let destination = this.destinations.get(name)
    if (destination === undefined) {
      destination = partition === undefined ? { topic: target.topic } : { topic: target.topic, partition }
      this.destinations.set(name, destination)
    }
    return destination
  }
}

function sizeOf({ key, value, valueStart, valueEnd, headers }: OutputRecord): number {
  const valueBytes = value === null ? 0 : valueEnd - valueStart
  return aroundRecordBytes + (key?.length ?? 0) + valueBytes + (headers?.bytes.length ?? 0)
}
