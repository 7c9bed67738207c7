// What the program that is killed at system calls does: each row a part of the log under load, small limits so that a
// second meets what takes days otherwise. The values are numbered lines, which a judge can make again by himself.

import { createHash } from 'node:crypto'
import type { TopicSettings } from '../../core/engine/topic-admin.js'
import type { LedgerEntry } from './numbered-lines.js'

export interface LogWorkload {
  readonly kind: 'lines' | 'topics' | 'keys' | 'deletions'
  /** Steps until it ends. */
  readonly steps: number
  /** Streams that append at the same time, each with one append under way. */
  readonly streams?: number
  readonly linesPerAppend?: number
  readonly valueBytes?: number
  /** Every append goes to a second partition too, with a group offset: all of it or nothing. */
  readonly twins?: boolean
  readonly topic?: Partial<TopicSettings>
  readonly journalFileBytes?: number
  readonly idleCheckpointMs?: number
  readonly trickleBytes?: number
  readonly maintenanceMs?: number
  /** The process dies by itself after so many answers, and the calls that count are those of the start after it. */
  readonly diesFirst?: number
}

export const logPartitions = 4
export const logTopic = 'work'
const second = 1000

export const logWorkloads = {
  'a new data directory': { kind: 'lines', steps: 1 },
  'appends one by one': { kind: 'lines', steps: 40 },
  'a group commit of eight writers': { kind: 'lines', steps: 30, streams: 8 },
  'appends over two partitions with state and offsets': { kind: 'lines', steps: 25, streams: 2, twins: true },
  'the journal changes its file': {
    kind: 'lines',
    steps: 40,
    streams: 3,
    valueBytes: 3000,
    journalFileBytes: 64 * 1024,
  },
  'frames that are written in the background': { kind: 'lines', steps: 6, linesPerAppend: 2, valueBytes: 400_000 },
  'segments roll': { kind: 'lines', steps: 40, valueBytes: 700, topic: { segmentBytes: 2048 } },
  'checkpoints all the time': { kind: 'lines', steps: 60, streams: 2, idleCheckpointMs: 2 },
  'segments are synced in the background': {
    kind: 'lines',
    steps: 40,
    streams: 4,
    valueBytes: 2000,
    trickleBytes: 4096,
  },
  'a topic that answers after the write': {
    kind: 'lines',
    steps: 40,
    streams: 2,
    topic: { durability: 'written', flushMs: 5 },
  },
  'recovery from the journal': { kind: 'lines', steps: 40, streams: 3, diesFirst: 30 },
  'recovery over a changed journal file': {
    kind: 'lines',
    steps: 60,
    streams: 3,
    valueBytes: 3000,
    journalFileBytes: 64 * 1024,
    diesFirst: 50,
  },
  'topics are made, altered and deleted': { kind: 'topics', steps: 6 },
  'recovery among topics that come and go': { kind: 'topics', steps: 6, diesFirst: 12 },
  compaction: {
    kind: 'keys',
    steps: 250,
    topic: { cleanup: 'compact', segmentBytes: 2048, minDirtyRatio: 0.1 },
    idleCheckpointMs: 5,
    maintenanceMs: 10,
  },
  'records are deleted from the front': {
    kind: 'deletions',
    steps: 120,
    topic: { segmentBytes: 2048, segmentMs: 60 * second },
    idleCheckpointMs: 5,
    maintenanceMs: 10,
  },
} as const satisfies Readonly<Record<string, LogWorkload>>

export const keyCount = 20
/** In the workload of deletions: how many records stay, and how often the others are deleted. */
export const keptRecords = 30
export const deleteEvery = 10

/** The line with this number in the stream of a writer. */
export function lineOf(stream: string, sequence: number, { valueBytes = 60 }: LogWorkload): string {
  const filler = 'abcdefghij'.repeat(Math.ceil(valueBytes / 10))
  return `${stream}-${String(sequence).padStart(9, '0')} g0 ${filler.slice(0, 1 + ((sequence * 37) % valueBytes))}`
}

/** What a writer would have kept in memory. */
export function ledgerOf(stream: string, lineCount: number, workload: LogWorkload): LedgerEntry {
  const hash = createHash('sha256')
  for (let sequence = 0; sequence < lineCount; sequence++) hash.update(lineOf(stream, sequence, workload)).update('\n')
  return { stream, lineCount, sha256: hash.digest('hex') }
}

/** The streams of a workload of lines; twins hold the same lines under a name of their own. */
export function streamsOf({ streams = 1, twins = false }: LogWorkload): readonly string[] {
  const names = Array.from({ length: streams }, (_, index) => `stream${index}`)
  return twins ? [...names, ...names.map(twinOf)] : names
}

export function twinOf(stream: string): string {
  return stream.replace('stream', 'twin')
}
