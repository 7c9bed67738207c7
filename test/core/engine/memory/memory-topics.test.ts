import { expect, it } from 'vitest'
import { MemoryTopics } from '../../../../core/engine/memory/memory-topics.js'
import { nodeWorld } from '../../../../core/runtime/node-world.js'

it('topics in memory take no more partitions than all may have, be it by making or by altering them', async () => {
  const { random } = nodeWorld()
  const topics = new MemoryTopics({ random, checkOpen: () => undefined, removed: () => undefined })
  for (const name of ['a', 'b', 'c', 'd']) await topics.create({ name, partitions: 10_000 })
  await topics.create({ name: 'e', partitions: 9_000 })
  const refused = { code: 'invalid_topic_setting', details: { setting: 'partitions' } }
  await expect(topics.create({ name: 'f', partitions: 1_000 })).rejects.toMatchObject(refused)
  await expect(topics.alter('e', { partitions: 10_000 })).rejects.toMatchObject(refused)
  expect(topics.find('f')).toBeUndefined()
  expect(topics.find('e')?.partitions).toBe(9_000)
  await topics.delete('a')
  expect(await topics.alter('e', { partitions: 10_000 })).toMatchObject({ partitions: 10_000 })
})
