// A topic that is deleted takes the offsets of groups along, also those that are on their way meanwhile.

import { expect, it } from 'vitest'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { TransactionalProducer } from '../../contracts/log-engine/transactional-producer.js'
import { EngineRig } from './engine-rig.js'

const of = { topic: 'orders', partition: 0 }
const groups = Array.from({ length: 30 }, (_, number) => `group-${number}`)

type Commit = () => Promise<void>

function commitOf(group: string) {
  return { group, memberId: '', generation: -1, offsets: [{ ...of, offset: 0 }] }
}

async function inTransaction(engine: LogEngine, group: string): Promise<Commit> {
  const producer = await TransactionalProducer.open(engine, group)
  await engine.transactions.addGroup(producer.identity, group)
  await engine.transactions.commitOffsets(producer.identity, commitOf(group))
  return () => producer.end('commit')
}

async function byMember(engine: LogEngine, group: string): Promise<Commit> {
  return () => engine.groups.commit(commitOf(group))
}

it.each([
  ['a transaction', inTransaction],
  ['a member', byMember],
])('no offset that %s commits meanwhile is left', async (_who, prepare) => {
  for (let seed = 1; seed <= 10; seed++) {
    const rig = new EngineRig(seed)
    await rig.run(async () => {
      const engine = await rig.open()
      await rig.create(engine, 'orders')
      const commits: Commit[] = []
      for (const group of groups) commits.push(await prepare(engine, group))
      rig.machine.faults.slowDown({ chance: 0.5, maxMs: 20 })
      const deleting = engine.topics.delete('orders')
      const trying = commits.map(async (commit, turn) => {
        await rig.pass(2 * turn)
        // Refused from some turn on, as the topic is gone.
        await commit().catch(() => undefined)
      })
      await deleting
      await Promise.all(trying)
      expect(groups.filter((group) => engine.groups.committed(group, of) !== undefined)).toEqual([])
      rig.machine.faults.disarmAll()
      await engine.close()
    })
  }
})
