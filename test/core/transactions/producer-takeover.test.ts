// How a producer becomes the one of a transactional id: fencing, lost answers, epochs that are used up.

import { beforeEach, describe, expect, test } from 'vitest'
import { isSettled } from '../../contracts/log-engine/engine-harness.js'
import { settled } from '../../support/manual-clock.js'
import { lastEpoch, topicId } from './fake-port.js'
import { codeOf, commitOf, CoordinatorUnderTest, hourMs, t0, timeoutMs, weekMs } from './producer-words.js'

let hub: CoordinatorUnderTest

beforeEach(() => {
  hub = new CoordinatorUnderTest()
})

describe('a producer asks for its id', () => {
  test('and gets one that nobody had, durable before the answer', async () => {
    hub.port.isSlow = true
    const asking = hub.producer()
    expect(await isSettled(asking)).toBe(false)
    expect(hub.coordinator.list()).toEqual([])
    expect(await codeOf(Promise.resolve().then(() => hub.coordinator.describe('x')))).toBe('unknown_transaction')
    hub.port.isSlow = false
    hub.port.flush()
    expect(await asking).toEqual({ transactionalId: 'x', producerId: 1000, epoch: 0 })
    expect(hub.coordinator.describe('x')).toEqual({
      transactionalId: 'x',
      producerId: 1000,
      epoch: 0,
      state: 'empty',
      timeoutMs,
      startedAtMs: -1,
      partitions: [],
      groups: [],
    })
    expect((await hub.producer('y')).producerId).toBe(1001)
  })

  test('a second time: the next epoch, and the first is fenced in all it asks', async () => {
    const old = await hub.producer()
    const present = await hub.producer()
    expect(present).toEqual({ ...old, epoch: 1 })
    const calls = [
      hub.coordinator.addPartitions(old, [t0]),
      hub.coordinator.addGroup(old, 'g'),
      hub.coordinator.commitOffsets(old, commitOf('g', 1)),
      hub.coordinator.end(old, 'commit'),
      hub.again({ ...old, epoch: 5 }),
    ]
    expect(await Promise.all(calls.map(codeOf))).toEqual(calls.map(() => 'producer_fenced'))
    expect(await codeOf(hub.coordinator.addPartitions({ ...old, epoch: 2 }, [t0]))).toBe('producer_fenced')
  })

  test('while the older run has a transaction open: that is aborted in the very same append', async () => {
    const old = await hub.ongoing()
    await hub.coordinator.commitOffsets(old, commitOf('g', 5))
    const appends = hub.port.kept.length
    const present = await hub.producer()
    expect(hub.port.kept.length).toBe(appends + 1)
    const { records, end } = hub.port.kept.at(-1)!
    expect(records.map(({ value }) => value === null)).toEqual([false, true])
    expect(end).toEqual({
      producer: { producerId: old.producerId, epoch: present.epoch },
      outcome: 'abort',
      partitions: [{ ...t0, topicId: topicId(1) }],
      offsets: [],
    })
    expect(hub.coordinator.hasPendingOffset('g', t0)).toBe(false)
    expect(hub.refusalCode(old)).toBe('producer_fenced')
    expect(hub.refusalCode(present)).toBe('invalid_transaction_state')
  })

  test('in vain: the transaction of the older run stays open', async () => {
    const old = await hub.ongoing()
    hub.port.isFull = true
    expect(await codeOf(hub.producer())).toBe('log_disk_full')
    expect([hub.stateOf(), hub.refusalCode(old)]).toEqual(['ongoing', undefined])
    hub.port.isFull = false
    await hub.coordinator.end(old, 'commit')
    expect(hub.port.ends).toMatchObject([{ outcome: 'commit', producer: { epoch: 0 } }])
  })

  test('with what it was before: the next epoch, and the same one when the answer was lost', async () => {
    const first = await hub.producer()
    const second = await hub.again(first)
    expect(second).toEqual({ producerId: first.producerId, epoch: 1 })
    const appends = hub.port.kept.length
    expect(await hub.again(first)).toEqual(second)
    expect(hub.port.kept.length).toBe(appends)
    await hub.restart()
    expect(await hub.again(first)).toEqual(second)
    expect(await hub.again({ ...first, ...second })).toEqual({ ...second, epoch: 2 })
    expect(await codeOf(hub.again(first))).toBe('producer_fenced')
  })

  test('with what it was before, after another one came: it is fenced', async () => {
    const first = await hub.producer()
    await hub.producer()
    expect(await codeOf(hub.again(first))).toBe('producer_fenced')
    const stranger = { ...first, producerId: 7 }
    expect(await codeOf(hub.again(stranger))).toBe('producer_fenced')
  })

  test('with what it was before, after that was forgotten: a new id, once, as nobody knows who else says so', async () => {
    const first = await hub.producer()
    await hub.clock.advance(weekMs + hourMs)
    const second = await hub.again(first)
    expect(second).toEqual({ producerId: 1001, epoch: 0 })
    expect(await codeOf(hub.again(first))).toBe('producer_fenced')
    expect(await hub.again({ ...first, ...second })).toEqual({ ...second, epoch: 1 })
  })

  test('when its epochs are used up: a new id, and the end carries the old one', async () => {
    const first = await hub.producer()
    for (let epoch = 0; epoch < lastEpoch; epoch++) await hub.producer()
    const last = { ...first, epoch: lastEpoch }
    await hub.coordinator.addPartitions(last, [t0])
    const next = await hub.again(last)
    expect(next).toEqual({ producerId: 1001, epoch: 0 })
    expect(hub.port.ends).toMatchObject([
      { outcome: 'abort', producer: { producerId: first.producerId, epoch: lastEpoch } },
    ])
    expect(await hub.again(last)).toEqual(next)
    expect(await codeOf(hub.coordinator.addPartitions(last, [t0]))).toBe('unknown_transaction')
    expect(hub.refusalCode(last)).toBe('invalid_transaction_state')
    await hub.coordinator.addPartitions({ ...last, ...next }, [t0])
    expect(hub.refusalCode(next)).toBeUndefined()
  })

  test('twice at once: one behind the other', async () => {
    hub.port.isSlow = true
    const both = Promise.all([hub.producer(), hub.producer()])
    await settled()
    expect(hub.port.pendingAppends).toBe(1)
    hub.port.isSlow = false
    hub.port.flush()
    expect((await both).map(({ producerId, epoch }) => [producerId, epoch])).toEqual([
      [1000, 0],
      [1000, 1],
    ])
  })

  test('in vain: nothing is left of the name', async () => {
    hub.port.isFull = true
    expect(await codeOf(hub.producer())).toBe('log_disk_full')
    hub.port.isFull = false
    expect(hub.coordinator.list()).toEqual([])
    expect(await codeOf(hub.coordinator.end({ transactionalId: 'x', producerId: 1000, epoch: 0 }, 'abort'))).toBe(
      'unknown_transaction',
    )
  })

  test.each([
    ['', 'invalid_transactional_id'],
    ['x'.repeat(255), 'none'],
    ['x'.repeat(256), 'invalid_transactional_id'],
    ['ü'.repeat(128), 'invalid_transactional_id'],
    ['half a pair \ud800', 'invalid_transactional_id'],
  ])('by the name %j: %s', async (transactionalId, code) => {
    expect(await codeOf(hub.coordinator.initialize({ transactionalId, timeoutMs }))).toBe(code)
  })

  test.each([
    [0, 'invalid_transaction_timeout'],
    [1, 'none'],
    [1.5, 'invalid_transaction_timeout'],
    [900_000, 'none'],
    [900_001, 'invalid_transaction_timeout'],
    [Number.NaN, 'invalid_transaction_timeout'],
  ])('with a time-out of %d ms: %s', async (ms, code) => {
    expect(await codeOf(hub.coordinator.initialize({ transactionalId: 'x', timeoutMs: ms }))).toBe(code)
  })
})
