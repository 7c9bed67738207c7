// What a compacted partition must serve: every record it serves was appended, at its place; a record that is missing
// was superseded by a later one of its key, or is a tombstone.

import type { FoundPartition, FoundRecord } from './log-examination.js'
import {
  type Evidence,
  identityOf,
  type ModelBatch,
  type ModelRecord,
  type PartitionModel,
  Violation,
} from './log-model.js'

export function checkCompacted(partition: PartitionModel, found: FoundPartition, evidence: Evidence): void {
  const served = new Map<number, FoundRecord>()
  const present = new Set<ModelBatch>()
  let lastOffset = -1
  for (const { records } of found.batches) {
    for (const record of records) {
      if (record.offset <= lastOffset)
        throw new Violation(`${partition.name} serves offset ${record.offset} behind ${lastOffset}`)
      lastOffset = record.offset
      served.set(record.offset, record)
      present.add(appendedBatch(partition, record))
    }
  }
  for (const batch of present) evidence.present(batch.append, partition.name)
  const { highWatermark } = found.bounds
  if (highWatermark < partition.durableOffset)
    throw new Violation(
      `${partition.name} ends at ${highWatermark}, but ${partition.durableOffset} was shown as durable`,
    )
  for (const batch of partition.batches) {
    if (batch.append.fate !== 'acked' || batch.baseOffset < 0 || batch.isRotten) continue
    if (batch.baseOffset + batch.records.length > highWatermark)
      throw new Violation(
        `append ${batch.append.number} was acknowledged, but ${partition.name} ends at ${highWatermark}`,
      )
    checkMissing(partition, batch, served)
  }
}

/** The batch that a served record belongs to, which is thereby placed. */
function appendedBatch(partition: PartitionModel, record: FoundRecord): ModelBatch {
  const known = partition.batchOfRecord(identityOf(record))
  const index = known?.records.findIndex((appended) => isSame(appended, record)) ?? -1
  if (known === undefined || index < 0)
    throw new Violation(`${partition.name} serves a record at ${record.offset} that nobody appended`)
  partition.place(known, record.offset - index)
  return known
}

function isSame(appended: ModelRecord, found: ModelRecord): boolean {
  const { key, value, timestampMs } = appended
  return value === found.value && key === found.key && timestampMs === found.timestampMs
}

function checkMissing(partition: PartitionModel, batch: ModelBatch, served: ReadonlyMap<number, FoundRecord>): void {
  for (const [index, { key, value }] of batch.records.entries()) {
    const offset = batch.baseOffset + index
    if (served.has(offset) || value === null) continue
    if (!mayBeSuperseded(partition, { batch, index, key }))
      throw new Violation(`${partition.name} lost the latest record of key ${key}, at offset ${offset}`)
  }
}

function mayBeSuperseded(
  partition: PartitionModel,
  { batch, index, key }: { readonly batch: ModelBatch; readonly index: number; readonly key: string | null },
): boolean {
  if (batch.records.slice(index + 1).some((record) => record.key === key)) return true
  return partition.batches.some(
    (later) =>
      (later.isRepeated || later.append.number > batch.append.number) &&
      later.records.some((record) => record.key === key),
  )
}
