// Recovery's writes: the batches of the journal, each at its place in its segment, whatever is there already.

import { join } from 'node:path'
import type { Files, OpenFile } from '../runtime/files.js'
import { segmentName, type DataLayout } from './data-layout.js'
import type { BatchEntry } from './journal-entry.js'
import { partitionKey, segmentKey, type Replay } from './replay.js'

/** A journal may name more segments than a process may hold open. */
const openLimit = 256

export class SegmentRewriter {
  readonly #files: Files
  readonly #layout: DataLayout
  readonly #replay: Replay
  readonly #open = new Map<string, OpenFile>()
  readonly #written = new Set<string>()
  readonly #directories = new Set<string>()

  constructor(files: Files, layout: DataLayout, replay: Replay) {
    this.#files = files
    this.#layout = layout
    this.#replay = replay
  }

  /** Writes the batch, unless its topic or its segment is gone by the end of the journal. */
  write(entry: BatchEntry, bytes: Buffer): void {
    this.#fileFor(entry)?.writeSync(bytes.subarray(entry.start, entry.end), entry.position)
  }

  /** Waits until the device has all of it, names included. */
  async sync(): Promise<void> {
    this.close()
    for (const path of this.#written) {
      // Another descriptor of the same file syncs what any of them wrote.
      const file = await this.#files.open(path, 'write')
      try {
        await file.datasync()
      } finally {
        await file.close()
      }
    }
    for (const directory of this.#directories) await this.#files.syncDirectory(directory)
  }

  close(): void {
    for (const file of this.#open.values()) file.closeSync()
    this.#open.clear()
  }

  #fileFor(entry: BatchEntry): OpenFile | undefined {
    const key = segmentKey(entry.topicId, entry.partition, entry.segmentBase)
    const known = this.#open.get(key)
    if (known !== undefined) return known
    const topic = this.#replay.topics.get(entry.topicId)
    const partition = this.#replay.partitions.get(partitionKey(entry.topicId, entry.partition))
    if (topic === undefined || partition === undefined || !partition.segments.has(entry.segmentBase)) return undefined
    if (this.#open.size >= openLimit) this.close()
    const directory = this.#layout.partitionDirectory(topic.name, entry.partition)
    const path = join(directory, `${segmentName(entry.segmentBase)}.log`)
    const file = this.#files.openSync(path, 'create')
    this.#open.set(key, file)
    this.#written.add(path)
    this.#directories.add(directory)
    return file
  }
}
