// The newest value of each key of a topic, in memory, for a lookup step.
//
// Loaded up to the end of the log before the first record, and brought up to date (`refresh`) after each read of
// records and before their steps: so that a record sees every row that was durable when it was read. Nothing of it is
// remembered beside the topic: what is done again after a crash sees the table as it is then, as new as before or newer,
// and what was seen with the older one is in no append.

import { parseJson } from '../../../format/json-parser.js'
import { maxJsonDepth, stringifyJson } from '../../../format/json-object.js'
import { type JsonValue, ParseFailure } from '../../../format/parsed.js'
import { engineErrors } from '../../../engine/errors.js'
import type { LogEngine } from '../../../engine/log-engine.js'
import { RecordCursor } from '../../../record/record-cursor.js'
import { statefulErrors } from './errors.js'
import { keyTextOf } from './key-text.js'

const readBytes = 4 * 1024 * 1024
/** What an entry takes in memory beside its bytes, about. */
const entryOverheadBytes = 160

export interface LookupTableOptions {
  readonly engine: LogEngine
  /** Of the step, for messages. */
  readonly step: string
  readonly topic: string
  readonly maxBytes: number
}

export class LookupTable {
  private readonly options: LookupTableOptions
  private readonly rows = new Map<string, Buffer>()
  private readonly cursor = new RecordCursor()
  private topicId = ''
  /** Where to go on, by partition. */
  private offsets: number[] = []
  private bytes = 0

  constructor(options: LookupTableOptions) {
    this.options = options
  }

  get topic(): string {
    return this.options.topic
  }

  /** Number of rows. */
  get size(): number {
    return this.rows.size
  }

  /** The row of the key: what its JSON says, or its text; undefined when there is none. */
  get(key: string): JsonValue | undefined {
    const row = this.rows.get(key)
    if (row === undefined) return undefined
    const text = row.toString('utf8')
    const value = parseJson(text, maxJsonDepth)
    return value instanceof ParseFailure ? text : value
  }

  /**
   * Takes in all that is durable. A topic that was made anew is loaded anew. Errors: unknown_topic, lookup_too_large,
   * offset_out_of_range when the topic lost rows that were not read yet, and what a partition answers.
   */
  async refresh(signal: AbortSignal): Promise<void> {
    const { engine, step, topic } = this.options
    const found = engine.topics.find(topic)
    if (found === undefined) {
      throw engineErrors.make('unknown_topic', `${step} looks up in ${topic}, which does not exist`, {
        details: { topic },
      })
    }
    if (found.id !== this.topicId) this.clear(found.id)
    for (let partition = 0; partition < found.partitions; partition++) await this.readOn(partition, signal)
  }

  private async readOn(partition: number, signal: AbortSignal): Promise<void> {
    const { engine, topic } = this.options
    const { highWatermark, logStartOffset } = await engine.bounds({ topic, partition })
    // Rows that went by age before they were read are no rows any more.
    let offset = Math.max(this.offsets[partition] ?? 0, logStartOffset)
    while (offset < highWatermark) {
      const limits = { minBytes: 0, maxBytes: readBytes, maxWaitMs: 0, isolation: 'durable' } as const
      const { chunks } = await engine.read([{ topic, partition, offset, maxBytes: readBytes }], limits, signal)
      const { batches, nextOffset, error } = chunks[0]!
      if (error !== undefined) throw error
      this.take(batches, offset)
      // An open transaction of a producer holds up what is behind it.
      if (nextOffset === offset) break
      offset = nextOffset
    }
    this.offsets[partition] = offset
  }

  private take(batches: Buffer, firstOffset: number): void {
    const { cursor } = this
    cursor.reset(batches)
    while (cursor.next()) {
      const key = cursor.key()
      if (cursor.offset < firstOffset || key === null) continue
      this.put(rowKey(key), cursor.value())
    }
  }

  private put(key: string, value: Buffer | null): void {
    const former = this.rows.get(key)
    if (former !== undefined) this.bytes -= former.length + 2 * key.length + entryOverheadBytes
    if (value === null) {
      this.rows.delete(key)
      return
    }
    this.bytes += value.length + 2 * key.length + entryOverheadBytes
    this.rows.set(key, Buffer.from(value))
    const { step, topic, maxBytes } = this.options
    if (this.bytes <= maxBytes) return
    throw statefulErrors.make('lookup_too_large', `${step}: ${topic} takes more than ${maxBytes} bytes of memory`, {
      details: { step, topic, maxBytes, rows: this.rows.size },
    })
  }

  private clear(topicId: string): void {
    this.topicId = topicId
    this.rows.clear()
    this.offsets = []
    this.bytes = 0
  }
}

/** As `keyText` names it: a key that is a JSON object or list has many spellings. */
function rowKey(key: Buffer): string {
  const text = keyTextOf(key)
  const first = text.trimStart().charAt(0)
  if (first !== '{' && first !== '[') return text
  const value = parseJson(text, maxJsonDepth)
  return value instanceof ParseFailure ? text : stringifyJson(value)
}
