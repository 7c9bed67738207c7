// Behaviours of every engine: closing it, and what the next one on the same place still has.

import { describe, expect, test } from 'vitest'
import { inProcessHost } from '../../../core/engine/group-service.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { batchOf, codeOf, type MakeHarness, record, recordsOf, useEngine, wanted } from './engine-harness.js'
import { Consumer, sessionTimeoutMs, stable } from './group-words.js'

const of = { topic: 't', partition: 0 }
const scope = { pipeline: 'p', connector: 'c' }
const nobody = { group: 'g', memberId: '', generation: -1 }

export function lifeBehaviours(make: MakeHarness): void {
  describe('an engine', () => {
    const under = useEngine(make)

    test('has an id and tells how it is', async () => {
      expect(under.engine.hubId).toMatch(/^[0-9a-f-]{36}$/)
      expect(under.engine.failed.aborted).toBe(false)
      const status = await under.engine.status()
      expect(status.damage).toEqual([])
      expect(status.refusing).toBeUndefined()
      await under.engine.topics.create({ name: 't', partitions: 1 })
      await under.append('t', 0, ['x'.repeat(10_000)])
      expect((await under.engine.status()).usedBytes).toBeGreaterThanOrEqual(10_000)
    })

    test('is closed twice without harm', async () => {
      await Promise.all([under.engine.close(), under.engine.close()])
      await under.engine.close()
    })

    test('takes nothing any more once it is closed', async () => {
      const { engine } = under
      await engine.topics.create({ name: 't', partitions: 1 })
      const claim = await engine.state.claim(scope)
      await engine.close()
      const calls = [
        engine.append([{ ...of, batch: batchOf('v') }]),
        under.read([wanted('t', 0, 0)]),
        engine.bounds(of),
        engine.topics.create({ name: 'u', partitions: 1 }),
        engine.topics.alter('t', { partitions: 2 }),
        engine.topics.delete('t'),
        engine.state.claim(scope),
        engine.state.put({ claim, changes: [] }),
        engine.groups.commit({ ...nobody, offsets: [{ ...of, offset: 1 }] }),
      ]
      expect(await Promise.all(calls.map(codeOf))).toEqual(calls.map(() => 'engine_stopped'))
    })

    test('settles the appends under way before it is closed', async () => {
      await under.engine.topics.create({ name: 't', partitions: 1 })
      const appends = Array.from({ length: 50 }, (_, index) => codeOf(under.append('t', 0, [`${index}`])))
      await under.engine.close()
      for (const code of await Promise.all(appends)) expect(['none', 'engine_stopped']).toContain(code)
    })
  })

  describe('an engine that was opened again', () => {
    const under = useEngine(make)
    const onlyPersistent = (skip: () => void): boolean => {
      if (!under.persistent) skip()
      return under.persistent
    }

    test('has every record, byte by byte', async ({ skip }) => {
      if (!onlyPersistent(skip)) return
      await under.engine.topics.create({ name: 't', partitions: 3 })
      for (let index = 0; index < 60; index++) {
        const headers = [{ key: 'n', value: Buffer.from(`${index}`) }]
        const batch = encodeBatch([record(`value ${index}`, { key: Buffer.from(`${index}`), headers }), record(null)])
        await under.engine.append([{ topic: 't', partition: index % 3, batch }])
      }
      const read = async () =>
        (await under.read([0, 1, 2].map((partition) => wanted('t', partition, 0)))).map(({ batches }) =>
          batches.toString('hex'),
        )
      const before = await read()
      await under.reopen()
      expect(await read()).toEqual(before)
    })

    test('goes on with the next offset', async ({ skip }) => {
      if (!onlyPersistent(skip)) return
      await under.engine.topics.create({ name: 't', partitions: 1 })
      for (let round = 0; round < 3; round++) {
        expect(await under.append('t', 0, ['a', 'b'])).toMatchObject({ baseOffset: round * 2 })
        await under.reopen()
      }
      expect(await under.engine.bounds(of)).toMatchObject({ logStartOffset: 0, highWatermark: 6, logEndOffset: 6 })
    })

    test('is the same hub, with the same topics', async ({ skip }) => {
      if (!onlyPersistent(skip)) return
      const { hubId, topics } = under.engine
      await topics.create({ name: 'kept', partitions: 2, settings: { retentionBytes: 123_456 } })
      await topics.create({ name: 'grown', partitions: 1 })
      await topics.alter('grown', { partitions: 3, settings: { retentionMs: 7 } })
      await topics.create({ name: 'gone', partitions: 1 })
      await topics.delete('gone')
      const before = topics.list()
      await under.reopen()
      expect(under.engine.hubId).toBe(hubId)
      expect(under.engine.topics.list()).toEqual(before)
      expect(under.engine.topics.find('gone')).toBeUndefined()
    })

    test('does not bring back what was deleted', async ({ skip }) => {
      if (!onlyPersistent(skip)) return
      await under.engine.topics.create({ name: 't', partitions: 1 })
      for (const value of ['a', 'b', 'c']) await under.append('t', 0, [value])
      await under.engine.deleteRecords(of, 2)
      await under.engine.topics.create({ name: 'u', partitions: 1 })
      await under.append('u', 0, ['of the first'])
      await under.engine.topics.delete('u')
      await under.reopen()
      expect(await under.engine.bounds(of)).toMatchObject({ logStartOffset: 2, highWatermark: 3 })
      await under.engine.topics.create({ name: 'u', partitions: 1 })
      expect(await under.values('u', 0)).toEqual([])
    })

    test('finds records by time', async ({ skip }) => {
      if (!onlyPersistent(skip)) return
      await under.engine.topics.create({ name: 't', partitions: 1, settings: { segmentBytes: 1024 } })
      for (let time = 0; time < 50; time++) {
        await under.engine.append([{ ...of, batch: encodeBatch([record('x'.repeat(50), { timestampMs: time * 10 })]) }])
      }
      await under.reopen()
      for (const offset of [0, 1, 25, 49]) expect(await under.engine.offsetFor(of, offset * 10 - 5)).toBe(offset)
    })

    test('has all state, and none of the claims on it', async ({ skip }) => {
      if (!onlyPersistent(skip)) return
      const { state } = under.engine
      const claim = await state.claim(scope)
      const changes = ['a', 'b', 'c'].map((key) => ({ key, value: Buffer.from(key) }))
      await state.put({ claim, changes })
      await state.put({ claim, changes: [{ key: 'b', value: null }] })
      await under.reopen()
      expect(under.engine.state.entries(scope, '').map(([key]) => key)).toEqual(['a', 'c'])
      const next = await under.engine.state.claim(scope)
      await under.engine.state.put({ claim: next, changes: [{ key: 'd', value: Buffer.from('d') }] })
      expect(under.engine.state.scopes()).toEqual([scope])
    })

    test('has what was appended together, together', async ({ skip }) => {
      if (!onlyPersistent(skip)) return
      await under.engine.topics.create({ name: 't', partitions: 1 })
      const claim = await under.engine.state.claim(scope)
      for (let index = 1; index <= 20; index++) {
        const state = { claim, changes: [{ key: 'position', value: Buffer.from(`${index}`) }] }
        await under.append('t', 0, [`${index}`], {
          state,
          commits: [{ ...nobody, offsets: [{ ...of, offset: index }] }],
        })
      }
      await under.reopen()
      expect(await under.values('t', 0)).toHaveLength(20)
      expect(Buffer.from(under.engine.state.get(scope, 'position')!).toString()).toBe('20')
      expect(under.engine.groups.committed('g', of)).toMatchObject({ offset: 20 })
    })

    test('has the commits of its groups, also those that were deleted', async ({ skip }) => {
      if (!onlyPersistent(skip)) return
      await under.engine.topics.create({ name: 't', partitions: 2 })
      const { groups } = under.engine
      await groups.commit({ ...nobody, offsets: [{ ...of, offset: 4, metadata: 'note', leaderEpoch: 1 }] })
      await groups.commit({ ...nobody, group: 'gone', offsets: [{ ...of, offset: 4 }] })
      await groups.delete('gone')
      const before = groups.allCommitted('g')
      await under.reopen()
      expect(under.engine.groups.allCommitted('g')).toEqual(before)
      expect(under.engine.groups.list().map(({ group }) => group)).toEqual(['g'])
    })

    test('knows the members that its clients still are', async ({ skip }) => {
      if (!onlyPersistent(skip)) return
      await under.engine.topics.create({ name: 't', partitions: 1 })
      const member = new Consumer(under.engine.groups)
      await stable(member)
      await under.reopen()
      const { groups } = under.engine
      await groups.heartbeat(member.identity)
      await groups.commit({ ...member.identity, offsets: [{ ...of, offset: 1 }] })
      await under.passTime(sessionTimeoutMs + 1000)
      await under.until(async () => groups.describe('g').state === 'Empty', 1000)
      expect(await codeOf(groups.heartbeat(member.identity))).toBe('unknown_member')
    })

    test('goes on in the middle of a rebalance', async ({ skip }) => {
      if (!onlyPersistent(skip)) return
      const member = new Consumer(under.engine.groups)
      const { generation } = await member.join()
      await under.reopen()
      const assignments = [{ memberId: member.memberId, assignment: Buffer.from('mine') }]
      const synced = await under.engine.groups.sync({ ...member.identity, assignments }, new AbortController().signal)
      expect(Buffer.from(synced.assignment).toString()).toBe('mine')
      expect(under.engine.groups.describe('g')).toMatchObject({ state: 'Stable', generation })
    })

    test('never gives a generation twice', async ({ skip }) => {
      if (!onlyPersistent(skip)) return
      await under.engine.topics.create({ name: 't', partitions: 1 })
      await under.engine.groups.commit({ ...nobody, offsets: [{ ...of, offset: 1 }] })
      const generations: number[] = []
      for (let round = 0; round < 3; round++) {
        const member = new Consumer(under.engine.groups)
        generations.push((await member.join()).generation)
        await member.leave()
        await under.reopen()
      }
      expect(generations).toEqual([1, 2, 3])
    })

    test('does not wait for members that lived in the process before', async ({ skip }) => {
      if (!onlyPersistent(skip)) return
      const before = new Consumer(under.engine.groups, { clientHost: inProcessHost })
      await stable(before)
      await under.reopen()
      const after = new Consumer(under.engine.groups, { clientHost: inProcessHost })
      expect((await after.join()).leaderId).toBe(after.memberId)
      expect(under.engine.groups.describe('g').members).toHaveLength(1)
    })

    test('reads on from the middle of many segments', async ({ skip }) => {
      if (!onlyPersistent(skip)) return
      await under.engine.topics.create({ name: 't', partitions: 1, settings: { segmentBytes: 1024 } })
      for (let index = 0; index < 100; index++) await under.append('t', 0, [`${index} ${'x'.repeat(90)}`])
      await under.reopen()
      const [chunk] = await under.read([wanted('t', 0, 73)])
      expect(recordsOf(chunk!)[0]).toMatchObject({ offset: 73 })
      expect(await under.values('t', 0, 73)).toHaveLength(27)
    })
  })
}
