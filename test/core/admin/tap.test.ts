import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tapTopic } from '../../../core/admin/tap.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../../core/engine/memory/memory-engine.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { unreadableBatch } from '../record/compressed-batch.js'
import { foreignBatches, foreignRecordCount, foreignValue } from '../record/foreign-batches.js'

const world = nodeWorld()
const never = new AbortController().signal

describe('tap', () => {
  let engine: LogEngine

  beforeEach(async () => {
    engine = await openMemoryEngine({ clock: world.clock, random: world.random, logger: silentLogger })
    await engine.topics.create({ name: 'app', partitions: 1, settings: {} })
  })

  afterEach(() => engine.close())

  it.each(foreignBatches)('shows the records of $name', async ({ batch }) => {
    await engine.append([{ topic: 'app', partition: 0, batch }])
    const values: unknown[] = []
    for await (const record of tapTopic(
      engine,
      'app',
      { from: { kind: 'earliest' }, count: foreignRecordCount },
      never,
    )) {
      values.push((record as { value?: unknown }).value)
    }
    expect(values).toEqual(Array.from({ length: foreignRecordCount }, (_, number) => foreignValue(number)))
  })

  it('ends with the error when a batch cannot be read, behind the records before it', async () => {
    const batch = encodeBatch([{ key: null, value: Buffer.from('whole'), timestampMs: 1 }])
    await engine.append([{ topic: 'app', partition: 0, batch }])
    await engine.append([{ topic: 'app', partition: 0, batch: unreadableBatch(batch, 3) }])
    const offsets: number[] = []
    const walk = async (): Promise<void> => {
      for await (const { offset } of tapTopic(engine, 'app', { from: { kind: 'earliest' } }, never))
        offsets.push(offset)
    }
    await expect(walk()).rejects.toMatchObject({ code: 'decompression_failed', details: { baseOffset: 1 } })
    expect(offsets).toEqual([0])
  })
})
