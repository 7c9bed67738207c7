import { describe, expect, test } from 'vitest'
import { defaultTopicSettings } from '../../../core/engine/topic-admin.js'
import {
  changedTopic,
  checkPartitionRoom,
  checkTopicName,
  internalTopics,
  maxPartitionsInAll,
  newTopicSettings,
} from '../../../core/engine/topic-rules.js'

describe('rules of topics', () => {
  test('let all topics together have so many partitions and no more', () => {
    const topicOf = (partitions: number) => ({
      name: 't',
      id: '',
      partitions,
      settings: defaultTopicSettings,
      internal: false,
    })
    const there = [topicOf(maxPartitionsInAll - 10), topicOf(7)]
    expect(() => checkPartitionRoom(there, 'next', 3)).not.toThrow()
    expect(() => checkPartitionRoom(there, 'next', 4)).toThrow(
      'partitions of next: 4 is not within 50000 of all topics, of which 49997 are there',
    )
  })

  test('say which setting is wrong, and how it has to be', () => {
    const wrong = () => newTopicSettings({ name: 'shop.orders', partitions: 1, settings: { flushMs: 0 } })
    expect(wrong).toThrow('flushMs of shop.orders: 0 is not 1 to 60000 milliseconds')
  })

  test('take the bounds of every setting and nothing beyond', () => {
    const takes = (settings: object): boolean => {
      try {
        newTopicSettings({ name: 't', partitions: 1, settings })
        return true
      } catch {
        return false
      }
    }
    const bounds = [
      ['retentionMs', [-1, 0, 1], [-2, 0.5, '1']],
      ['retentionBytes', [-1, 0], [-2, Number.NaN]],
      ['segmentBytes', [1024, 2 ** 31 - 1], [1023, 2 ** 31]],
      ['segmentMs', [1], [0, Infinity]],
      ['durability', ['fsync', 'written'], ['none']],
      ['flushMs', [1, 60_000], [60_001]],
      ['timestampType', ['create', 'append'], ['now']],
      ['maxBatchBytes', [1024, 8 * 1024 * 1024], [1023, 8 * 1024 * 1024 + 1]],
      ['deleteRetentionMs', [0], [-1]],
      ['minDirtyRatio', [0, 0.5, 1], [-0.1, 1.1, '0.5']],
      ['cleanup', ['delete', 'compact', 'compact,delete'], ['']],
      ['retention', [], [1]],
    ] as const
    for (const [name, good, bad] of bounds) {
      for (const value of good) expect([name, value, takes({ [name]: value })]).toEqual([name, value, true])
      for (const value of bad) expect([name, value, takes({ [name]: value })]).toEqual([name, value, false])
    }
    expect(bounds.map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(defaultTopicSettings)))
  })

  test('leave a setting that is given as undefined at what it was', () => {
    const topic = { name: 't', id: 'i', partitions: 2, settings: defaultTopicSettings, internal: false }
    expect(changedTopic(topic, { settings: { retentionMs: undefined } as never })).toEqual(topic)
  })

  test('let no client use the names of the internal topics', () => {
    for (const { name } of internalTopics) {
      expect(() => checkTopicName(name)).toThrow(expect.objectContaining({ code: 'internal_topic' }))
    }
  })

  test('show a long name cut', () => {
    expect(() => checkTopicName('x'.repeat(100_000))).toThrow(/^.{250,300}$/)
  })
})
