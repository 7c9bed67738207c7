// The coordinator of core/coordination/SPEC.md on a journal that is slow, full or read again: what is told when, and time-outs.

import { beforeEach, describe, expect, test } from 'vitest'
import { Coordinator } from '../../../core/coordination/coordinator.js'
import { inProcessHost, type OffsetsCommit } from '../../../core/engine/group-service.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { codeOf, isSettled } from '../../contracts/log-engine/engine-harness.js'
import {
  Consumer,
  joined,
  rebalanceTimeoutMs,
  sessionTimeoutMs,
  stable,
} from '../../contracts/log-engine/group-words.js'
import { ManualClock, settled } from '../../support/manual-clock.js'
import { FakeJournal } from './fake-journal.js'

const of = { topic: 't', partition: 0 }
const nobody = { group: 'g', memberId: '', generation: -1 }

describe('the coordinator', () => {
  let clock: ManualClock
  let journal: FakeJournal
  let coordinator: Coordinator

  /** A coordinator on what a journal holds, as after a restart. */
  function opened(port: FakeJournal): Coordinator {
    const made = new Coordinator({ port, clock, random: nodeWorld().random, logger: silentLogger })
    port.coordinator = made
    for (const { key, value } of port.records) made.replay(key, value)
    made.start()
    return made
  }

  async function restart(): Promise<void> {
    await coordinator.close()
    journal = new FakeJournal(journal.records)
    coordinator = opened(journal)
  }

  const consumer = (more = {}): Consumer => new Consumer(coordinator, more)

  beforeEach(() => {
    clock = new ManualClock()
    journal = new FakeJournal()
    coordinator = opened(journal)
  })

  test('tells nobody of a generation that is not durable', async () => {
    journal.isSlow = true
    const joining = consumer().join()
    expect(await isSettled(joining)).toBe(false)
    expect(journal.records).toEqual([])
    journal.flush()
    expect((await joining).generation).toBe(1)
  })

  test('gives no assignment that is not durable', async () => {
    const a = consumer()
    await a.join()
    journal.isSlow = true
    const syncing = a.sync()
    expect(await isSettled(syncing)).toBe(false)
    expect(coordinator.describe('g').state).toBe('CompletingRebalance')
    journal.flush()
    await syncing
    expect(coordinator.describe('g').state).toBe('Stable')
  })

  test('shows no offset before it is durable', async () => {
    journal.isSlow = true
    const committing = coordinator.commit({ ...nobody, offsets: [{ ...of, offset: 3 }] })
    expect(await isSettled(committing)).toBe(false)
    expect(coordinator.committed('g', of)).toBeUndefined()
    journal.flush()
    await committing
    expect(coordinator.committed('g', of)).toMatchObject({ offset: 3, committedAtMs: clock.now() })
  })

  test('refuses what an old generation wants to commit while the next is on its way to the log', async () => {
    const [a, b] = [consumer(), consumer()]
    await stable(a)
    const old = a.identity
    const joining = b.join()
    await settled()
    journal.isSlow = true
    const rejoining = a.join()
    await settled()
    expect(journal.pendingAppends).toBe(1)
    const late: OffsetsCommit = { ...old, offsets: [{ ...of, offset: 9 }] }
    expect(() => coordinator.decideCommits([late])).toThrow(expect.objectContaining({ code: 'rebalance_in_progress' }))
    journal.flush()
    await Promise.all([joining, rejoining])
    expect(() => coordinator.decideCommits([late])).toThrow(expect.objectContaining({ code: 'illegal_generation' }))
  })

  test('remembers the generation of a group whose last member leaves while its commit is on its way', async () => {
    const a = consumer()
    await stable(a)
    journal.isSlow = true
    const committing = coordinator.commit({ ...a.identity, offsets: [{ ...of, offset: 9 }] })
    const leaving = coordinator.leave(a.identity)
    await settled()
    journal.isSlow = false
    journal.flush()
    await Promise.all([committing, leaving])
    await restart()
    expect(coordinator.describe('g')).toMatchObject({ state: 'Empty', generation: 1 })
    expect(coordinator.committed('g', of)).toMatchObject({ offset: 9 })
  })

  test('refuses the old static member from the moment its place is given away', async () => {
    const a = consumer({ instanceId: 'one' })
    await stable(a)
    journal.isSlow = true
    const back = consumer({ instanceId: 'one' })
    const joining = back.join()
    await settled()
    const late: OffsetsCommit = { ...a.identity, offsets: [{ ...of, offset: 9 }] }
    expect(() => coordinator.decideCommits([late])).toThrow(expect.objectContaining({ code: 'rebalance_in_progress' }))
    journal.flush()
    await joining
    expect(() => coordinator.decideCommits([late])).toThrow(expect.objectContaining({ code: 'fenced_instance' }))
  })

  test('answers a failed append, and concludes the rebalance when the log takes records again', async () => {
    const a = consumer()
    await stable(a)
    journal.isFull = true
    expect(await codeOf(a.join())).toBe('log_disk_full')
    expect(coordinator.describe('g').state).toBe('PreparingRebalance')
    await clock.advance(3000)
    journal.isFull = false
    const [back] = await Promise.all([a.join(), clock.advance(2000)])
    expect(back.generation).toBe(2)
  })

  test('forgets a new member whose join could not be made durable', async () => {
    journal.isFull = true
    expect(await codeOf(consumer().join())).toBe('log_disk_full')
    journal.isFull = false
    await clock.advance(2000)
    expect(coordinator.list()).toEqual([])
    expect((await consumer().join()).generation).toBe(1)
  })

  test('answers all who wait for an assignment that could not be made durable', async () => {
    const [a, b] = [consumer(), consumer()]
    await joined(a, b)
    const [follower, leader] = a.leads ? [b, a] : [a, b]
    const waiting = codeOf(follower.sync())
    journal.isFull = true
    expect(await codeOf(leader.sync())).toBe('log_disk_full')
    expect(await waiting).toBe('log_disk_full')
    journal.isFull = false
    await Promise.all([leader.sync(), follower.sync()])
    expect(coordinator.describe('g').state).toBe('Stable')
  })

  test('drops a leader that could not assign, and then does not try again', async () => {
    const [a, b] = [consumer({ sessionTimeoutMs: 600_000 }), consumer({ sessionTimeoutMs: 600_000 })]
    await joined(a, b)
    const leader = a.leads ? a : b
    journal.isFull = true
    await codeOf(leader.sync())
    journal.isFull = false
    await clock.advance(rebalanceTimeoutMs)
    expect(await codeOf(leader.heartbeat())).toBe('unknown_member')
  })

  test('keeps commits in the order of the log, whenever the answers come', async () => {
    journal.isSlow = true
    const commits = [1, 2, 3].map((offset) => coordinator.commit({ ...nobody, offsets: [{ ...of, offset }] }))
    journal.flush(2)
    await commits[1]
    expect(coordinator.committed('g', of)).toMatchObject({ offset: 2 })
    journal.flush()
    await Promise.all(commits)
    expect(coordinator.committed('g', of)).toMatchObject({ offset: 3 })
  })

  test('has the same groups and offsets after a restart, and again when every record is read twice', async () => {
    const [a, b] = [consumer(), consumer({ group: 'h', instanceId: 'one' })]
    await stable(a)
    await stable(b)
    await a.commit({ ...of, offset: 5 })
    await coordinator.commit({ group: 'i', memberId: '', generation: -1, offsets: [{ ...of, offset: 6 }] })
    await coordinator.delete('i')
    const seen = (): unknown =>
      coordinator.list().map(({ group }) => {
        const { events: _ofThisProcess, ...described } = coordinator.describe(group)
        return [described, coordinator.allCommitted(group)]
      })
    const before = seen()
    await restart()
    expect(seen()).toEqual(before)
    journal = new FakeJournal(journal.records.flatMap((record) => [record, record]))
    coordinator = opened(journal)
    expect(seen()).toEqual(before)
  })

  test('gives members of before a full session from the restart on', async () => {
    const a = consumer()
    await stable(a)
    await clock.advance(sessionTimeoutMs - 1)
    await restart()
    await clock.advance(sessionTimeoutMs - 1)
    await coordinator.heartbeat(a.identity)
    await clock.advance(sessionTimeoutMs)
    expect(await codeOf(coordinator.heartbeat(a.identity))).toBe('unknown_member')
  })

  test('counts no session while the member is kept waiting', async () => {
    const [a, b] = [consumer({ rebalanceTimeoutMs: 50_000 }), consumer()]
    await stable(a)
    const joining = b.join()
    for (let passed = 0; passed < 40_000; passed += 5_000) {
      await clock.advance(5_000)
      expect(await codeOf(a.heartbeat())).toBe('rebalance_in_progress')
    }
    await a.join()
    expect((await joining).generation).toBe(2)
  })

  test('lets go of members that lived in the process before', async () => {
    const [inside, outside] = [consumer({ clientHost: inProcessHost }), consumer()]
    await stable(inside, outside)
    await restart()
    await settled()
    expect(coordinator.describe('g').members.map(({ memberId }) => memberId)).toEqual([outside.memberId])
    expect(coordinator.describe('g').state).toBe('PreparingRebalance')
  })

  test('forgets at start the offsets of partitions that are no more', async () => {
    await coordinator.commit({ ...nobody, offsets: [{ ...of, offset: 5 }] })
    await coordinator.commit({
      ...nobody,
      group: 'h',
      offsets: [
        { ...of, offset: 5 },
        { topic: 't', partition: 1, offset: 6 },
      ],
    })
    await coordinator.close()
    const shrunk = new FakeJournal(journal.records)
    shrunk.exists = ({ partition }) => partition === 1
    coordinator = opened(shrunk)
    await settled()
    expect(coordinator.list().map(({ group }) => group)).toEqual(['h'])
    expect(coordinator.allCommitted('h')).toMatchObject([{ partition: 1, offset: 6 }])
  })

  test('says what to remove with a topic, and ends groups that have nothing else', async () => {
    const a = consumer()
    await stable(a)
    await a.commit({ ...of, offset: 5 })
    await coordinator.commit({ ...nobody, group: 'h', offsets: [{ ...of, offset: 5 }] })
    expect(coordinator.decideTopicRemoval('other')).toEqual([])
    await journal.append(coordinator.decideTopicRemoval('t'))
    expect(coordinator.list()).toEqual([{ group: 'g', state: 'Stable', protocolType: 'consumer' }])
    expect(coordinator.allCommitted('g')).toEqual([])
  })

  test('ends a group with the commit that was on its way, and takes none until it has ended', async () => {
    await coordinator.commit({ ...nobody, offsets: [{ ...of, offset: 1 }] })
    journal.isSlow = true
    const committing = coordinator.commit({ ...nobody, offsets: [{ topic: 't', partition: 1, offset: 2 }] })
    const deleting = coordinator.delete('g')
    await settled()
    expect(await codeOf(coordinator.commit({ ...nobody, offsets: [{ ...of, offset: 3 }] }))).toBe('unknown_member')
    journal.isSlow = false
    journal.flush()
    await Promise.all([committing, deleting])
    expect(coordinator.list()).toEqual([])
    await restart()
    expect(coordinator.list()).toEqual([])
    await coordinator.commit({ ...nobody, offsets: [{ ...of, offset: 4 }] })
    expect(coordinator.allCommitted('g')).toMatchObject([{ partition: 0, offset: 4 }])
  })

  test('keeps a single timer, and none when it is closed', async () => {
    await stable(consumer(), consumer())
    await stable(consumer({ group: 'h' }))
    expect(clock.pendingTimers).toBe(1)
    await coordinator.close()
    expect(clock.pendingTimers).toBe(0)
  })

  test('bounds the groups that it takes', async () => {
    for (let index = 0; index < 10_000; index++) {
      await coordinator.commit({ ...nobody, group: `g${index}`, offsets: [{ ...of, offset: 1 }] })
    }
    expect(await codeOf(coordinator.commit({ ...nobody, offsets: [{ ...of, offset: 1 }] }))).toBe('group_limit')
    expect(await codeOf(consumer().join())).toBe('group_limit')
    await coordinator.delete('g7')
    await stable(consumer())
  })

  test('remembers nothing of joins that were refused', async () => {
    for (let index = 0; index < 50; index++) {
      expect(await codeOf(consumer({ group: `g${index}` }).join({ protocols: [] }))).toBe('inconsistent_protocol')
    }
    await settled()
    expect(coordinator.list()).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  test('waits at its close for what is under way', async () => {
    journal.isSlow = true
    const joining = codeOf(consumer().join())
    await settled()
    const closing = coordinator.close()
    expect(await joining).toBe('engine_stopped')
    expect(await isSettled(closing)).toBe(false)
    journal.flush()
    await closing
    await coordinator.close()
  })
})
