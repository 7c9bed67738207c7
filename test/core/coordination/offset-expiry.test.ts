// When offsets of a group expire, and when they must not: nothing here may be removed a moment too early.

import { beforeEach, describe, expect, test } from 'vitest'
import { Coordinator } from '../../../core/coordination/coordinator.js'
import { inProcessHost, type OffsetsCommit } from '../../../core/engine/group-service.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { Consumer, stable } from '../../contracts/log-engine/group-words.js'
import { ManualClock, settled } from '../../support/manual-clock.js'
import { FakeJournal } from './fake-journal.js'

const day = 24 * 3600_000
const retentionMs = 7 * day
/** It is looked every ten minutes. */
const checkMs = 10 * 60_000
const of = { topic: 't', partition: 0 }
const byNobody: OffsetsCommit = { group: 'g', memberId: '', generation: -1, offsets: [{ ...of, offset: 5 }] }

describe('offsets of a group', () => {
  let clock: ManualClock
  let journal: FakeJournal
  let coordinator: Coordinator

  function opened(port: FakeJournal, offsetsRetentionMs?: number): Coordinator {
    const random = nodeWorld().random
    const made = new Coordinator({ port, clock, random, logger: silentLogger, offsetsRetentionMs })
    journal = port
    port.coordinator = made
    for (const { key, value } of port.records) made.replay(key, value)
    made.start()
    return made
  }

  async function restart(offsetsRetentionMs = retentionMs): Promise<void> {
    await coordinator.close()
    coordinator = opened(new FakeJournal(journal.records), offsetsRetentionMs)
  }

  const consumer = (more = {}): Consumer => new Consumer(coordinator, { sessionTimeoutMs: 1_800_000, ...more })
  const isThere = (): boolean => coordinator.committed('g', of) !== undefined

  /** A consumer that committed, and left a while later. */
  async function usedGroup(more = {}): Promise<void> {
    const a = consumer(more)
    await stable(a)
    await a.commit({ ...of, offset: 5 })
    await clock.advance(1_000_000)
    await a.leave()
  }

  beforeEach(() => {
    clock = new ManualClock()
    coordinator = opened(new FakeJournal(), retentionMs)
  })

  test('stay for ever unless a retention time is given', async () => {
    await restart(Infinity)
    await usedGroup()
    await clock.advance(1000 * day)
    expect(isThere()).toBe(true)
  })

  test('expire when the group has been empty for so long, counted from when its last member left', async () => {
    await usedGroup()
    await clock.advance(retentionMs - 1)
    expect(isThere()).toBe(true)
    await clock.advance(checkMs)
    expect(coordinator.list()).toEqual([])
    await restart()
    expect(coordinator.list()).toEqual([])
  })

  test('stay as long as the group has members, however long nothing was committed', async () => {
    const a = consumer()
    await stable(a)
    await a.commit({ ...of, offset: 5 })
    for (let passed = 0; passed < 2 * retentionMs; passed += 1_200_000) {
      await clock.advance(1_200_000)
      await a.heartbeat()
    }
    expect(isThere()).toBe(true)
  })

  test('of consumers that are no members go by the time of their last commit', async () => {
    await coordinator.commit(byNobody)
    await clock.advance(retentionMs - 1)
    await coordinator.commit({ ...byNobody, offsets: [{ topic: 't', partition: 1, offset: 6 }] })
    await clock.advance(retentionMs - checkMs)
    expect(coordinator.allCommitted('g')).toHaveLength(2)
    await clock.advance(2 * checkMs)
    expect(coordinator.list()).toEqual([])
  })

  test('lose no time by restarts', async () => {
    await usedGroup()
    for (let days = 0; days < 6; days++) {
      await clock.advance(day)
      await restart()
    }
    await clock.advance(day - 1)
    expect(isThere()).toBe(true)
    await clock.advance(checkMs)
    expect(coordinator.list()).toEqual([])
  })

  test('of sinks of our own stay, also when their process died', async () => {
    await usedGroup({ clientHost: inProcessHost })
    await clock.advance(2 * retentionMs)
    expect(isThere()).toBe(true)
    await stable(consumer({ clientHost: inProcessHost }))
    await restart()
    await settled()
    expect(coordinator.describe('g').state).toBe('Empty')
    await clock.advance(2 * retentionMs)
    expect(isThere()).toBe(true)
  })

  test('stay when the wall clock is set forward', async () => {
    await usedGroup()
    clock.jump(100 * day)
    await clock.advance(retentionMs - 1)
    expect(isThere()).toBe(true)
  })

  test('are not removed behind a commit that is on its way to the log', async () => {
    await coordinator.commit(byNobody)
    await clock.advance(retentionMs - 1000)
    journal.isSlow = true
    const committing = coordinator.commit({ ...byNobody, offsets: [{ ...of, offset: 6 }] })
    await clock.advance(checkMs)
    journal.flush()
    await committing
    await settled()
    expect(coordinator.committed('g', of)).toMatchObject({ offset: 6 })
  })

  test('are tried again when the log refuses their removal', async () => {
    await coordinator.commit(byNobody)
    journal.isFull = true
    await clock.advance(retentionMs + checkMs)
    expect(isThere()).toBe(true)
    journal.isFull = false
    await clock.advance(checkMs)
    expect(coordinator.list()).toEqual([])
  })

  test('are looked for without a timer after the close', async () => {
    await coordinator.close()
    expect(clock.pendingTimers).toBe(0)
  })
})
