// The coordinator of core/transactions/SPEC.md on a port that is slow, full or read again: each cell of its table, what a
// transaction names, commits, and how it ends.

import { beforeEach, describe, expect, test } from 'vitest'
import { engineErrors } from '../../../core/engine/errors.js'
import type { TransactionIdentity, TransactionState } from '../../../core/engine/transaction-service.js'
import { type TransactionRequest, transactionTable } from '../../../core/transactions/transaction-state.js'
import { isSettled } from '../../contracts/log-engine/engine-harness.js'
import { settled } from '../../support/manual-clock.js'
import { topicId } from './fake-port.js'
import { codeOf, commitOf, CoordinatorUnderTest, hourMs, t0, t1, timeoutMs, u0, weekMs } from './producer-words.js'

let hub: CoordinatorUnderTest

beforeEach(() => {
  hub = new CoordinatorUnderTest()
})

/** How a producer's id gets into each state that a request can meet. */
const reach: { readonly [State in Exclude<TransactionState, 'ending'>]: () => Promise<TransactionIdentity> } = {
  empty: () => hub.producer(),
  ongoing: () => hub.ongoing(),
  committed: async () => {
    const producer = await hub.ongoing()
    await hub.coordinator.end(producer, 'commit')
    return producer
  },
  aborted: async () => {
    const producer = await hub.ongoing()
    await hub.coordinator.end(producer, 'abort')
    return producer
  },
}

/** How each request is made. */
const ask: { readonly [Request in TransactionRequest]: (producer: TransactionIdentity) => Promise<unknown> } = {
  initialize: () => hub.producer(),
  name: (producer) => hub.coordinator.addPartitions(producer, [t1]),
  'commit-offsets': (producer) => hub.coordinator.commitOffsets(producer, commitOf('g', 5)),
  commit: (producer) => hub.coordinator.end(producer, 'commit'),
  abort: (producer) => hub.coordinator.end(producer, 'abort'),
  batch: async (producer) => {
    const refusal = hub.coordinator.refusal(producer, { ...t0, topicId: topicId(1) })
    if (refusal !== undefined) throw refusal
  },
  'time-out': () => hub.clock.advance(timeoutMs),
  expiry: () => hub.clock.advance(weekMs + hourMs),
}

const states = Object.keys(reach) as (keyof typeof reach)[]
const requests = Object.keys(ask) as TransactionRequest[]
const cells = states
  .flatMap((state) => requests.map((request) => ({ state, request, ...transactionTable[state][request] })))
  // No transaction is open for a week: that cell has a test of its own below.
  .filter(({ state, request }) => !(state === 'ongoing' && request === 'expiry'))

describe('every cell of the table', () => {
  test.each(cells)('$request in $state: $answer, then $to', async ({ state, request, to, answer }) => {
    const producer = await reach[state]()
    expect(hub.stateOf()).toBe(state)
    const ends = hub.port.ends.length
    expect(await codeOf(ask[request](producer))).toBe(answer === 'invalid_transaction_state' ? answer : 'none')
    expect(hub.port.ends.length - ends).toBe(answer === 'ends' ? 1 : 0)
    const known = hub.coordinator.list().map((description) => description.state)
    expect(known).toEqual(to === 'forgotten' ? [] : [to])
  })

  test.each(requests)('%s while the end is on its way', async (request) => {
    const producer = await reach.ongoing()
    hub.port.isSlow = true
    const ending = hub.coordinator.end(producer, 'commit')
    await settled()
    expect(hub.stateOf()).toBe('ending')
    if (request === 'batch') {
      expect(await codeOf(ask.batch(producer))).toBe('invalid_transaction_state')
    } else {
      const asked = codeOf(ask[request](producer))
      await settled()
      expect([hub.stateOf(), hub.port.pendingAppends]).toEqual(['ending', 1])
      hub.port.isSlow = false
      hub.port.flush()
      await asked
    }
    hub.port.flush()
    await ending
    expect(hub.port.ends.map(({ outcome }) => outcome)).toEqual(['commit'])
  })

  test('an open transaction keeps its id from being forgotten', async () => {
    await hub.clock.advance(hourMs - 1_000)
    await hub.producer('idle')
    await hub.ongoing()
    hub.clock.jump(weekMs)
    await hub.clock.advance(1_000)
    expect(hub.coordinator.list()).toMatchObject([{ transactionalId: 'x', state: 'ongoing', epoch: 0 }])
  })
})

describe('a transaction names what it will write', () => {
  test('and takes batches there once that is durable, nowhere else', async () => {
    const producer = await hub.producer()
    expect(hub.refusalCode(producer)).toBe('invalid_transaction_state')
    hub.port.isSlow = true
    const naming = hub.coordinator.addPartitions(producer, [t0, u0])
    await settled()
    expect(hub.refusalCode(producer)).toBe('invalid_transaction_state')
    hub.port.flush()
    await naming
    expect([hub.refusalCode(producer), hub.refusalCode(producer, u0)]).toEqual([undefined, undefined])
    expect(hub.refusalCode(producer, t1)).toBe('invalid_transaction_state')
    expect(hub.refusalCode({ ...producer, epoch: 1 })).toBe('invalid_transaction_state')
    expect(hub.refusalCode({ ...producer, producerId: 77 })).toBe('invalid_transaction_state')
    expect(hub.coordinator.describe('x')).toMatchObject({
      state: 'ongoing',
      startedAtMs: hub.clock.now(),
      partitions: [t0, u0],
    })
  })

  test('all or none', async () => {
    const producer = await hub.producer()
    const unknown = [
      { topic: 'gone', partition: 0 },
      { topic: 't', partition: 20_000 },
    ]
    const naming = hub.coordinator.addPartitions(producer, [t0, ...unknown])
    await expect(naming).rejects.toMatchObject({ code: 'unknown_partition', details: { partitions: unknown } })
    expect([hub.stateOf(), hub.refusalCode(producer)]).toEqual(['empty', 'invalid_transaction_state'])
  })

  test('again without another append, but for what is new', async () => {
    const producer = await hub.ongoing()
    const appends = hub.port.kept.length
    await hub.coordinator.addPartitions(producer, [t0, t0])
    await hub.coordinator.addGroup(producer, 'g')
    expect(hub.port.kept.length).toBe(appends)
    await hub.coordinator.addPartitions(producer, [t0, t1, t1])
    await hub.coordinator.addGroup(producer, 'h')
    expect(hub.port.kept.length).toBe(appends + 2)
    expect(hub.coordinator.describe('x')).toMatchObject({ partitions: [t0, t1], groups: ['g', 'h'] })
  })

  test('and begins with a group as well as with a partition, but not with nothing', async () => {
    const producer = await hub.producer()
    await hub.coordinator.addPartitions(producer, [])
    expect(hub.stateOf()).toBe('empty')
    await hub.coordinator.addGroup(producer, 'g')
    expect(hub.coordinator.describe('x')).toMatchObject({ state: 'ongoing', partitions: [], groups: ['g'] })
  })

  test('and forgets it with its end: the next one names anew', async () => {
    const producer = await reach.committed()
    await hub.coordinator.addPartitions(producer, [t1])
    expect(hub.coordinator.describe('x')).toMatchObject({ partitions: [t1], groups: [] })
    expect(hub.refusalCode(producer, t0)).toBe('invalid_transaction_state')
    expect(await codeOf(hub.coordinator.commitOffsets(producer, commitOf('g', 1)))).toBe('invalid_transaction_state')
  })

  test('of a topic that is made anew under the same name meanwhile: it has to be named again', async () => {
    const producer = await hub.ongoing()
    await hub.coordinator.addPartitions(producer, [t1])
    hub.port.topics.set('t', topicId(3))
    expect(hub.refusalCode(producer)).toBe('invalid_transaction_state')
    await hub.coordinator.addPartitions(producer, [t0])
    expect([hub.refusalCode(producer), hub.refusalCode(producer, t1)]).toEqual([undefined, 'invalid_transaction_state'])
    await hub.coordinator.end(producer, 'commit')
    expect(hub.port.ends.at(-1)!.partitions).toEqual([{ ...t0, topicId: topicId(3) }])
  })

  test('at most 10,000 partitions and 100 groups', async () => {
    const producer = await hub.producer()
    const many = Array.from({ length: 10_000 }, (_, partition) => ({ topic: 't', partition }))
    await hub.coordinator.addPartitions(producer, many)
    expect(await codeOf(hub.coordinator.addPartitions(producer, [u0]))).toBe('transaction_limit')
    for (let group = 0; group < 100; group++) await hub.coordinator.addGroup(producer, `g${group}`)
    expect(await codeOf(hub.coordinator.addGroup(producer, 'one more'))).toBe('transaction_limit')
    expect(await codeOf(hub.coordinator.addGroup(producer, ''))).toBe('invalid_group')
    await hub.coordinator.end(producer, 'abort')
    expect(hub.port.ends[0]!.partitions).toHaveLength(10_000)
    await hub.coordinator.addPartitions(producer, [u0])
  })

  test('in vain when the disk is full: no batch is taken', async () => {
    const producer = await hub.producer()
    hub.port.isFull = true
    expect(await codeOf(hub.coordinator.addPartitions(producer, [t0]))).toBe('log_disk_full')
    expect([hub.stateOf(), hub.refusalCode(producer)]).toEqual(['empty', 'invalid_transaction_state'])
  })
})

describe('offsets of a transaction', () => {
  test('are pending until it ends, and committed with it, the latest of each partition', async () => {
    const producer = await hub.ongoing()
    await hub.coordinator.addGroup(producer, 'h')
    await hub.coordinator.commitOffsets(producer, commitOf('g', 5))
    await hub.coordinator.commitOffsets(producer, commitOf('g', 6))
    await hub.coordinator.commitOffsets(producer, commitOf('g', 7, t1))
    await hub.coordinator.commitOffsets(producer, commitOf('h', 8, u0))
    expect(hub.coordinator.hasPendingOffset('g', t0)).toBe(true)
    expect(hub.coordinator.hasPendingOffset('g', u0)).toBe(false)
    expect(hub.coordinator.hasPendingOffset('h', u0)).toBe(true)
    const appends = hub.port.kept.length
    await hub.coordinator.end(producer, 'commit')
    expect(hub.port.kept.length).toBe(appends + 1)
    const { records, end } = hub.port.kept.at(-1)!
    expect(records.filter(({ value }) => value === null)).toHaveLength(2)
    expect(end!.offsets).toEqual([
      {
        group: 'g',
        offsets: [
          { ...t0, offset: 6, leaderEpoch: 0, metadata: '6' },
          { ...t1, offset: 7, leaderEpoch: 0, metadata: '7' },
        ],
      },
      { group: 'h', offsets: [{ ...u0, offset: 8, leaderEpoch: 0, metadata: '8' }] },
    ])
    expect(hub.coordinator.hasPendingOffset('g', t0)).toBe(false)
  })

  test('are pending once they are durable, and while the end is on its way', async () => {
    const producer = await hub.ongoing()
    hub.port.isSlow = true
    const committing = hub.coordinator.commitOffsets(producer, commitOf('g', 5))
    expect(await isSettled(committing)).toBe(false)
    expect(hub.coordinator.hasPendingOffset('g', t0)).toBe(false)
    hub.port.flush()
    await committing
    const ending = hub.coordinator.end(producer, 'commit')
    await settled()
    expect([hub.stateOf(), hub.coordinator.hasPendingOffset('g', t0)]).toEqual(['ending', true])
    hub.port.flush()
    await ending
    expect(hub.coordinator.hasPendingOffset('g', t0)).toBe(false)
  })

  test('of an aborted transaction are never committed', async () => {
    const producer = await hub.ongoing()
    await hub.coordinator.commitOffsets(producer, commitOf('g', 5))
    await hub.coordinator.end(producer, 'abort')
    expect(hub.port.ends).toMatchObject([{ outcome: 'abort', offsets: [] }])
    await hub.coordinator.addGroup(producer, 'g')
    await hub.coordinator.end(producer, 'commit')
    expect(hub.port.ends.at(-1)!.offsets).toEqual([])
  })

  test('of two transactions in one group are pending until both have ended', async () => {
    const [x, y] = [await hub.ongoing('x'), await hub.ongoing('y')]
    await hub.coordinator.commitOffsets(x, commitOf('g', 5))
    await hub.coordinator.commitOffsets(y, commitOf('g', 6))
    await hub.coordinator.end(x, 'commit')
    expect(hub.coordinator.hasPendingOffset('g', t0)).toBe(true)
    await hub.coordinator.end(y, 'abort')
    expect(hub.coordinator.hasPendingOffset('g', t0)).toBe(false)
  })

  test('of a group that was not added, of a member that may not commit, or of no partition are refused', async () => {
    const producer = await hub.ongoing()
    const { coordinator } = hub
    expect(await codeOf(coordinator.commitOffsets(producer, commitOf('h', 5)))).toBe('invalid_transaction_state')
    const nowhere = commitOf('g', 5, { topic: 'gone', partition: 0 })
    expect(await codeOf(coordinator.commitOffsets(producer, nowhere))).toBe('unknown_partition')
    hub.port.commitRefusal = engineErrors.make('illegal_generation', 'generation 1 is not 2')
    const appends = hub.port.kept.length
    expect(await codeOf(coordinator.commitOffsets(producer, commitOf('g', 5)))).toBe('illegal_generation')
    expect(hub.port.kept.length).toBe(appends)
  })

  test('of none cost no append', async () => {
    const producer = await hub.ongoing()
    const appends = hub.port.kept.length
    await hub.coordinator.commitOffsets(producer, { ...commitOf('g', 5), offsets: [] })
    expect(hub.port.kept.length).toBe(appends)
  })

  test('of a topic that is gone, or was made anew, when it ends are left out', async () => {
    const producer = await hub.ongoing()
    await hub.coordinator.commitOffsets(producer, commitOf('g', 5, t0))
    await hub.coordinator.commitOffsets(producer, commitOf('g', 6, u0))
    hub.port.topics.set('t', topicId(3))
    await hub.coordinator.end(producer, 'commit')
    expect(hub.port.ends[0]!.offsets.flatMap(({ offsets }) => offsets)).toMatchObject([{ ...u0, offset: 6 }])
  })

  test('are at most 10,000, of 4 MiB', async () => {
    const producer = await hub.ongoing()
    const of = (count: number, metadata: string, topic = 't') => ({
      ...commitOf('g', 0),
      offsets: Array.from({ length: count }, (_, partition) => ({ topic, partition, offset: 1, metadata })),
    })
    await hub.coordinator.commitOffsets(producer, of(10_000, ''))
    expect(await codeOf(hub.coordinator.commitOffsets(producer, of(1, '', 'u')))).toBe('transaction_limit')
    // The same partitions again are no more than before, but for what they say.
    expect(await codeOf(hub.coordinator.commitOffsets(producer, of(1025, 'x'.repeat(4096))))).toBe('transaction_limit')
    await hub.coordinator.commitOffsets(producer, of(10_000, 'x'))
  })

  test('of all open transactions together are at most 64 MiB', async () => {
    const metadata = 'x'.repeat(4096)
    const offsets = Array.from({ length: 1000 }, (_, partition) => ({ topic: 't', partition, offset: 1, metadata }))
    const commit = { ...commitOf('g', 0), offsets }
    const codes: string[] = []
    for (let each = 0; each < 17; each++) {
      codes.push(await codeOf(hub.coordinator.commitOffsets(await hub.ongoing(`x${each}`), commit)))
    }
    expect(codes).toEqual([...codes.slice(1).map(() => 'none'), 'transaction_limit'])
    await hub.producer('x0')
    const last = hub.coordinator.describe('x16')
    await hub.coordinator.commitOffsets(last, commit)
  })
})

describe('a transaction ends', () => {
  test('in one append with the partitions it named, and is over once that is durable', async () => {
    const producer = await hub.ongoing()
    hub.port.isSlow = true
    const ending = hub.coordinator.end(producer, 'commit')
    expect(await isSettled(ending)).toBe(false)
    expect(hub.stateOf()).toBe('ending')
    hub.port.flush()
    await ending
    expect(hub.stateOf()).toBe('committed')
    const { producerId, epoch } = producer
    expect(hub.port.ends).toEqual([
      { producer: { producerId, epoch }, outcome: 'commit', partitions: [{ ...t0, topicId: topicId(1) }], offsets: [] },
    ])
  })

  test('and takes no batch from the turn on in which its end is appended', async () => {
    const producer = await hub.ongoing()
    hub.port.isSlow = true
    expect(hub.refusalCode(producer)).toBeUndefined()
    const ending = hub.coordinator.end(producer, 'commit')
    await settled()
    expect(hub.port.pendingAppends).toBe(1)
    expect(hub.refusalCode(producer)).toBe('invalid_transaction_state')
    expect(hub.coordinator.isOpen(producer, { ...t0, topicId: topicId(1) })).toBe(true)
    hub.port.flush()
    await ending
    expect(hub.refusalCode(producer)).toBe('invalid_transaction_state')
  })

  test('in vain: it is open as before, and can be ended either way', async () => {
    const producer = await hub.ongoing()
    await hub.coordinator.commitOffsets(producer, commitOf('g', 5))
    hub.port.isFull = true
    expect(await codeOf(hub.coordinator.end(producer, 'commit'))).toBe('log_disk_full')
    expect([hub.stateOf(), hub.refusalCode(producer)]).toEqual(['ongoing', undefined])
    hub.port.isFull = false
    await hub.coordinator.addPartitions(producer, [t1])
    await hub.coordinator.end(producer, 'abort')
    expect(hub.port.ends).toMatchObject([{ outcome: 'abort', partitions: [t0, t1], offsets: [] }])
  })

  test('once: the same outcome again is answered without an append', async () => {
    const producer = await hub.ongoing()
    const [first, second, other] = [
      codeOf(hub.coordinator.end(producer, 'commit')),
      codeOf(hub.coordinator.end(producer, 'commit')),
      codeOf(hub.coordinator.end(producer, 'abort')),
    ]
    expect(await Promise.all([first, second, other])).toEqual(['none', 'none', 'invalid_transaction_state'])
    expect(hub.port.ends).toHaveLength(1)
    await hub.restart()
    expect(await codeOf(hub.coordinator.end(producer, 'commit'))).toBe('none')
    expect(hub.port.ends).toHaveLength(1)
  })

  test('by its own producer alone', async () => {
    const producer = await hub.ongoing()
    const { coordinator } = hub
    expect(await codeOf(coordinator.end({ ...producer, producerId: 5 }, 'abort'))).toBe('unknown_transaction')
    expect(await codeOf(coordinator.end({ ...producer, transactionalId: 'y' }, 'abort'))).toBe('unknown_transaction')
    expect(await codeOf(coordinator.end({ ...producer, epoch: 1 }, 'abort'))).toBe('producer_fenced')
    expect(hub.stateOf()).toBe('ongoing')
  })
})
