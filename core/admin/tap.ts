// Records of a topic, live or from the past, one by one for people's eyes: this is no hot path.

import type { LogEngine, PartitionRead } from '../engine/log-engine.js'
import { RecordCursor } from '../record/record-cursor.js'
import type { TapOptions, TapRecord } from './admin-service.js'
import { offsetAt } from './log-position.js'
import { findTopic } from './topic-views.js'

const maxBytesPerRead = 1024 * 1024
/** How long one read waits; also the longest that a partition made meanwhile or a vanished topic goes unnoticed. */
const maxWaitMs = 1000

/**
 * Yields durable records until `count` is reached or the signal is aborted. An offset below a partition's log start
 * goes on at the log start, one beyond its end waits there. Errors: unknown_topic, damaged.
 */
export async function* tapTopic(
  engine: LogEngine,
  topic: string,
  options: TapOptions,
  signal: AbortSignal,
): AsyncGenerator<TapRecord> {
  const next = await startOffsets(engine, topic, options)
  const cursor = new RecordCursor()
  let left = options.count ?? Infinity
  while (left > 0 && !signal.aborted) {
    const chunks = await readFrom(engine, topic, next, signal)
    for (const chunk of chunks) {
      if (chunk.error !== undefined) throw chunk.error
      const from = next[chunk.partition]!
      next[chunk.partition] = chunk.nextOffset
      cursor.reset(chunk.batches)
      while (left > 0 && cursor.next()) {
        if (cursor.offset < from) continue
        left--
        yield tapRecord(topic, chunk.partition, cursor)
      }
    }
  }
}

async function startOffsets(engine: LogEngine, topic: string, { from }: TapOptions): Promise<number[]> {
  const { partitions } = findTopic(engine, topic)
  const offsets = Array.from({ length: partitions }, async (_, partition) => {
    const of = { topic, partition }
    const { logStartOffset, highWatermark } = await engine.bounds(of)
    return Math.min(Math.max(await offsetAt(engine, of, from), logStartOffset), highWatermark)
  })
  return Promise.all(offsets)
}

async function readFrom(
  engine: LogEngine,
  topic: string,
  next: readonly number[],
  signal: AbortSignal,
): Promise<Awaited<ReturnType<LogEngine['read']>>['chunks']> {
  const reads: PartitionRead[] = next.map((offset, partition) => ({
    topic,
    partition,
    offset,
    maxBytes: maxBytesPerRead,
  }))
  const limits = { minBytes: 1, maxBytes: maxBytesPerRead, maxWaitMs, isolation: 'durable' } as const
  try {
    return (await engine.read(reads, limits, signal)).chunks
  } catch (error) {
    if (signal.aborted) return []
    throw error
  }
}

function tapRecord(topic: string, partition: number, cursor: RecordCursor): TapRecord {
  const headers = cursor.headers().map(({ key, value }) => ({ key, ...asText('value', value) }))
  return {
    topic,
    partition,
    offset: cursor.offset,
    timestampMs: cursor.timestampMs,
    ...asText('key', cursor.key()),
    ...asText('value', cursor.value()),
    headers,
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function asText(name: string, bytes: Uint8Array | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null }
  try {
    return { [name]: utf8.decode(bytes) }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { [`${name}Base64`]: Buffer.from(bytes).toString('base64') }
  }
}
