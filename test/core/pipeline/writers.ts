// Record writers for tests, and what they put into an append.

import { expect } from 'vitest'
import type { PartitionAppend } from '../../../core/engine/log-engine.js'
import { BatchRecordWriter, type RecordWriterOptions } from '../../../core/pipeline/record-writer.js'
import { checkBatch } from '../../../core/record/batch-layout.js'
import { RecordCursor } from '../../../core/record/record-cursor.js'
import { ManualClock } from '../../support/manual-clock.js'
import { decode, type LoggedRecord } from './rig.js'

export const mebibyte = 1024 * 1024
const random = { bytes: (count: number) => Buffer.alloc(count), fraction: () => 0.4, uuid: () => '' }

let appendNumber = 0

export function makeWriter(
  change: Partial<RecordWriterOptions> & { partitions?: number; maxBatchBytes?: number } = {},
) {
  const { partitions = 4, maxBatchBytes = mebibyte, ...options } = change
  return new BatchRecordWriter({
    pipeline: 'shop',
    edge: 'logs',
    target: { topic: 'app.logs', topicId: 'a', partitions, maxBatchBytes },
    deadLetterTarget: undefined,
    targetOf: (topic) => ({ topic, topicId: topic, partitions, maxBatchBytes }),
    nextAppendNumber: () => ++appendNumber,
    appendBytes: 4 * mebibyte,
    batchGoalBytes: 4 * mebibyte,
    clock: new ManualClock(),
    random,
    ...options,
  })
}

export const deadLetterTarget = { topic: 'dead', topicId: 'd', partitions: 2, maxBatchBytes: 100_000 }

export function decodeAll(entries: readonly PartitionAppend[], topic = 'app.logs'): LoggedRecord[] {
  return entries
    .filter((entry) => entry.topic === topic)
    .flatMap(({ batch, partition }) => {
      expect(checkBatch(batch, 0, batch.length)).toBeUndefined()
      const cursor = new RecordCursor()
      cursor.reset(Buffer.from(batch))
      const records: LoggedRecord[] = []
      while (cursor.next()) records.push(decode(cursor, partition))
      return records
    })
}

export function totalBytes(entries: readonly PartitionAppend[]): number {
  return entries.reduce((sum, { batch }) => sum + batch.length, 0)
}
