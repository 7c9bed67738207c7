// What the log must hold, without a disk: every append with its fate, where its batches went, what may have been
// removed. log-examination.ts lays what an engine serves beside it; a difference is a Violation.
//
// An append that was under way when a process died is `unknown`: wholly there or wholly gone. The examination after
// the next start settles which, and from then on it stays so.

import type { ProducerStream } from './producer-stream.js'
import { batchField } from '../../core/record/batch-layout.js'
import type { TopicSettings } from '../../core/engine/topic-admin.js'

/** The engine broke a promise. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

export type Fate = 'open' | 'written' | 'acked' | 'refused' | 'unknown' | 'lost'

/** A value that an append sets besides its records: a key of connector state, or a group's offset of a partition. */
export interface MemoryChange {
  readonly cell: MemoryCell
  readonly append: ModelAppend
  /** Of a committed offset; 0 for state. */
  readonly offset: number
}

export interface ModelAppend {
  /** Appends are numbered in the order of the calls, from 1. */
  readonly number: number
  readonly batches: ModelBatch[]
  readonly changes: MemoryChange[]
  fate: Fate
  /** A reader was given a part of it as durable. */
  isShown: boolean
  /** Calls that bring it and are not answered; a producer may have sent its batch twice. */
  underWay: number
  /** A call of an earlier life may have brought it, whatever becomes of the present ones. */
  mayBeThere: boolean
}

export interface ModelRecord {
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
}

export interface ModelBatch {
  readonly append: ModelAppend
  readonly partition: PartitionModel
  /** As it was handed in. */
  readonly bytes: Buffer
  readonly records: readonly ModelRecord[]
  /** During which look of retention it was appended. */
  readonly look: number
  /** -1 until it is known. */
  baseOffset: number
  /** A bit of it was flipped on the device: it may be refused, never served changed. */
  isRotten: boolean
  /** The flipped bit lies in its header: what follows in the segment may be out of reach. */
  hasRottenHeader: boolean
  /** Its producer sent it more than once: it may stand behind batches that were sent after it first. */
  isRepeated: boolean
}

/** What is known of one key of state or one committed offset: its changes in the order of the calls. */
export class MemoryCell {
  readonly name: string
  changes: MemoryChange[] = []
  /** Its topic may have been deleted: nothing may be there. */
  mayBeGone = false
  /** Highest offset that anybody asked to commit. */
  highestOffset = 0

  constructor(name: string) {
    this.name = name
  }

  change(append: ModelAppend, offset: number): void {
    const change = { cell: this, append, offset }
    this.changes.push(change)
    append.changes.push(change)
    this.highestOffset = Math.max(this.highestOffset, offset)
  }

  /** Compares with the number of the append whose value is there; gives evidence about appends of unknown fate. */
  judge(found: number | undefined, evidence: Evidence): void {
    const floor = this.changes.findLastIndex(({ append }) => append.fate === 'acked')
    const at = this.changes.findIndex(({ append }) => append.number === found)
    if (found === undefined) {
      if (floor >= 0 && !this.mayBeGone)
        throw new Violation(`${this.name} is gone; append ${this.changes[floor]?.append.number} was acknowledged`)
    } else if (at < floor || at < 0) {
      const expected = floor < 0 ? 'none' : this.changes[floor]?.append.number
      throw new Violation(`${this.name} is of append ${found}, acknowledged is ${expected}`)
    } else {
      const { append } = this.changes[at] as MemoryChange
      if (append.fate === 'refused' || append.fate === 'lost')
        throw new Violation(`${this.name} is of append ${found}, which is ${append.fate}`)
    }
    if (this.mayBeGone && found === undefined) {
      this.changes = []
      return
    }
    for (const [index, { append }] of this.changes.entries()) {
      if (index === at) evidence.present(append, this.name)
      else if (index > at) evidence.absent(append, this.name)
    }
    this.changes = this.changes.slice(Math.max(0, at))
  }

  /** After the fates are settled. */
  forgetLost(): void {
    this.changes = this.changes.filter(({ append }) => append.fate !== 'lost' && append.fate !== 'refused')
    // Where it is still there, the engine may be about to remove it.
    if (this.changes.length === 0) this.mayBeGone = false
  }
}

/** What an examination found out about appends of unknown fate. */
export class Evidence {
  readonly #found = new Map<ModelAppend, { present: string | undefined; absent: string | undefined }>()

  present(append: ModelAppend, where: string): void {
    this.#of(append).present ??= where
  }

  absent(append: ModelAppend, where: string): void {
    this.#of(append).absent ??= where
  }

  /** All or nothing: settles the fates. */
  settle(appends: Iterable<ModelAppend>): void {
    for (const append of appends) {
      const { present, absent } = this.#of(append)
      if (present !== undefined && absent !== undefined)
        throw new Violation(`append ${append.number} (${append.fate}) is there in ${present}, but not in ${absent}`)
      if (append.fate === 'acked' && absent !== undefined)
        throw new Violation(`append ${append.number} was acknowledged and is not in ${absent}`)
      if ((append.fate === 'refused' || append.fate === 'lost') && present !== undefined)
        throw new Violation(`append ${append.number} was ${append.fate} and is there in ${present}`)
      if (append.fate === 'written' && absent !== undefined)
        throw new Violation(`append ${append.number} was written, its process alone died, and it is not in ${absent}`)
      if (append.fate === 'written' && present !== undefined) append.fate = 'acked'
      // Where it would be is out of sight: nothing is known of it still.
      if (append.fate === 'unknown' && present !== undefined) append.fate = 'acked'
      else if (append.fate === 'unknown' && absent !== undefined) append.fate = 'lost'
    }
  }

  #of(append: ModelAppend): { present: string | undefined; absent: string | undefined } {
    let found = this.#found.get(append)
    if (found === undefined) {
      found = { present: undefined, absent: undefined }
      this.#found.set(append, found)
    }
    return found
  }
}

export class PartitionModel {
  readonly topic: TopicModel
  readonly number: number
  /** In the order of the calls; without what is lost or refused. */
  batches: ModelBatch[] = []
  readonly #byMark = new Map<string, ModelBatch>()
  readonly #byRecord = new Map<string, ModelBatch>()
  /** An acknowledged deleteRecords moved the log start at least here. */
  deletedBelow = 0
  /** Records below this may have been deleted on request. */
  deletableBelow = 0
  /** The highest offset that somebody was shown as durable. */
  durableOffset = 0
  /** Bytes of batches that were assigned a place and taken back by a crash, or that may stand elsewhere than they say. */
  lostBytes = 0
  /** Producers that number what they send to it. */
  readonly streams: ProducerStream[] = []

  constructor(topic: TopicModel, number: number) {
    this.topic = topic
    this.number = number
  }

  get name(): string {
    return `${this.topic.name}-${this.number}`
  }

  add(batch: ModelBatch): void {
    this.batches.push(batch)
    this.#byMark.set(markOf(batch.bytes, 0), batch)
    for (const record of batch.records) this.#byRecord.set(identityOf(record), batch)
  }

  /** The batch that was handed in with these bytes; its first 16 may differ. */
  batchOf(bytes: Buffer, at: number, end: number): ModelBatch | undefined {
    const batch = this.#byMark.get(markOf(bytes, at))
    if (batch === undefined || batch.bytes.length !== end - at) return undefined
    return bytes.compare(batch.bytes, batchField.magic, batch.bytes.length, at + batchField.magic, end) === 0
      ? batch
      : undefined
  }

  batchOfRecord(identity: string): ModelBatch | undefined {
    return this.#byRecord.get(identity)
  }

  batchAt(offset: number): ModelBatch | undefined {
    return this.batches.find(
      ({ baseOffset, records }) => baseOffset >= 0 && offset >= baseOffset && offset < baseOffset + records.length,
    )
  }

  /** Somebody was shown that offsets up to here are durable. */
  show(endOffset: number): void {
    this.durableOffset = Math.max(this.durableOffset, endOffset)
  }

  /** Somebody was told of the batch's place, for good. */
  place(batch: ModelBatch, baseOffset: number): void {
    if (batch.baseOffset >= 0 && batch.baseOffset !== baseOffset)
      throw new Violation(
        `append ${batch.append.number} in ${this.name} moved from ${batch.baseOffset} to ${baseOffset}`,
      )
    batch.baseOffset = baseOffset
  }
}

/** Values begin with the append's number; a tombstone tells by its key and its time, which no two share. */
export function identityOf({ key, value, timestampMs }: ModelRecord): string {
  return value ?? `${key}@${timestampMs}`
}

/** CRC and length: unique as long as the bytes are, which hold the append's number. */
function markOf(bytes: Buffer, at: number): string {
  return `${bytes.readUInt32BE(at + batchField.crc)}/${bytes.readUInt32BE(at + batchField.batchLength)}`
}

export class TopicModel {
  readonly name: string
  /** Undefined while its creation is not answered. */
  id: string | undefined
  readonly partitions: PartitionModel[] = []
  /** All settings that may have been in force. */
  readonly settings: TopicSettings[]
  /** A declared consumer reads it: what the group did not commit stays. */
  readonly isKept: boolean
  fate: 'open' | 'there' | 'deleting' | 'gone' = 'open'

  constructor(name: string, settings: TopicSettings, isKept: boolean) {
    this.name = name
    this.settings = [settings]
    this.isKept = isKept
  }

  get isCompacted(): boolean {
    return this.settings[0]?.cleanup !== 'delete'
  }

  get isWritten(): boolean {
    return this.settings[0]?.durability === 'written'
  }

  widen(partitions: number): void {
    while (this.partitions.length < partitions) this.partitions.push(new PartitionModel(this, this.partitions.length))
  }
}

export class LogModel {
  /** By name; one that was deleted makes room for the next of its name. */
  readonly topics = new Map<string, TopicModel>()
  readonly cells = new Map<string, MemoryCell>()
  /** Highest generation that a member was given, by group; only of groups that hold offsets. */
  readonly generations = new Map<string, number>()
  /** All that were given away. */
  readonly producerIds = new Set<number>()
  /** Between two jumps of the clock or two starts: the latest time at which retention may have looked. */
  readonly #looksMs: number[] = []
  #lookMs: () => number = () => 0
  #appends: ModelAppend[] = []
  #appendCount = 0

  /** The clock is about to jump, or another process runs: from now on retention looks at another clock. */
  endLook(lookMs: () => number = this.#lookMs): void {
    this.#looksMs.push(this.#lookMs())
    this.#lookMs = lookMs
  }

  /** The number of the present look. */
  get look(): number {
    return this.#looksMs.length
  }

  /** The latest time at which retention may have looked since. */
  latestLookMs(since: number): number {
    return Math.max(this.#lookMs(), ...this.#looksMs.slice(since))
  }

  newAppend(): ModelAppend {
    const append: ModelAppend = {
      number: ++this.#appendCount,
      batches: [],
      changes: [],
      fate: 'open',
      isShown: false,
      underWay: 0,
      mayBeThere: false,
    }
    this.#appends.push(append)
    return append
  }

  cell(name: string): MemoryCell {
    let cell = this.cells.get(name)
    if (cell === undefined) {
      cell = new MemoryCell(name)
      this.cells.set(name, cell)
    }
    return cell
  }

  get appends(): readonly ModelAppend[] {
    return this.#appends
  }

  /** All processes died. What was under way, and after a loss of power what was only written, may be gone. */
  noteCrash(mode: 'power' | 'kill'): void {
    for (const append of this.#appends) {
      append.underWay = 0
      const isOpen = append.fate === 'open' || append.fate === 'unknown'
      if (append.isShown && (isOpen || append.fate === 'written')) append.fate = 'acked'
      else if (isOpen) append.fate = 'unknown'
      else if (append.fate === 'written') append.fate = mode === 'kill' ? 'written' : 'unknown'
    }
    for (const topic of this.topics.values()) {
      if (topic.fate === 'deleting') this.loosen(topic)
    }
  }

  /** A clean close makes everything durable that was answered. */
  noteClose(): void {
    for (const append of this.#appends) {
      append.underWay = 0
      if (append.fate === 'written') append.fate = 'acked'
      else if (append.fate === 'open') append.fate = 'unknown'
    }
  }

  /** The topic may be deleted: its offsets may be gone. */
  loosen(topic: TopicModel): void {
    for (const cell of this.cells.values()) if (cell.name.endsWith(` of ${topic.name}`)) cell.mayBeGone = true
  }

  /** The topic is gone, and whatever an append put there says nothing about the append any more. */
  forget(topic: TopicModel): void {
    topic.fate = 'gone'
    this.topics.delete(topic.name)
    for (const partition of topic.partitions) partition.batches = []
  }

  /** Appends that are settled for good and hold nothing that is compared need no more looking at. */
  settle(evidence: Evidence): void {
    evidence.settle(this.#appends)
    for (const cell of this.cells.values()) cell.forgetLost()
    for (const topic of this.topics.values()) {
      for (const partition of topic.partitions) {
        for (const { append, bytes } of partition.batches)
          if (append.fate === 'lost') partition.lostBytes += bytes.length
        partition.batches = partition.batches.filter(
          ({ append }) => append.fate !== 'lost' && append.fate !== 'refused',
        )
      }
    }
  }
}
