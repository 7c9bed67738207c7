// Time-outs, restarts, idle transactional ids, and the end of the coordinator itself.

import { beforeEach, describe, expect, test } from 'vitest'
import { isSettled } from '../../contracts/log-engine/engine-harness.js'
import { settled } from '../../support/manual-clock.js'
import { lastEpoch, topicId } from './fake-port.js'
import { codeOf, commitOf, CoordinatorUnderTest, hourMs, t0, t1, timeoutMs, weekMs } from './producer-words.js'

let hub: CoordinatorUnderTest

beforeEach(() => {
  hub = new CoordinatorUnderTest()
})

describe('a transaction that runs out of time', () => {
  test('is aborted with the next epoch, and its producer fenced', async () => {
    const producer = await hub.ongoing()
    await hub.coordinator.commitOffsets(producer, commitOf('g', 5))
    await hub.clock.advance(timeoutMs - 1)
    expect(hub.stateOf()).toBe('ongoing')
    await hub.clock.advance(1)
    expect(hub.coordinator.describe('x')).toMatchObject({ state: 'aborted', epoch: 1, startedAtMs: -1, partitions: [] })
    expect(hub.port.ends).toMatchObject([
      { outcome: 'abort', producer: { producerId: producer.producerId, epoch: 1 }, partitions: [t0], offsets: [] },
    ])
    expect(hub.refusalCode(producer)).toBe('producer_fenced')
    expect(hub.coordinator.hasPendingOffset('g', t0)).toBe(false)
    expect(await codeOf(hub.coordinator.end(producer, 'commit'))).toBe('producer_fenced')
    expect(await codeOf(hub.again(producer))).toBe('producer_fenced')
    expect(hub.lines.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        event: 'a transaction is out of time and was aborted',
        fields: { transactionalId: 'x', producerId: 1000, epoch: 0, openMs: timeoutMs, timeoutMs },
      },
    ])
  })

  test('is measured from its begin, whatever it does meanwhile and whatever the wall clock says', async () => {
    const producer = await hub.producer()
    await hub.clock.advance(timeoutMs)
    await hub.coordinator.addPartitions(producer, [t0])
    hub.clock.jump(weekMs)
    await hub.clock.advance(timeoutMs - 1)
    await hub.coordinator.addPartitions(producer, [t1])
    expect(hub.stateOf()).toBe('ongoing')
    await hub.clock.advance(1)
    expect(hub.stateOf()).toBe('aborted')
  })

  test('is not the next one of the same producer', async () => {
    const producer = await hub.ongoing()
    await hub.clock.advance(timeoutMs - 1)
    await hub.coordinator.end(producer, 'commit')
    await hub.coordinator.addPartitions(producer, [t0])
    await hub.clock.advance(timeoutMs - 1)
    expect(hub.stateOf()).toBe('ongoing')
  })

  test('while its end is on its way is committed', async () => {
    const producer = await hub.ongoing()
    hub.port.isSlow = true
    const ending = hub.coordinator.end(producer, 'commit')
    await hub.clock.advance(timeoutMs)
    hub.port.isSlow = false
    hub.port.flush()
    await ending
    await settled()
    expect(hub.stateOf()).toBe('committed')
    expect(hub.port.ends).toHaveLength(1)
  })

  test('while its end and the begin of the next one are on their way leaves the next one alone', async () => {
    const producer = await hub.ongoing()
    hub.port.isSlow = true
    const both = [hub.coordinator.end(producer, 'commit'), hub.coordinator.addPartitions(producer, [t1])]
    await hub.clock.advance(timeoutMs)
    hub.port.isSlow = false
    hub.port.flush()
    await Promise.all(both)
    await settled()
    expect(hub.coordinator.describe('x')).toMatchObject({ state: 'ongoing', epoch: 0, partitions: [t1] })
  })

  test('while the disk is full is aborted within a second of there being room, and told of once', async () => {
    const producer = await hub.ongoing()
    hub.port.isFull = true
    await hub.clock.advance(timeoutMs + 5_000)
    expect([hub.stateOf(), hub.refusalCode(producer)]).toEqual(['ongoing', undefined])
    expect(hub.logged('a transaction is out of time and cannot be aborted yet')).toBe(1)
    hub.port.isFull = false
    await hub.clock.advance(1_000)
    expect(hub.coordinator.describe('x')).toMatchObject({ state: 'aborted', epoch: 1 })
    expect(hub.port.ends).toHaveLength(1)
  })

  test('after its abort failed may still be committed by its producer', async () => {
    const producer = await hub.ongoing()
    hub.port.isFull = true
    await hub.clock.advance(timeoutMs + 100)
    hub.port.isFull = false
    await hub.coordinator.end(producer, 'commit')
    await hub.clock.advance(10_000)
    expect(hub.port.ends).toMatchObject([{ outcome: 'commit' }])
    expect(hub.stateOf()).toBe('committed')
  })

  test('refuses batches while its abort is on its way', async () => {
    const producer = await hub.ongoing()
    hub.port.isSlow = true
    await hub.clock.advance(timeoutMs)
    expect([hub.stateOf(), hub.refusalCode(producer)]).toEqual(['ending', 'invalid_transaction_state'])
    const late = codeOf(hub.coordinator.end(producer, 'commit'))
    hub.port.flush()
    expect(await late).toBe('producer_fenced')
    expect(hub.port.ends).toMatchObject([{ outcome: 'abort' }])
  })

  test('when its epochs are used up gets a new id, and the end carries the old one', async () => {
    const first = await hub.producer()
    for (let epoch = 0; epoch < lastEpoch; epoch++) await hub.producer()
    const last = { ...first, epoch: lastEpoch }
    await hub.coordinator.addPartitions(last, [t0])
    await hub.clock.advance(timeoutMs)
    expect(hub.coordinator.describe('x')).toMatchObject({ state: 'aborted', producerId: 1001, epoch: 0 })
    expect(hub.port.ends).toMatchObject([{ producer: { producerId: first.producerId, epoch: lastEpoch } }])
    expect(await codeOf(hub.coordinator.end(last, 'commit'))).toBe('unknown_transaction')
  })
})

describe('a restart', () => {
  test('gives an open transaction all its time again, and lets its producer go on', async () => {
    const producer = await hub.ongoing()
    await hub.coordinator.commitOffsets(producer, commitOf('g', 5))
    const before = hub.coordinator.describe('x')
    await hub.clock.advance(timeoutMs - 1)
    await hub.restart()
    expect(hub.coordinator.describe('x')).toEqual(before)
    expect(hub.coordinator.hasPendingOffset('g', t0)).toBe(true)
    expect(hub.refusalCode(producer)).toBeUndefined()
    expect(hub.coordinator.isOpen(producer, { ...t0, topicId: topicId(1) })).toBe(true)
    expect(hub.coordinator.isOpen(producer, { ...t1, topicId: topicId(1) })).toBe(false)
    expect(hub.coordinator.isOpen({ ...producer, epoch: 1 }, { ...t0, topicId: topicId(1) })).toBe(false)
    await hub.clock.advance(timeoutMs - 1)
    expect(hub.stateOf()).toBe('ongoing')
    await hub.clock.advance(1)
    expect(hub.stateOf()).toBe('aborted')
  })

  test('keeps no time before it begins to', async () => {
    await hub.ongoing()
    await hub.coordinator.close()
    expect(hub.clock.pendingTimers).toBe(0)
  })

  test('in the middle of an end finds the transaction open, or over', async () => {
    const producer = await hub.ongoing()
    await hub.coordinator.commitOffsets(producer, commitOf('g', 5))
    hub.port.isSlow = true
    void codeOf(hub.coordinator.end(producer, 'commit'))
    await settled()
    hub.crash()
    expect([hub.stateOf(), hub.refusalCode(producer)]).toEqual(['ongoing', undefined])
    await hub.coordinator.end(producer, 'commit')
    hub.crash()
    expect([hub.stateOf(), hub.coordinator.hasPendingOffset('g', t0)]).toEqual(['committed', false])
    await hub.coordinator.end(producer, 'commit')
    expect(hub.port.ends).toHaveLength(1)
  })

  test('makes nothing of pending offsets that are left without their transaction', async () => {
    const producer = await hub.ongoing()
    await hub.coordinator.commitOffsets(producer, commitOf('g', 5))
    const records = hub.port.records
    const [begin] = records
    const leftover = records.at(-1)!
    await hub.restart()
    hub.coordinator.apply([begin!, leftover])
    expect([hub.stateOf(), hub.coordinator.hasPendingOffset('g', t0)]).toEqual(['empty', false])
    await hub.coordinator.addGroup(producer, 'g')
    await hub.coordinator.end(producer, 'commit')
    expect(hub.port.ends.at(-1)!.offsets).toEqual([])
  })
})

describe('transactional ids', () => {
  test('are listed by name', async () => {
    for (const name of ['b', 'c', 'a']) await hub.producer(name)
    expect(hub.coordinator.list().map(({ transactionalId }) => transactionalId)).toEqual(['a', 'b', 'c'])
  })

  test('that were not used for seven days are forgotten, those that were are not', async () => {
    const idle = await hub.producer('idle')
    const used = await hub.producer('used')
    await hub.clock.advance(weekMs - hourMs)
    await hub.coordinator.addPartitions(used, [t0])
    await hub.coordinator.end(used, 'commit')
    await hub.clock.advance(2 * hourMs)
    expect(hub.coordinator.list().map(({ transactionalId }) => transactionalId)).toEqual(['used'])
    expect(hub.refusalCode(idle)).toBe('invalid_transaction_state')
    expect(await codeOf(hub.coordinator.addPartitions(idle, [t0]))).toBe('unknown_transaction')
    await hub.restart()
    expect(hub.coordinator.list().map(({ transactionalId }) => transactionalId)).toEqual(['used'])
    expect((await hub.producer('idle')).producerId).toBe(1002)
  })

  test('that cannot be forgotten are tried again an hour later', async () => {
    await hub.producer()
    hub.port.isFull = true
    await hub.clock.advance(weekMs + hourMs)
    expect(hub.coordinator.list()).toHaveLength(1)
    expect(hub.logged('idle transactional ids cannot be forgotten')).toBeGreaterThan(0)
    hub.port.isFull = false
    await hub.clock.advance(hourMs)
    expect(hub.coordinator.list()).toEqual([])
  })

  test('are at most 10,000, and idle ones make room', async () => {
    for (let each = 0; each < 9_999; each++) await hub.producer(`x${each}`)
    const open = await hub.ongoing('open')
    expect(await codeOf(hub.producer('one more'))).toBe('transaction_limit')
    await hub.producer('x5')
    hub.clock.jump(weekMs - 1)
    await hub.producer('x7')
    expect(await codeOf(hub.producer('one more'))).toBe('transaction_limit')
    hub.clock.jump(1)
    await hub.producer('one more')
    expect(hub.coordinator.list().map(({ transactionalId }) => transactionalId)).toEqual(['one more', 'open', 'x7'])
    await hub.coordinator.end(open, 'commit')
  })
})

describe('a coordinator that is closed', () => {
  test('waits for the append under way, refuses what waits behind it and all that comes later', async () => {
    const producer = await hub.ongoing()
    hub.port.isSlow = true
    const ending = codeOf(hub.coordinator.end(producer, 'commit'))
    const behind = codeOf(hub.coordinator.addPartitions(producer, [t1]))
    await settled()
    const closing = hub.coordinator.close()
    expect(await isSettled(closing)).toBe(false)
    hub.port.flush()
    await closing
    expect([await ending, await behind]).toEqual(['none', 'engine_stopped'])
    expect(await codeOf(hub.producer())).toBe('engine_stopped')
    expect(await codeOf(hub.coordinator.end(producer, 'commit'))).toBe('engine_stopped')
    await hub.coordinator.close()
    expect(hub.clock.pendingTimers).toBe(0)
  })

  test('sets no time-out for what becomes durable afterwards', async () => {
    const producer = await hub.producer()
    hub.port.isSlow = true
    const naming = hub.coordinator.addPartitions(producer, [t0])
    await settled()
    const closing = hub.coordinator.close()
    hub.port.flush()
    await Promise.all([naming, closing])
    expect(hub.clock.pendingTimers).toBe(0)
  })
})
