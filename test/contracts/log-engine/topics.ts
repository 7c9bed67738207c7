// Behaviours of every engine: topics.

import { describe, expect, test } from 'vitest'
import { defaultTopicSettings, type TopicSettings } from '../../../core/engine/topic-admin.js'
import { internalTopics } from '../../../core/engine/topic-rules.js'
import { batchOf, codeOf, type MakeHarness, useEngine, wanted } from './engine-harness.js'

export function topicBehaviours(make: MakeHarness): void {
  describe('topics', () => {
    const under = useEngine(make)

    test('takes the settings it is given and the defaults for the rest', async () => {
      const { topics } = under.engine
      const created = await topics.create({
        name: 't',
        partitions: 3,
        settings: { retentionMs: 1000, cleanup: 'compact' },
      })
      const settings = { ...defaultTopicSettings, retentionMs: 1000, cleanup: 'compact' }
      expect(created).toEqual({ name: 't', id: created.id, partitions: 3, settings, internal: false })
      expect(topics.find('t')).toEqual(created)
      expect(topics.list()).toEqual([created])
    })

    test('gives every topic a UUID of its own', async () => {
      const ids = []
      for (const name of ['a', 'b', 'c']) ids.push((await under.engine.topics.create({ name, partitions: 1 })).id)
      expect(new Set(ids).size).toBe(3)
      for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    })

    test('lists topics by name', async () => {
      for (const name of ['b', 'c', 'a', 'B']) await under.engine.topics.create({ name, partitions: 1 })
      expect(under.engine.topics.list().map(({ name }) => name)).toEqual(['B', 'a', 'b', 'c'])
    })

    test('finds its internal topics, and lists none of them', () => {
      for (const { name } of internalTopics) {
        expect(under.engine.topics.find(name)).toMatchObject({ internal: true, settings: { cleanup: 'compact' } })
      }
      expect(under.engine.topics.list()).toEqual([])
    })

    test('knows nothing of a topic that was never made', () => {
      expect(under.engine.topics.find('nothing')).toBeUndefined()
    })

    test('refuses a name that is taken', async () => {
      const { topics } = under.engine
      const first = await topics.create({ name: 't', partitions: 1 })
      expect(await codeOf(topics.create({ name: 't', partitions: 2 }))).toBe('topic_exists')
      expect(topics.find('t')).toEqual(first)
    })

    test.each(['', '.', '..', 'a/b', 'a b', 'ü', 'a\0', 'x'.repeat(250)])('refuses the name %j', async (name) => {
      expect(await codeOf(under.engine.topics.create({ name, partitions: 1 }))).toBe('invalid_topic_name')
    })

    test.each(['x'.repeat(249), '...', 'a.b_c-D9', '-'])('takes the name %j', async (name) => {
      await under.engine.topics.create({ name, partitions: 1 })
      await under.append(name, 0, ['v'])
      expect(await under.values(name, 0)).toEqual(['v'])
    })

    test('keeps topics apart whose names look like partitions of each other', async () => {
      await under.engine.topics.create({ name: 'a', partitions: 12 })
      await under.engine.topics.create({ name: 'a-1', partitions: 2 })
      await under.append('a', 11, ['eleven of a'])
      await under.append('a-1', 1, ['one of a-1'])
      expect(await under.values('a', 11)).toEqual(['eleven of a'])
      expect(await under.values('a-1', 1)).toEqual(['one of a-1'])
      expect(await under.values('a', 1)).toEqual([])
    })

    test('keeps reserved names to itself', async () => {
      const { topics } = under.engine
      const { name } = internalTopics[0]!
      expect(await codeOf(topics.create({ name: '__tailrace_mine', partitions: 1 }))).toBe('internal_topic')
      expect(await codeOf(topics.alter(name, { partitions: 2 }))).toBe('internal_topic')
      expect(await codeOf(topics.delete(name))).toBe('internal_topic')
      expect(await codeOf(under.append(name, 0, ['v']))).toBe('internal_topic')
    })

    test.each([
      { partitions: 0 },
      { partitions: 1.5 },
      { partitions: 1, settings: { retentionMs: -2 } },
      { partitions: 1, settings: { segmentBytes: 1 } },
      { partitions: 1, settings: { maxBatchBytes: 9 * 1024 * 1024 } },
      { partitions: 1, settings: { minDirtyRatio: 1.1 } },
      { partitions: 1, settings: { cleanup: 'shred' } as unknown as Partial<TopicSettings> },
      { partitions: 1, settings: { retention: 5 } as unknown as Partial<TopicSettings> },
    ])('refuses the settings %j', async (wrong) => {
      expect(await codeOf(under.engine.topics.create({ name: 't', ...wrong }))).toBe('invalid_topic_setting')
      expect(under.engine.topics.find('t')).toBeUndefined()
    })

    test('adds partitions, and leaves those that are there as they are', async () => {
      const { topics } = under.engine
      const { id } = await topics.create({ name: 't', partitions: 1 })
      await under.append('t', 0, ['old'])
      expect(await topics.alter('t', { partitions: 3 })).toMatchObject({ id, partitions: 3 })
      await under.append('t', 2, ['new'])
      expect([await under.values('t', 0), await under.values('t', 1), await under.values('t', 2)]).toEqual([
        ['old'],
        [],
        ['new'],
      ])
    })

    test('takes no partition away', async () => {
      await under.engine.topics.create({ name: 't', partitions: 2 })
      expect(await codeOf(under.engine.topics.alter('t', { partitions: 1 }))).toBe('invalid_topic_setting')
      expect(under.engine.topics.find('t')?.partitions).toBe(2)
    })

    test('changes the settings that are named, at once', async () => {
      const { topics } = under.engine
      const before = await topics.create({ name: 't', partitions: 1, settings: { retentionMs: 5 } })
      const after = await topics.alter('t', { settings: { maxBatchBytes: 1024 } })
      expect(after).toEqual({ ...before, settings: { ...before.settings, maxBatchBytes: 1024 } })
      expect(await codeOf(under.append('t', 0, ['x'.repeat(2000)]))).toBe('batch_too_large')
    })

    test('cannot change or delete what is not there', async () => {
      expect(await codeOf(under.engine.topics.alter('t', { partitions: 2 }))).toBe('unknown_topic')
      expect(await codeOf(under.engine.topics.delete('t'))).toBe('unknown_topic')
    })

    test('a deleted topic is gone for everybody', async () => {
      const { engine } = under
      await engine.topics.create({ name: 't', partitions: 1 })
      await under.append('t', 0, ['v'])
      await engine.topics.delete('t')
      expect(engine.topics.find('t')).toBeUndefined()
      expect(engine.topics.list()).toEqual([])
      expect(await codeOf(engine.append([{ topic: 't', partition: 0, batch: batchOf('v') }]))).toBe('unknown_topic')
      expect(await codeOf(engine.bounds({ topic: 't', partition: 0 }))).toBe('unknown_topic')
      const [chunk] = await under.read([wanted('t', 0, 0)])
      expect(chunk).toMatchObject({ nextOffset: 0, error: { code: 'unknown_partition' } })
      expect(chunk!.batches).toHaveLength(0)
    })

    test('a topic made anew is another one, and empty', async () => {
      const { topics } = under.engine
      const first = await topics.create({ name: 't', partitions: 2 })
      await under.append('t', 1, ['of the first'])
      await topics.delete('t')
      const second = await topics.create({ name: 't', partitions: 2 })
      expect(second.id).not.toBe(first.id)
      expect(await under.values('t', 1)).toEqual([])
      expect(await under.append('t', 1, ['of the second'])).toMatchObject({ baseOffset: 0 })
    })

    test('a topic made anew is not read from where the old one ended', async () => {
      const { engine } = under
      const nobody = { group: 'g', memberId: '', generation: -1 }
      await engine.topics.create({ name: 't', partitions: 1 })
      await under.append('t', 0, ['a', 'b'])
      await engine.groups.commit({ ...nobody, offsets: [{ topic: 't', partition: 0, offset: 2 }] })
      await engine.topics.delete('t')
      await engine.topics.create({ name: 't', partitions: 1 })
      expect(engine.groups.committed('g', { topic: 't', partition: 0 })).toBeUndefined()
    })

    test('makes and deletes many topics at the same time', async () => {
      const names = Array.from({ length: 20 }, (_, index) => `t${index}`)
      await Promise.all(names.map((name) => under.engine.topics.create({ name, partitions: 2 })))
      await Promise.all(names.slice(5).map((name) => under.engine.topics.delete(name)))
      expect(under.engine.topics.list().map(({ name }) => name)).toEqual(names.slice(0, 5))
    })
  })
}
