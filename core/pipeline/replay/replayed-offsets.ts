// Which dead letters of a partition were replayed, in the state of the engine, so that a second run repeats none.
//
// Key `TOPIC_ID/PARTITION/NUMBER`, value in base64: one bit for each of the 4,096 offsets from NUMBER * 4096 on, the
// lowest bit of a byte first. What lies wholly below the start of the log is forgotten with the next change.

import type { ConnectorState, Json } from '../../connector/context.js'

const offsetsInChunk = 4_096

export interface DeadLetterPartition {
  readonly topicId: string
  readonly partition: number
  readonly logStartOffset: number
}

export class ReplayedOffsets {
  readonly #prefix: string
  readonly #chunks = new Map<number, Buffer>()
  readonly #changed = new Set<number>()

  constructor(state: ConnectorState, { topicId, partition, logStartOffset }: DeadLetterPartition) {
    this.#prefix = `${topicId}/${partition}/`
    for (const [key, value] of state.entries(this.#prefix)) {
      const number = Number(key.slice(this.#prefix.length))
      this.#chunks.set(number, Buffer.from(typeof value === 'string' ? value : '', 'base64'))
      if ((number + 1) * offsetsInChunk <= logStartOffset) this.#changed.add(number)
    }
    for (const number of this.#changed) this.#chunks.delete(number)
  }

  has(offset: number): boolean {
    const bit = offset % offsetsInChunk
    return ((this.#chunks.get(Math.floor(offset / offsetsInChunk))?.[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0
  }

  add(offset: number): void {
    const number = Math.floor(offset / offsetsInChunk)
    const bit = offset % offsetsInChunk
    const chunk = this.#chunks.get(number) ?? Buffer.alloc(offsetsInChunk / 8)
    chunk[bit >> 3] = chunk[bit >> 3]! | (1 << (bit & 7))
    this.#chunks.set(number, chunk)
    this.#changed.add(number)
  }

  /** What changed since the last call, for the append that makes it true. */
  takeChanges(): ReadonlyMap<string, Json | undefined> {
    const changes = new Map<string, Json | undefined>()
    for (const number of this.#changed) {
      changes.set(`${this.#prefix}${number}`, this.#chunks.get(number)?.toString('base64'))
    }
    this.#changed.clear()
    return changes
  }
}
