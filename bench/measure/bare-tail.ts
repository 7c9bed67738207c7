// The denominator for file to log: a loop that reads, splits, encodes the same records, writes them to one file and
// syncs every 16 MiB. No identity, no rotation, no resume points, no partitions.

import { closeSync, fdatasyncSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { BatchBuilder, type RecordParts } from '../../core/record/batch-builder.js'
import type { Run } from './pairs.js'

const chunkBytes = 1024 * 1024
const batchBytes = 512 * 1024
const syncBytes = 16 * 1024 * 1024

export function bareTail(path: string, outPath: string): Run {
  const startedMs = performance.now()
  const input = openSync(path, 'r')
  const output = openSync(outPath, 'w')
  const builder = new BatchBuilder(batchBytes)
  const parts: RecordParts = {
    key: Buffer.from(path),
    value: null,
    valueStart: 0,
    valueEnd: 0,
    timestampMs: Date.now(),
    headers: null,
  }
  const chunk = Buffer.allocUnsafe(2 * chunkBytes)
  let heldBytes = 0
  let unsyncedBytes = 0
  let lines = 0
  const flush = (): void => {
    unsyncedBytes += writeSync(output, builder.finish())
    builder.reset()
    if (unsyncedBytes < syncBytes) return
    fdatasyncSync(output)
    unsyncedBytes = 0
  }
  for (;;) {
    const count = readSync(input, chunk, heldBytes, chunkBytes, null)
    if (count === 0) break
    const end = heldBytes + count
    let start = 0
    parts.value = chunk
    for (;;) {
      const lineEnd = chunk.indexOf(10, start)
      if (lineEnd < 0 || lineEnd >= end) break
      parts.valueStart = start
      parts.valueEnd = lineEnd
      if (!builder.append(parts)) {
        flush()
        builder.append(parts)
      }
      lines++
      start = lineEnd + 1
    }
    chunk.copy(chunk, 0, start, end)
    heldBytes = end - start
  }
  if (builder.recordCount > 0) flush()
  fdatasyncSync(output)
  closeSync(input)
  closeSync(output)
  unlinkSync(outPath)
  return { seconds: (performance.now() - startedMs) / 1000, amount: lines }
}
