// What a group says of itself: why its members came and went, and why it rebalanced. Words are held to the letter.

import { beforeEach, describe, expect, test } from 'vitest'
import { Coordinator } from '../../../core/coordination/coordinator.js'
import { shown } from '../../../core/coordination/group-events.js'
import { maxGroupEvents, maxShownCharacters } from '../../../core/coordination/limits.js'
import { inProcessHost, type JoinRequest } from '../../../core/engine/group-service.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { type Logger, silentLogger } from '../../../core/telemetry/logger.js'
import { codeOf, never } from '../../contracts/log-engine/engine-harness.js'
import {
  Consumer,
  joined,
  rebalanceTimeoutMs,
  sessionTimeoutMs,
  stable,
} from '../../contracts/log-engine/group-words.js'
import { ManualClock, settled } from '../../support/manual-clock.js'
import { FakeJournal } from './fake-journal.js'

const nobody = { group: 'g', memberId: '', generation: -1 }
const of = { topic: 't', partition: 0 }

describe('the events of a group', () => {
  let clock: ManualClock
  let journal: FakeJournal
  let coordinator: Coordinator
  let logged: unknown[]

  beforeEach(() => {
    clock = new ManualClock()
    logged = []
    coordinator = opened(new FakeJournal())
  })

  function opened(port: FakeJournal): Coordinator {
    const logger: Logger = { ...silentLogger, info: (_event, fields) => logged.push(fields?.['event']) }
    const made = new Coordinator({ port, clock, random: nodeWorld().random, logger })
    journal = port
    port.coordinator = made
    for (const { key, value } of port.records) made.replay(key, value)
    made.start()
    return made
  }

  const consumer = (newMemberId: string, more: Partial<JoinRequest> = {}): Consumer =>
    new Consumer(coordinator, { newMemberId, ...more })

  const texts = (group = 'g'): string[] => coordinator.describe(group).events.map(({ text }) => text)

  /** What was said since this was called last, or began. */
  let said = 0
  const news = (): string[] => {
    const all = texts()
    const fresh = all.slice(said)
    said = all.length
    return fresh
  }

  beforeEach(() => {
    said = 0
  })

  test('tell the first join, the generation and its assignment, with the time of the wall clock', async () => {
    await stable(consumer('a', { clientId: 'shop-1', clientHost: '/10.0.0.5' }))
    expect(news()).toEqual([
      'member a joins: first join of client shop-1 at 10.0.0.5',
      'rebalance begins because member a joins',
      'generation 1 with 1 member, protocol range, leader a',
      'generation 1 is assigned by its leader a',
    ])
    expect(new Set(coordinator.describe('g').events.map(({ atMs }) => atMs))).toEqual(new Set([clock.now()]))
  })

  test('tell who made the group rebalance by joining or leaving', async () => {
    const [a, b] = [consumer('a'), consumer('b')]
    await stable(a)
    news()
    await joined(a, b)
    expect(news()).toEqual([
      'member a joins again: as the leader it asks to assign anew',
      'rebalance begins because member a joins again: as the leader it asks to assign anew',
      'generation 2 with 1 member, protocol range, leader a',
      'member b joins: first join of client client at 127.0.0.1',
      'rebalance begins because member b joins',
      'member a joins again, as the rebalance asks it to',
      'generation 3 with 2 members, protocol range, leader a',
    ])
    await b.leave()
    expect(news()).toEqual(['member b leaves', 'rebalance begins because member b leaves'])
  })

  test('tell that a member reads something else, and that an answer was asked for once more', async () => {
    const a = consumer('a')
    await stable(a)
    const b = consumer('b')
    await joined(a, b)
    news()
    await b.join()
    expect(news()).toEqual(['member b joins again and is told of generation 3 as it stands'])
    const joining = b.join({ protocols: [{ name: 'range', metadata: Buffer.from('others') }] })
    await settled()
    expect(news()).toEqual([
      'member b joins again with another subscription or other protocols',
      'rebalance begins because member b joins again with another subscription or other protocols',
    ])
    await Promise.all([a.join(), joining])
  })

  test('tell whose session ended, how long it was and when it was heard of last', async () => {
    const [a, b] = [consumer('a'), consumer('b', { sessionTimeoutMs: 30_000 })]
    await stable(a, b)
    news()
    await clock.advance(8_000)
    await a.heartbeat()
    await clock.advance(sessionTimeoutMs)
    expect(news()).toEqual([
      'member a is dropped: its session of 10 s ended, last heard of 10 s ago',
      'rebalance begins because member a is dropped',
    ])
    await b.join()
    news()
    await clock.advance(30_000)
    expect(coordinator.list()).toEqual([])
    expect(logged.slice(-2)).toEqual([
      'member b is dropped: its session of 30 s ended, last heard of 30 s ago',
      'generation 3 ends: no member is left',
    ])
  })

  test('tell who was left out as the time to rejoin ended, and that static members stay', async () => {
    const long = { sessionTimeoutMs: 600_000 }
    const [a, b, c] = [consumer('a', long), consumer('b', long), consumer('c', { ...long, instanceId: 'one' })]
    await stable(a, b, c)
    news()
    const [rejoining] = await Promise.all([
      a.join({ protocols: [{ name: 'range', metadata: Buffer.from('others') }] }),
      clock.advance(rebalanceTimeoutMs),
    ])
    expect(rejoining.generation).toBe(3)
    expect(news().slice(2)).toEqual([
      'member b did not rejoin within the rebalance time-out of 30 s and is dropped; member c, static, ' +
        'did not rejoin within the rebalance time-out of 30 s: only the end of a session drops those',
      'generation 3 with 2 members, protocol range, leader a',
    ])
  })

  test('tell who did not ask for its assignment', async () => {
    const long = { sessionTimeoutMs: 600_000 }
    const [a, b] = [consumer('a', long), consumer('b', long)]
    await joined(a, b)
    await (a.leads ? a : b).sync()
    news()
    await clock.advance(rebalanceTimeoutMs)
    const late = a.leads ? 'b' : 'a'
    expect(news()).toEqual([
      `member ${late} is dropped: no request for the assignment of generation 2 in 30 s`,
      `rebalance begins because member ${late} is dropped`,
    ])
  })

  test('tell of a static member that came back, without a rebalance', async () => {
    await stable(consumer('a', { instanceId: 'one' }))
    news()
    await consumer('b', { instanceId: 'one' }).join()
    expect(news()).toEqual(['member b joins as instance one, in the place of member a', 'generation 1 goes on'])
  })

  test('tell of a new member whose join was not waited for', async () => {
    await stable(consumer('a'))
    news()
    const over = new AbortController()
    const request = { clientId: 'shop', clientHost: '/10.0.0.5' }
    const joining = new Consumer(coordinator, request).join({}, over.signal)
    await settled()
    over.abort(new Error('the client has closed the connection'))
    await expect(joining).rejects.toThrow('closed')
    await settled()
    expect(news().map((text) => text.replace(/shop-[0-9a-f-]{36}/, 'X'))).toEqual([
      'member X joins: first join of client shop at 10.0.0.5',
      'rebalance begins because member X joins',
      'member X is dropped: its first join was not answered, so that it never learned its name',
    ])
  })

  test('tell of offsets that an operator sets or forgets', async () => {
    const other = { topic: 't', partition: 1 }
    await coordinator.reset('g', [
      { ...of, offset: 1 },
      { ...other, offset: 2 },
    ])
    await coordinator.forget('g', [other])
    expect(news()).toEqual(['offsets are reset: 2 partitions', 'offsets are forgotten: 1 partition'])
    await coordinator.delete('g')
    expect(logged.at(-1)).toBe('the group is deleted, and with it the offsets of 1 partition')
  })

  test('tell what the log refused', async () => {
    const a = consumer('a')
    await stable(a)
    news()
    journal.isFull = true
    expect(await codeOf(a.join())).toBe('log_disk_full')
    expect(news().at(-1)).toBe('what was decided could not be kept: the disk has 0 bytes left')
  })

  test('begin anew with the process, which says how many members it found and which have died', async () => {
    await stable(consumer('a'), consumer('b', { clientHost: inProcessHost }))
    await coordinator.close()
    coordinator = opened(new FakeJournal(journal.records))
    await settled()
    expect(texts()).toEqual([
      'the hub starts: generation 2 goes on with 2 members, each with its full session',
      'member b is dropped: it lived in a process that has ended',
      'rebalance begins because member b is dropped',
    ])
  })

  test('are the lines of the log', async () => {
    await stable(consumer('a'), consumer('b'))
    expect(logged).toEqual(texts())
  })

  test('are bounded: the oldest go', async () => {
    for (let index = 0; index < maxGroupEvents + 5; index++) {
      await coordinator.reset('g', index % 2 === 0 ? [{ ...of, offset: index }] : [])
    }
    expect(texts()).toHaveLength(maxGroupEvents)
    expect(texts().slice(0, 2)).toEqual(['offsets are reset: 0 partitions', 'offsets are reset: 1 partition'])
  })

  test('go with the group', async () => {
    const a = consumer('a')
    await stable(a)
    await a.leave()
    await coordinator.commit({ ...nobody, offsets: [{ ...of, offset: 1 }] })
    expect(texts()).toEqual([])
  })

  test('take names of clients shortened, and nothing that could steer a terminal', async () => {
    const uuid = '0123abcd-0123-abcd-0123-0123456789ab'
    await coordinator.join(
      { ...joinOf('\u001b[2J\nclient\u202e'), newMemberId: `${'long'.repeat(200)}-${uuid}`, protocols: [range] },
      never(),
    )
    const [first] = texts()
    expect(first).toContain(`…${uuid} joins: first join of client \ufffd[2J\ufffdclient\ufffd at`)
    expect(first!.length).toBeLessThan(200)
  })

  test('cut a name in the middle, at any place', () => {
    expect(shown('x'.repeat(maxShownCharacters))).toBe('x'.repeat(maxShownCharacters))
    expect(shown('😀'.repeat(100))).toHaveLength(maxShownCharacters)
    const emoji = shown('😀'.repeat(100))
    expect(Buffer.from(emoji).toString()).toBe(emoji)
  })
})

const range = { name: 'range', metadata: Buffer.from('topics') }

function joinOf(clientId: string): JoinRequest {
  const { group, memberId } = nobody
  const times = { sessionTimeoutMs, rebalanceTimeoutMs }
  return { group, memberId, clientId, clientHost: '/10.0.0.5', ...times, protocolType: 'consumer', protocols: [range] }
}
