// Behaviours of every engine: consumer groups by Kafka's classic protocol. The rules stand in core/coordination/SPEC.md.

import { beforeEach, describe, expect, test } from 'vitest'
import { codeOf, isSettled, type MakeHarness, useEngine } from './engine-harness.js'
import { Consumer, joined, joinRequest, rebalanceTimeoutMs, sessionTimeoutMs, stable } from './group-words.js'

const of = { topic: 't', partition: 0 }

export function groupBehaviours(make: MakeHarness): void {
  describe('groups', () => {
    const under = useEngine(make)
    const consumer = (more = {}): Consumer => new Consumer(under.engine.groups, more)

    beforeEach(async () => {
      await under.engine.topics.create({ name: 't', partitions: 4 })
    })

    test('the first member leads generation 1 at once', async () => {
      const first = consumer()
      const answer = await first.join()
      expect(answer).toMatchObject({
        generation: 1,
        leaderId: answer.memberId,
        protocol: 'range',
        protocolType: 'consumer',
      })
      expect(answer.members).toEqual([{ memberId: answer.memberId, metadata: new Uint8Array(Buffer.from('topics')) }])
      expect(answer.memberId).toMatch(/^client-/)
    })

    test('the leader’s assignment reaches every member', async () => {
      const [a, b] = [consumer(), consumer()]
      await joined(a, b)
      const [follower, leader] = a.leads ? [b, a] : [a, b]
      expect(follower.joined!.members).toEqual([])
      expect(leader.joined!.members).toHaveLength(2)
      const waiting = follower.sync()
      expect(await isSettled(waiting)).toBe(false)
      const answers = [await leader.sync(), await waiting]
      expect(answers.map(({ assignment }) => Buffer.from(assignment).toString())).toEqual([
        `for ${leader.memberId}`,
        `for ${follower.memberId}`,
      ])
    })

    test('a second member waits until the first has joined again', async () => {
      const [a, b] = [consumer(), consumer()]
      await stable(a)
      const joining = b.join()
      expect(await isSettled(joining)).toBe(false)
      expect(await codeOf(a.heartbeat())).toBe('rebalance_in_progress')
      await a.join()
      expect((await joining).generation).toBe(2)
      expect(a.generation).toBe(2)
    })

    test('a member that answers heartbeats stays, one that is silent goes', async () => {
      const [a, b] = [consumer(), consumer()]
      await stable(a, b)
      for (let passed = 0; passed < 2 * sessionTimeoutMs && (await codeOf(a.heartbeat())) === 'none'; passed += 1000) {
        await under.passTime(1000)
      }
      const rejoined = await a.join()
      expect(rejoined.generation).toBe(b.generation + 1)
      expect(await codeOf(b.heartbeat())).toBe('unknown_member')
      expect(under.engine.groups.describe('g').members.map(({ memberId }) => memberId)).toEqual([a.memberId])
    })

    test('what a dead member had committed is where its partitions go on', async () => {
      const [a, b] = [consumer(), consumer()]
      await stable(a)
      await a.commit({ ...of, offset: 3, metadata: 'note', leaderEpoch: 5 })
      const joining = b.join()
      await under.passTime(sessionTimeoutMs)
      expect((await joining).leaderId).toBe(b.memberId)
      expect(under.engine.groups.committed('g', of)).toMatchObject({ offset: 3, metadata: 'note', leaderEpoch: 5 })
      expect(await codeOf(a.commit({ ...of, offset: 4 }))).toBe('unknown_member')
      await b.sync()
      await b.commit({ ...of, offset: 7 })
      expect(under.engine.groups.committed('g', of)).toMatchObject({ offset: 7 })
    })

    test('a member that does not join again in time is left out', async () => {
      const [a, b] = [consumer({ sessionTimeoutMs: 120_000 }), consumer()]
      await stable(a)
      const joining = b.join()
      await under.passTime(rebalanceTimeoutMs)
      expect((await joining).generation).toBe(2)
      expect(await codeOf(a.heartbeat())).toBe('unknown_member')
    })

    test('a member that leaves makes the others rebalance', async () => {
      const [a, b] = [consumer(), consumer()]
      await stable(a, b)
      await b.leave()
      expect(await codeOf(a.heartbeat())).toBe('rebalance_in_progress')
      expect((await a.join()).generation).toBe(b.generation + 1)
      expect(await codeOf(b.heartbeat())).toBe('unknown_member')
    })

    test('a generation that was assigned nothing in time loses who did not ask', async () => {
      const [a, b] = [consumer({ sessionTimeoutMs: 120_000 }), consumer({ sessionTimeoutMs: 120_000 })]
      await joined(a, b)
      const [follower, leader] = a.leads ? [b, a] : [a, b]
      const waiting = follower.sync()
      const refused = codeOf(waiting)
      await under.passTime(rebalanceTimeoutMs)
      expect(await refused).toBe('rebalance_in_progress')
      expect(await codeOf(leader.heartbeat())).toBe('unknown_member')
      expect((await follower.join()).leaderId).toBe(follower.memberId)
    })

    test('an old generation commits nothing', async () => {
      const [a, b] = [consumer(), consumer()]
      await stable(a)
      await a.commit({ ...of, offset: 1 })
      const old = a.identity
      await stable(a, b)
      const late = under.engine.groups.commit({ ...old, offsets: [{ ...of, offset: 9 }] })
      expect(await codeOf(late)).toBe('illegal_generation')
      const lateAppend = under.append('t', 0, ['v'], { commits: [{ ...old, offsets: [{ ...of, offset: 9 }] }] })
      expect(await codeOf(lateAppend)).toBe('illegal_generation')
      expect(await under.values('t', 0)).toEqual([])
      expect(under.engine.groups.committed('g', of)).toMatchObject({ offset: 1 })
    })

    test('the owner finishes and commits while the others join', async () => {
      const [a, b] = [consumer(), consumer()]
      await stable(a)
      const joining = b.join()
      await isSettled(joining)
      await a.commit({ ...of, offset: 5 })
      expect(under.engine.groups.committed('g', of)).toMatchObject({ offset: 5 })
      await a.join()
      await joining
    })

    test('nobody commits before it has its assignment', async () => {
      const a = consumer()
      await a.join()
      expect(await codeOf(a.commit({ ...of, offset: 5 }))).toBe('rebalance_in_progress')
    })

    test('nobody in particular commits while the group is empty, and only then', async () => {
      const nobody = { group: 'g', memberId: '', generation: -1 }
      const { groups } = under.engine
      await groups.commit({ ...nobody, offsets: [{ ...of, offset: 2 }] })
      expect(groups.describe('g')).toMatchObject({ state: 'Empty', members: [] })
      await stable(consumer())
      expect(await codeOf(groups.commit({ ...nobody, offsets: [{ ...of, offset: 3 }] }))).toBe('unknown_member')
      expect(groups.committed('g', of)).toMatchObject({ offset: 2 })
    })

    test('strangers are told that they are', async () => {
      const { groups } = under.engine
      const a = consumer()
      await stable(a)
      for (const group of ['g', 'nowhere']) {
        const stranger = { group, memberId: 'stranger', generation: 1 }
        expect(await codeOf(groups.heartbeat(stranger))).toBe('unknown_member')
        expect(await codeOf(groups.leave(stranger))).toBe('unknown_member')
        expect(await codeOf(groups.sync({ ...stranger, assignments: [] }, new AbortController().signal))).toBe(
          'unknown_member',
        )
        expect(await codeOf(groups.commit({ ...stranger, offsets: [{ ...of, offset: 1 }] }))).toBe('unknown_member')
      }
      expect(await codeOf(consumer().join({ memberId: 'stranger' }))).toBe('unknown_member')
      expect(await codeOf(groups.heartbeat({ ...a.identity, generation: 9 }))).toBe('illegal_generation')
    })

    test('a member whose answer got lost gets it again', async () => {
      const [a, b] = [consumer(), consumer()]
      await stable(a, b)
      const follower = a.leads ? b : a
      const { generation } = follower
      expect(await follower.join()).toMatchObject({ generation, members: [] })
      expect(Buffer.from((await follower.sync()).assignment).toString()).toBe(`for ${follower.memberId}`)
    })

    test('the leader asks for a rebalance by joining again', async () => {
      const a = consumer()
      await stable(a)
      expect((await a.join()).generation).toBe(2)
    })

    test('members agree on the protocol that most of them prefer', async () => {
      const protocols = (...names: string[]) => ({
        protocols: names.map((name) => ({ name, metadata: Buffer.from(name) })),
      })
      const members = [
        consumer(protocols('x', 'range', 'sticky')),
        consumer(protocols('sticky', 'range')),
        consumer(protocols('sticky', 'range')),
      ]
      await stable(members[0]!, ...members.slice(1))
      expect(members.map(({ joined }) => joined!.protocol)).toEqual(['sticky', 'sticky', 'sticky'])
      const leader = members.find(({ leads }) => leads)!
      expect(leader.joined!.members.map(({ metadata }) => Buffer.from(metadata).toString())).toEqual([
        'sticky',
        'sticky',
        'sticky',
      ])
    })

    test('a member that shares no protocol stays out', async () => {
      await stable(consumer())
      expect(await codeOf(consumer({ protocols: [{ name: 'mine', metadata: Buffer.from('') }] }).join())).toBe(
        'inconsistent_protocol',
      )
      expect(await codeOf(consumer({ protocolType: 'connect' }).join())).toBe('inconsistent_protocol')
      expect(await codeOf(consumer({ protocols: [] }).join())).toBe('inconsistent_protocol')
      expect(under.engine.groups.describe('g')).toMatchObject({ state: 'Stable', generation: 1 })
    })

    test.each([999, 31 * 60_000, Number.NaN])('a session time-out of %d ms is refused', async (wrong) => {
      expect(await codeOf(consumer().join({ sessionTimeoutMs: wrong }))).toBe('invalid_session_timeout')
      expect(under.engine.groups.list()).toEqual([])
    })

    test.each(['', 'x'.repeat(256)])('a group cannot be called %j', async (group) => {
      expect(await codeOf(consumer({ group }).join())).toBe('invalid_group')
      const commit = { group, memberId: '', generation: -1, offsets: [{ ...of, offset: 1 }] }
      expect(await codeOf(under.engine.groups.commit(commit))).toBe('invalid_group')
    })

    test('a static member comes back without a rebalance, and fences the one before', async () => {
      const [a, b] = [consumer({ instanceId: 'one' }), consumer({ instanceId: 'two' })]
      await stable(a, b)
      const old = a.identity
      const back = consumer({ instanceId: 'one' })
      expect(await back.join()).toMatchObject({ generation: a.generation })
      expect(back.memberId).not.toBe(old.memberId)
      expect(Buffer.from((await back.sync()).assignment).toString()).toBe(`for ${old.memberId}`)
      await b.heartbeat()
      await back.commit({ ...of, offset: 2 })
      expect(await codeOf(under.engine.groups.heartbeat(old))).toBe('fenced_instance')
      const zombie = under.engine.groups.commit({ ...old, offsets: [{ ...of, offset: 1 }] })
      expect(await codeOf(zombie)).toBe('fenced_instance')
      expect(under.engine.groups.committed('g', of)).toMatchObject({ offset: 2 })
    })

    test('a static member with other protocols comes back with a rebalance', async () => {
      const [a, b] = [consumer({ instanceId: 'one' }), consumer()]
      await stable(a, b)
      const back = consumer({
        instanceId: 'one',
        protocols: [{ name: 'range', metadata: Buffer.from('other topics') }],
      })
      const joining = back.join()
      expect(await isSettled(joining)).toBe(false)
      expect(await codeOf(b.heartbeat())).toBe('rebalance_in_progress')
      await b.join()
      expect((await joining).generation).toBe(b.generation)
    })

    test('an operator removes a static member by its instance', async () => {
      const a = consumer({ instanceId: 'one' })
      await stable(a)
      await under.engine.groups.leave({ group: 'g', memberId: '', instanceId: 'one' })
      expect(await codeOf(a.heartbeat())).toBe('unknown_member')
    })

    test('a wait that is taken back leaves a known member in the group', async () => {
      const [a, b] = [consumer(), consumer()]
      await stable(a, b)
      const controller = new AbortController()
      const joining = a.join({ protocols: [{ name: 'range', metadata: Buffer.from('new') }] }, controller.signal)
      await isSettled(joining)
      controller.abort(new Error('gone'))
      await expect(joining).rejects.toThrow('gone')
      expect(await codeOf(a.heartbeat())).toBe('rebalance_in_progress')
      await Promise.all([a.join(), b.join()])
      expect(a.generation).toBe(b.generation)
    })

    test('a new member that never learned its name is gone with its wait', async () => {
      const [a, b] = [consumer(), consumer()]
      await stable(a)
      const controller = new AbortController()
      const joining = b.join({}, controller.signal)
      await isSettled(joining)
      controller.abort(new Error('gone'))
      await expect(joining).rejects.toThrow('gone')
      await a.join()
      expect(under.engine.groups.describe('g').members).toHaveLength(1)
    })

    test('twenty members get one generation', async () => {
      const members = Array.from({ length: 20 }, () => consumer())
      await stable(members[0]!, ...members.slice(1))
      expect(new Set(members.map(({ generation }) => generation)).size).toBe(1)
      expect(new Set(members.map(({ joined }) => joined!.leaderId)).size).toBe(1)
      expect(under.engine.groups.describe('g').members).toHaveLength(20)
    })

    test('groups are listed and described', async () => {
      const { groups } = under.engine
      const a = consumer({ group: 'b', instanceId: 'one' })
      await stable(a)
      await groups.commit({ group: 'a', memberId: '', generation: -1, offsets: [{ ...of, offset: 1 }] })
      expect(groups.list()).toEqual([
        { group: 'a', state: 'Empty', protocolType: '' },
        { group: 'b', state: 'Stable', protocolType: 'consumer' },
      ])
      expect(groups.describe('b')).toEqual({
        group: 'b',
        state: 'Stable',
        protocolType: 'consumer',
        generation: 1,
        protocol: 'range',
        leaderId: a.memberId,
        members: [
          {
            memberId: a.memberId,
            instanceId: 'one',
            clientId: 'client',
            clientHost: '/127.0.0.1',
            metadata: new Uint8Array(Buffer.from('topics')),
            assignment: new Uint8Array(Buffer.from(`for ${a.memberId}`)),
          },
        ],
        events: [
          `member ${a.memberId} joins as instance one: first join of client client at 127.0.0.1`,
          `rebalance begins because member ${a.memberId} joins`,
          `generation 1 with 1 member, protocol range, leader ${a.memberId}`,
          `generation 1 is assigned by its leader ${a.memberId}`,
        ].map((text) => ({ atMs: expect.any(Number), text })),
      })
      expect(() => groups.describe('nowhere')).toThrow(expect.objectContaining({ code: 'unknown_group' }))
    })

    test('a group is there as long as it has members or offsets', async () => {
      const { groups } = under.engine
      const a = consumer()
      await stable(a)
      await a.commit({ ...of, offset: 1 })
      await a.leave()
      expect(groups.describe('g')).toMatchObject({ state: 'Empty', generation: 1, members: [] })
      await groups.delete('g')
      expect(groups.list()).toEqual([])
      expect(groups.allCommitted('g')).toEqual([])
      const b = consumer()
      await stable(b)
      await b.leave()
      expect(groups.list()).toEqual([])
    })

    test('offsets are listed, and those of others left alone', async () => {
      const { groups } = under.engine
      const nobody = { memberId: '', generation: -1 }
      const offsets = [0, 1, 2].map((partition) => ({ topic: 't', partition, offset: partition * 10 }))
      await groups.commit({ group: 'g', ...nobody, offsets })
      await groups.commit({ group: 'h', ...nobody, offsets: [{ topic: 't', partition: 3, offset: 1 }] })
      await groups.commit({ group: 'g', ...nobody, offsets: [{ topic: 't', partition: 1, offset: 11 }] })
      const found = groups.allCommitted('g').map(({ topic, partition, offset, metadata, leaderEpoch }) => {
        return [topic, partition, offset, metadata, leaderEpoch]
      })
      expect(found).toHaveLength(3)
      expect(found).toEqual(
        expect.arrayContaining([
          ['t', 0, 0, '', -1],
          ['t', 1, 11, '', -1],
          ['t', 2, 20, '', -1],
        ]),
      )
      expect(groups.committed('g', { topic: 't', partition: 3 })).toBeUndefined()
      expect(groups.committed('nowhere', of)).toBeUndefined()
    })

    test.each([
      ['invalid_commit', { ...of, offset: -1 }],
      ['invalid_commit', { ...of, offset: 1.5 }],
      ['invalid_commit', { ...of, offset: 1, metadata: 'x'.repeat(4097) }],
      ['invalid_commit', { ...of, offset: 1, leaderEpoch: -2 }],
      ['unknown_partition', { topic: 't', partition: 4, offset: 1 }],
      ['unknown_partition', { topic: 'nowhere', partition: 0, offset: 1 }],
    ])('refuses with %s the commit of %j', async (code, wrong) => {
      const offsets = [{ topic: 't', partition: 1, offset: 1 }, wrong]
      const { groups } = under.engine
      expect(await codeOf(groups.commit({ group: 'g', memberId: '', generation: -1, offsets }))).toBe(code)
      expect(groups.allCommitted('g')).toEqual([])
    })

    test('offsets are reset, back too, while the group has no members', async () => {
      const { groups } = under.engine
      const a = consumer()
      await stable(a)
      await a.commit({ ...of, offset: 5 })
      expect(await codeOf(groups.reset('g', [{ ...of, offset: 1 }]))).toBe('group_not_empty')
      expect(await codeOf(groups.delete('g'))).toBe('group_not_empty')
      await a.leave()
      await groups.reset('g', [{ ...of, offset: 1 }])
      expect(groups.committed('g', of)).toMatchObject({ offset: 1 })
      await groups.reset('new', [{ ...of, offset: 2 }])
      expect(groups.committed('new', of)).toMatchObject({ offset: 2 })
      expect(await codeOf(groups.delete('nowhere'))).toBe('unknown_group')
    })

    test('offsets are forgotten one by one, and the group with the last of them', async () => {
      const { groups } = under.engine
      const other = { topic: 't', partition: 1 }
      const offsets = [
        { ...of, offset: 3 },
        { ...other, offset: 4 },
      ]
      await groups.commit({ group: 'g', memberId: '', generation: -1, offsets })
      await groups.forget('g', [of, { topic: 't', partition: 2 }])
      expect(groups.allCommitted('g')).toMatchObject([{ ...other, offset: 4 }])
      await groups.forget('g', [other])
      expect(groups.list()).toEqual([])
      expect(await codeOf(groups.forget('g', [of]))).toBe('unknown_group')
    })

    test('a new member that knows its name is called so, and keeps its place when its wait is taken back', async () => {
      const a = consumer()
      await stable(a)
      const gone = new AbortController()
      const joining = consumer().join({ newMemberId: 'b-1' }, gone.signal)
      expect(await isSettled(joining)).toBe(false)
      gone.abort(new Error('gone'))
      await expect(joining).rejects.toThrow('gone')
      expect(under.engine.groups.describe('g').members.map(({ memberId }) => memberId)).toContain('b-1')
    })

    test('waiting members are sent away when the engine is closed', async () => {
      const [a, b] = [consumer(), consumer()]
      await stable(a)
      const joining = codeOf(b.join())
      await isSettled(joining)
      await under.engine.close()
      expect(await joining).toBe('engine_stopped')
      expect(await codeOf(under.engine.groups.join(joinRequest(), new AbortController().signal))).toBe('engine_stopped')
    })
  })
}
