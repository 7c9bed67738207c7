// `tailrace log dump`: what lies in a data directory, place by place, for whoever has to look inside. Changes nothing.

import { join } from 'node:path'
import {
  baseOffsetOf,
  baseSequenceOf,
  batchBytes,
  hasProducer,
  isControl,
  isTransactional,
  lastOffsetOf,
  leaderEpochOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
} from '../../record/batch-layout.js'
import { outcomeOf } from '../../record/control-batch.js'
import { runtimeErrors } from '../../runtime/errors.js'
import type { Files, OpenFile } from '../../runtime/files.js'
import { DataLayout, segmentName } from '../data-layout.js'
import { walkEntries, type BatchEntry, type ChangeEntry } from '../journal-entry.js'
import type { ScannedFrame } from '../journal-scan.js'
import { readLogState, type LogState } from './log-state.js'
import { walkBatches } from './segment-walk.js'

/** One JSON object per thing that was found; `what` says which kind it is. */
export type DumpLine = Readonly<Record<string, unknown>> & {
  readonly what: 'directory' | 'checkpoint' | 'frame' | 'journal-end' | 'topic' | 'segment' | 'batch'
}

export interface DumpOptions {
  /** Only the batches of this topic; the journal and the other topics are left out. */
  readonly topic?: string
}

/** From the outside in: directory, checkpoints, journal, topics, segments, batches. Errors: those of readLogState. */
export async function* dumpLog(files: Files, directory: string, options: DumpOptions = {}): AsyncGenerator<DumpLine> {
  const layout = new DataLayout(directory)
  const frames: DumpLine[] = []
  const isWhole = options.topic === undefined
  const state = await readLogState(files, layout, (frame) => {
    if (isWhole) frames.push(frameLine(frame))
  })
  if (isWhole) {
    yield { what: 'directory', path: directory, ...state.identity }
    yield* checkpointLines(state, layout)
    yield* frames
    if (state.end !== undefined) yield { what: 'journal-end', ...state.end }
  }
  yield* segmentLines(files, { layout, state, only: options.topic })
}

function* checkpointLines({ slots, checkpoint }: LogState, layout: DataLayout): Generator<DumpLine> {
  for (const { slot, bytes, checkpoint: found } of slots) {
    const path = layout.checkpointSlot(slot)
    if (bytes === undefined) continue
    if (found === undefined) yield { what: 'checkpoint', path, readable: false }
    else {
      const { number, replay, durable, leaderEpoch, clean } = found
      yield { what: 'checkpoint', path, number, counts: found === checkpoint, replay, durable, leaderEpoch, clean }
    }
  }
}

function frameLine(frame: ScannedFrame): DumpLine {
  const { sequence, path, position } = frame
  const entries = [...walkEntries(frame.bytes, frame.start, frame.end)]
  return { what: 'frame', sequence, path, position, entries: entries.map((entry) => entryView(entry, frame.bytes)) }
}

function entryView(entry: BatchEntry | ChangeEntry | undefined, bytes: Buffer): unknown {
  if (entry === undefined) return { readable: false }
  if (entry.kind === 'change') return entry.change
  const { topicId, partition, segmentBase, position, start } = entry
  return { topicId, partition, segmentBase, position, ...batchView(bytes, start) }
}

/** Who numbered the batch, and what it is to a transaction. */
function producerView(bytes: Buffer, start: number): Readonly<Record<string, unknown>> {
  const producer = { producerId: producerIdOf(bytes, start), producerEpoch: producerEpochOf(bytes, start) }
  if (isControl(bytes, start)) return { ...producer, endsTransaction: outcomeOf(bytes, start) }
  const baseSequence = baseSequenceOf(bytes, start)
  return { ...producer, baseSequence, isTransactional: isTransactional(bytes, start) }
}

function batchView(bytes: Buffer, start: number): Readonly<Record<string, unknown>> {
  return {
    baseOffset: baseOffsetOf(bytes, start),
    lastOffset: lastOffsetOf(bytes, start),
    recordCount: recordCountOf(bytes, start),
    batchBytes: batchBytes(bytes, start),
    maxTimestampMs: maxTimestampOf(bytes, start),
    leaderEpoch: leaderEpochOf(bytes, start),
    ...(hasProducer(bytes, start) ? producerView(bytes, start) : {}),
  }
}

interface SegmentDump {
  readonly layout: DataLayout
  readonly state: LogState
  /** Only this topic. */
  readonly only: string | undefined
}

async function* segmentLines(files: Files, { layout, state, only }: SegmentDump): AsyncGenerator<DumpLine> {
  const partitions = state.replay.records()
  for (const topic of state.replay.topics.values()) {
    if (only !== undefined && topic.name !== only) continue
    yield { what: 'topic', ...topic }
    for (const { topicId, partition, logStartOffset, nextOffset, segments } of partitions) {
      if (topicId !== topic.id) continue
      for (const segment of segments) {
        const path = join(layout.partitionDirectory(topic.name, partition), `${segmentName(segment.base)}.log`)
        yield { what: 'segment', path, topic: topic.name, partition, logStartOffset, nextOffset, ...segment }
        yield* batchLines(files, path, segment.base)
      }
    }
  }
}

async function* batchLines(files: Files, path: string, baseOffset: number): AsyncGenerator<DumpLine> {
  let file: OpenFile
  try {
    file = await files.open(path, 'read')
  } catch (error) {
    if (!runtimeErrors.is(error, 'not_found')) throw error
    return yield { what: 'batch', path, readable: false, fault: 'the file is missing' }
  }
  try {
    for await (const batch of walkBatches(file, { baseOffset, endBytes: file.sizeSync() })) {
      const { position, fault } = batch
      if (fault !== undefined) yield { what: 'batch', path, position, readable: false, fault }
      else yield { what: 'batch', path, position, ...batchView(batch.bytes, batch.start) }
    }
  } finally {
    await file.close()
  }
}
