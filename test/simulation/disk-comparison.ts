// At the end of a run: what lies on the disk, read by a reader that knows nothing of the engine, is what it served.

import { readPartition, type ReadableDirectory } from '../support/segment-reader.js'
import type { Findings } from './log-examination.js'
import { type LogModel, Violation } from './log-model.js'
import type { SimulatedDisk } from './world/simulated-disk.js'

/** Retention and compaction may have gone on since the engine answered, up to its close. */
function agrees(stored: readonly object[], answered: readonly object[]): boolean {
  const lines = new Set(answered.map((record) => JSON.stringify(record)))
  const last = (records: readonly object[]) => JSON.stringify(records.at(-1))
  return (
    stored.every((record) => lines.has(JSON.stringify(record))) &&
    (stored.length === 0 || last(stored) === last(answered))
  )
}

export function compareWithDisk(
  disk: SimulatedDisk,
  served: { readonly directory: string; readonly findings: Findings; readonly model: LogModel },
): void {
  const { directory, findings, model } = served
  const readable: ReadableDirectory = {
    list: (path) => [...disk.findDirectory('list', path).live.keys()].sort(),
    read: (path) => Buffer.from(disk.findFile('read', path).live.content()),
  }
  const isRotten = [...model.topics.values()].some(({ partitions }) =>
    partitions.some(({ batches }) => batches.some((batch) => batch.isRotten)),
  )
  if (isRotten) return
  for (const [name, found] of findings) {
    const segments = readPartition(readable, `${directory}/topics/${name}`)
    const stored = segments
      .flatMap(({ batches }) => batches.flatMap(({ records }) => records))
      .filter(({ offset }) => offset >= found.bounds.logStartOffset)
      .map(({ offset, key, value, timestampMs }) => ({ offset, key, value, timestampMs }))
    const answered = found.batches
      .flatMap(({ records }) => records)
      .filter(({ offset }) => offset >= found.bounds.logStartOffset)
    if (!agrees(stored, answered))
      throw new Violation(
        `${name}: the disk holds ${stored.length} records, the engine served ${answered.length} others`,
      )
  }
}
