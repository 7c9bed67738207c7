import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryPartition } from '../../../../core/engine/memory/memory-partition.js'
import { defaultTopicSettings, type TopicSettings } from '../../../../core/engine/topic-admin.js'
import { checkBatch } from '../../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../../core/record/encode-batch.js'
import { ProducerRoom } from '../../../../core/record/producer-table.js'
import { RecordCursor } from '../../../../core/record/record-cursor.js'

interface Seen {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
}

function recordsOf(partition: MemoryPartition): Seen[] {
  const cursor = new RecordCursor()
  cursor.reset(partition.read(0, { maxBytes: Infinity, firstIsFree: true, view: 'all' }).batches)
  const seen: Seen[] = []
  while (cursor.next()) {
    const { offset, timestampMs } = cursor
    seen.push({ offset, key: cursor.key()?.toString() ?? null, value: cursor.value()?.toString() ?? null, timestampMs })
  }
  return seen
}

const record = fc.record({
  key: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { freq: 9 }),
  value: fc.option(fc.string({ maxLength: 30 }), { freq: 4 }),
  timestampMs: fc.nat(5000),
})

test('compaction leaves each key its latest record and what has no key, unchanged and whole', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(record, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 40 }),
      (batches) => {
        const partition = new MemoryPartition(new ProducerRoom())
        const settings: TopicSettings = {
          ...defaultTopicSettings,
          cleanup: 'compact',
          segmentBytes: 1024,
          minDirtyRatio: 0.2,
        }
        const model: Seen[] = []
        for (const records of batches) {
          const encoded = records.map(({ key, value, timestampMs }) => {
            return {
              key: key === null ? null : Buffer.from(key),
              value: value === null ? null : Buffer.from(value),
              timestampMs,
            }
          })
          const baseOffset = partition.append(encodeBatch(encoded), settings, 0)
          records.forEach((each, index) => model.push({ ...each, offset: baseOffset + index }))
        }
        const latest = new Map(model.map(({ key, offset }) => [key, offset]))
        const kept = recordsOf(partition)
        for (const each of kept) expect(each).toEqual(model[each.offset])
        const keptOffsets = new Set(kept.map(({ offset }) => offset))
        for (const { key, offset } of model) {
          if (key === null || latest.get(key) === offset) expect(keptOffsets).toContain(offset)
        }
        let offset = 0
        while (offset < partition.nextOffset) {
          const { batches: bytes, nextOffset } = partition.read(offset, { maxBytes: 1, firstIsFree: true, view: 'all' })
          expect(checkBatch(bytes, 0, bytes.length)).toBeUndefined()
          offset = nextOffset
        }
      },
    ),
  )
})
