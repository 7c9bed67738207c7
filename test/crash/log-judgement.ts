// What must stand in a data directory when a workload has come to its end, however often it was killed on the way.
// Read from the segments by the independent reader alone.

import fs from 'node:fs'
import { join } from 'node:path'
import type { StoredRecord } from '../support/segment-reader.js'
import { requireExact } from './judge.js'
import type { LogLedger } from './log-program-run.js'
import { deliveredIn, readTopic } from './log-reader.js'
import { keyCount, ledgerOf, lineOf, logPartitions, logTopic, type LogWorkload, streamsOf } from './log-workloads.js'

/** Throws with what is wrong. */
export function judgeLog(directory: string, workload: LogWorkload, ledger: LogLedger): void {
  switch (workload.kind) {
    case 'lines':
      return judgeLines(directory, workload)
    case 'topics':
      return judgeTopics(directory, workload)
    case 'keys':
      return judgeKeys(recordsOf(directory), workload)
    case 'deletions':
      return judgeDeletions(recordsOf(directory), workload, ledger)
  }
}

function judgeLines(directory: string, workload: LogWorkload): void {
  const expected = streamsOf(workload).map((stream) => ledgerOf(stream, workload.steps, workload))
  const delivered = deliveredIn(readTopic(directory, logTopic, logPartitions))
  requireExact('the log', delivered.judge(expected))
}

/** Only the last topic is left, whole; nothing lies about that is to be removed. */
function judgeTopics(directory: string, workload: LogWorkload): void {
  const last = workload.steps - 1
  const names = fs.readdirSync(join(directory, 'topics')).filter((name) => !name.startsWith('__'))
  const expected = [0, 1, 2].map((partition) => `topic-${last}-${partition}`)
  if (names.sort().join() !== expected.join()) throw new Error(`directories of topics: ${names.join(', ')}`)
  const values = readTopic(directory, `topic-${last}`, 3).flatMap((batches) =>
    batches.flatMap(({ records }) => records),
  )
  // A kill between the append and the step's state repeats the append: this workload keeps them apart.
  const line = lineOf('topics', last, workload)
  if (values.length === 0 || values.some(({ value }) => value !== line))
    throw new Error(`topic-${last} holds other records`)
}

function recordsOf(directory: string): readonly StoredRecord[] {
  return readTopic(directory, logTopic, 1)[0]!.flatMap(({ records }) => records)
}

/** Each record is the one of its offset, the newest of each key is there, and some older ones are not. */
function judgeKeys(records: readonly StoredRecord[], workload: LogWorkload): void {
  requireRecords(records, 'keys', workload)
  const offsets = new Set(records.map(({ offset }) => offset))
  for (let offset = workload.steps - keyCount; offset < workload.steps; offset++) {
    if (!offsets.has(offset)) throw new Error(`the newest record of key-${offset % keyCount}, ${offset}, is gone`)
  }
  if (records.length === workload.steps) throw new Error('nothing was compacted')
}

/** From the last start that was acknowledged on nothing is missing, and most of what lies below it is gone. */
function judgeDeletions(records: readonly StoredRecord[], workload: LogWorkload, ledger: LogLedger): void {
  requireRecords(records, 'deletions', workload)
  const first = records[0]?.offset ?? workload.steps
  if (first > ledger.answered('start'))
    throw new Error(`begins at ${first}, behind the start ${ledger.answered('start')}`)
  if (records.length !== workload.steps - first) throw new Error(`${records.length} records from ${first} on`)
  if (first === 0) throw new Error('nothing was removed')
}

function requireRecords(records: readonly StoredRecord[], stream: string, workload: LogWorkload): void {
  let before = -1
  for (const { offset, value } of records) {
    if (offset <= before) throw new Error(`offset ${offset} follows ${before}`)
    if (value !== lineOf(stream, offset, workload))
      throw new Error(`offset ${offset} holds ${String(value).slice(0, 40)}`)
    before = offset
  }
}
