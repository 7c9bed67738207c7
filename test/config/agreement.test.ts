// What configuration states of the engine without importing it, held equal to the engine.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { topicFields } from '../../config/file-fields.js'
import { topicNameProblem } from '../../config/topic-names.js'
import { readSettings } from '../../core/connector/fields.js'
import { defaultTopicSettings } from '../../core/engine/topic-admin.js'
import { checkTopicName } from '../../core/engine/topic-rules.js'

it('fills a topic with the defaults of the engine', () => {
  const topic = readSettings(topicFields, {})
  expect({
    cleanup: topic.cleanup,
    retentionMs: topic.retention.time,
    retentionBytes: topic.retention.bytes,
    segmentBytes: topic.segment.bytes,
    segmentMs: topic.segment.time,
    durability: topic.durability,
    flushMs: topic.flush,
    timestampType: topic.timestampType,
    maxBatchBytes: topic.maxBatch,
    deleteRetentionMs: topic.compaction.tombstones,
    minDirtyRatio: topic.compaction.dirtyPercent / 100,
  }).toEqual(defaultTopicSettings)
})

it('refuses the topic names that the engine refuses, and no others', () => {
  const engineRefuses = (name: string): boolean => {
    try {
      checkTopicName(name)
      return false
    } catch {
      return true
    }
  }
  const characters = fc.constantFrom(...'aZ09._-/ ü\u0000'.split(''))
  const names = fc.oneof(
    fc.string({ unit: characters, maxLength: 6 }),
    fc.string({ unit: fc.constantFrom('a', '.'), minLength: 245, maxLength: 253 }),
    fc.constantFrom('.', '..', '...', '', '__tailrace_state', '__tailrace', '__consumer_offsets'),
  )
  fc.assert(fc.property(names, (name) => (topicNameProblem(name) !== undefined) === engineRefuses(name)))
})
