import { expect, it } from 'vitest'
import { EmbeddedTopics } from '../../../../core/engine/embedded/embedded-topics.js'
import type { LogStore } from '../../../../core/log/log-store.js'
import { nodeWorld } from '../../../../core/runtime/node-world.js'

/** Remembers nothing: to make as many partitions on a disk takes minutes. */
function storeOf(partitionCounts: readonly number[]): LogStore {
  const topics = partitionCounts.map((partitions, at) => ({ id: `${at}`, name: `t${at}`, partitions, settings: {} }))
  const done = (): Promise<void> => Promise.resolve()
  const store = { topics: () => topics, createTopic: done, alterTopic: done, deleteTopic: done, barrier: done }
  return store as Pick<LogStore, keyof typeof store> as LogStore
}

it('topics on disk take no more partitions than all may have, be it by making or by altering them', async () => {
  const store = storeOf([10_000, 10_000, 10_000, 10_000, 9_000])
  const { random } = nodeWorld()
  const topics = new EmbeddedTopics({ store, random, checkOpen: () => undefined, removed: () => Promise.resolve() })
  const refused = { code: 'invalid_topic_setting', details: { setting: 'partitions' } }
  await expect(topics.create({ name: 'next', partitions: 1_001 })).rejects.toMatchObject(refused)
  await topics.create({ name: 'next', partitions: 1 })
  await expect(topics.alter('t4', { partitions: 10_000 })).rejects.toMatchObject(refused)
  await topics.delete('t0')
  expect(await topics.alter('t4', { partitions: 10_000 })).toMatchObject({ partitions: 10_000 })
})
