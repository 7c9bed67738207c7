// What kafkajs sees in groups: members that come and go, and assignors of their own.

import { AssignerProtocol, type Consumer, type PartitionAssigner, PartitionAssigners } from 'kafkajs'
import { expect } from 'vitest'
import { groupOf, joins, memberOf, produce, refusalOf, runningMember, withAdmin } from './kafkajs-client.js'
import { behavioursOf, type Behaviours, type KafkaSite } from './kit.js'

const leave = (members: readonly Consumer[]): Promise<unknown> =>
  Promise.all(members.map((member) => member.disconnect()))

const countsOf = (site: KafkaSite, assignments: readonly Readonly<Record<string, number[]>>[]): number[] =>
  assignments.map((assignment) => assignment[site.name]?.length ?? 0)

/** A group without members and offsets is no more. */
const namesOf = (site: KafkaSite): string[] => site.engine.groups.list().map(({ group }) => group)

const idle = { eachMessage: async () => undefined }

const members: Behaviours = {
  'shares the partitions among two members, and takes them back when one leaves': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 4 })
    const [a, b] = await Promise.all([memberOf(site), memberOf(site)])
    const [first] = await Promise.all([joins(a), a.run({ eachMessage: async () => undefined })])
    expect(first[site.name]).toHaveLength(4)
    const shared = [joins(a), joins(b)]
    await b.run({ eachMessage: async () => undefined })
    const halves = (await Promise.all(shared)).map((assignment) => assignment[site.name] ?? [])
    expect(halves.map(({ length }) => length)).toEqual([2, 2])
    expect(halves.flat().sort((x, y) => x - y)).toEqual([0, 1, 2, 3])
    const whole = joins(a)
    await b.disconnect()
    expect((await whole)[site.name]).toHaveLength(4)
    await a.disconnect()
  },
  'loses and skips nothing when a member joins under load': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 4 })
    const seen = new Map<string, number>()
    const count = 400
    let done: () => void = () => undefined
    const all = new Promise<void>((resolve) => {
      done = resolve
    })
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
      const value = String(message.value)
      seen.set(value, (seen.get(value) ?? 0) + 1)
      if (seen.size === count) done()
    }
    const [a, b] = await Promise.all([memberOf(site), memberOf(site)])
    const joined = joins(a)
    await a.run({ eachMessage })
    await joined
    for (let from = 0; from < count; from += 50) {
      if (from === 150) await b.run({ eachMessage })
      const part = Array.from({ length: 50 }, (_, index) => ({ key: `${index}`, value: `${from + index}` }))
      await produce(site, part)
    }
    await all
    expect(seen.size).toBe(count)
    await Promise.all([a.disconnect(), b.disconnect()])
  },
  'shares the partitions among three members, and shares them anew when one leaves': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 6 })
    const group = [await runningMember(site)]
    for (let count = 2; count <= 3; count++) {
      const rejoined = group.map(joins)
      const next = await memberOf(site)
      const joined = [...rejoined, joins(next)]
      await next.run(idle)
      expect(countsOf(site, await Promise.all(joined))).toEqual(Array.from({ length: count }, () => 6 / count))
      group.push(next)
    }
    const [last, ...others] = group.reverse()
    const rejoined = others.map(joins)
    await last?.disconnect()
    expect(countsOf(site, await Promise.all(rejoined))).toEqual([3, 3])
    await leave(others)
  },
  'gives nothing to members beyond the number of partitions, until one leaves': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const first = await runningMember(site)
    const second = await memberOf(site)
    const both = [joins(first), joins(second)]
    await second.run(idle)
    const counts = countsOf(site, await Promise.all(both))
    expect(new Set(counts)).toEqual(new Set([0, 1]))
    const [owner, spare] = counts[0] === 1 ? [first, second] : [second, first]
    const taken = joins(spare)
    await owner.disconnect()
    expect((await taken)[site.name]).toEqual([0])
    await spare.disconnect()
  },
  'goes on in the group after a stop': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 2 })
    const member = await runningMember(site)
    await member.stop()
    expect(namesOf(site)).not.toContain(groupOf(site))
    const joined = joins(member)
    await member.run(idle)
    expect((await joined)[site.name]).toEqual([0, 1])
    await member.disconnect()
  },
  'leaves its group at once when it disconnects': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const member = await runningMember(site)
    expect(site.engine.groups.describe(groupOf(site))).toMatchObject({ state: 'Stable' })
    await member.disconnect()
    expect(namesOf(site)).not.toContain(groupOf(site))
  },
  'reads each record in one of its members only': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 4 })
    const seen: string[] = []
    let all: () => void = () => undefined
    const read = new Promise<void>((resolve) => {
      all = resolve
    })
    const run = {
      async eachMessage({ partition, message }: { partition: number; message: { offset: string } }) {
        if (seen.push(`${partition}:${message.offset}`) === 200) all()
      },
    }
    const first = await runningMember(site, run)
    const shared = joins(first)
    const second = await runningMember(site, run)
    await shared
    await produce(
      site,
      Array.from({ length: 200 }, (_, index) => ({ partition: index % 4, value: `${index}` })),
    )
    await read
    await leave([first, second])
    expect(new Set(seen).size).toBe(200)
  },
  'lists and describes a group with its member': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const consumer = await memberOf(site)
    const joined = joins(consumer)
    await consumer.run({ eachMessage: async () => undefined })
    await joined
    const group = `${site.name}-group`
    await withAdmin(site, async (admin) => {
      expect((await admin.listGroups()).groups).toContainEqual({ groupId: group, protocolType: 'consumer' })
      const { groups: described } = await admin.describeGroups([group])
      expect(described).toMatchObject([{ groupId: group, state: 'Stable', members: [{ clientId: site.name }] }])
    })
    expect(await site.admin.groups()).toEqual(expect.arrayContaining([expect.objectContaining({ group })]))
    await consumer.disconnect()
  },
  'describes its own group': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const member = await runningMember(site)
    expect(await member.describeGroup()).toMatchObject({
      groupId: groupOf(site),
      protocol: 'RoundRobinAssigner',
      protocolType: 'consumer',
      state: 'Stable',
      members: [{ clientId: site.name, clientHost: '/127.0.0.1' }],
    })
    await member.disconnect()
  },
  'is refused the end of a group that has members': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const member = await runningMember(site)
    const deleting = withAdmin(site, (admin) => admin.deleteGroups([groupOf(site)]))
    expect(await refusalOf(deleting)).toBe('NON_EMPTY_GROUP')
    await member.disconnect()
  },
  'is refused a session that is too short or too long': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    for (const sessionTimeout of [10, 3_600_000]) {
      const member = await memberOf(site, { sessionTimeout, heartbeatInterval: 5 })
      const crashed = new Promise((resolve) => member.on(member.events.CRASH, ({ payload }) => resolve(payload.error)))
      await member.run(idle).catch(() => undefined)
      expect(await crashed).toMatchObject({ type: 'INVALID_SESSION_TIMEOUT' })
      await member.disconnect()
    }
  },
}

/** Gives every partition to the member whose user data is greatest. */
function assignorOf(name: string, userData: string): PartitionAssigner {
  return ({ cluster }) => ({
    name,
    version: 1,
    async assign({ members: joined, topics }) {
      const dataOf = (metadata: Buffer): string =>
        AssignerProtocol.MemberMetadata.decode(metadata)?.userData.toString() ?? ''
      const ranked = joined.slice().sort((a, b) => dataOf(b.memberMetadata).localeCompare(dataOf(a.memberMetadata)))
      return ranked.map(({ memberId }, rank) => {
        const partitionsOf = (topic: string): number[] =>
          rank === 0 ? cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId) : []
        const assignment = Object.fromEntries(topics.map((topic) => [topic, partitionsOf(topic)]))
        const memberAssignment = { version: 1, assignment, userData: Buffer.from(`rank ${rank}`) }
        return { memberId, memberAssignment: AssignerProtocol.MemberAssignment.encode(memberAssignment) }
      })
    },
    protocol({ topics }) {
      const metadata = { version: 1, topics, userData: Buffer.from(userData) }
      return { name, metadata: AssignerProtocol.MemberMetadata.encode(metadata) }
    },
  })
}

const assignors: Behaviours = {
  'assigns by an assignor of its own, with the data that members send along': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 3 })
    const low = await runningMember(site, {}, { partitionAssigners: [assignorOf('greatest', '1')] })
    const high = await memberOf(site, { partitionAssigners: [assignorOf('greatest', '2')] })
    const both = [joins(low), joins(high)]
    await high.run(idle)
    expect(countsOf(site, await Promise.all(both))).toEqual([0, 3])
    const { members: described, protocol } = site.engine.groups.describe(groupOf(site))
    expect(protocol).toBe('greatest')
    expect(described.map(({ assignment }) => Buffer.from(assignment).includes('rank 0')).filter(Boolean)).toHaveLength(
      1,
    )
    await leave([low, high])
  },
  'assigns by what all members know, though one would rather have another': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 2 })
    const { roundRobin } = PartitionAssigners
    const modern = await runningMember(site, {}, { partitionAssigners: [assignorOf('greatest', '1'), roundRobin] })
    expect(site.engine.groups.describe(groupOf(site))).toMatchObject({ protocol: 'greatest' })
    const old = await memberOf(site, { partitionAssigners: [roundRobin] })
    const both = [joins(modern), joins(old)]
    await old.run(idle)
    expect(countsOf(site, await Promise.all(both))).toEqual([1, 1])
    expect(site.engine.groups.describe(groupOf(site))).toMatchObject({ protocol: 'RoundRobinAssigner' })
    await leave([modern, old])
  },
  'is refused in a group that knows none of its assignors, which goes on': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 2 })
    const member = await runningMember(site)
    const stranger = await memberOf(site, { partitionAssigners: [assignorOf('greatest', '1')], retry: { retries: 0 } })
    const crashed = new Promise((resolve) =>
      stranger.on(stranger.events.CRASH, ({ payload }) => resolve(refusalOf(Promise.reject(payload.error)))),
    )
    await stranger.run(idle).catch(() => undefined)
    expect(await crashed).toBe('INCONSISTENT_GROUP_PROTOCOL')
    expect(site.engine.groups.describe(groupOf(site)).members).toHaveLength(1)
    await leave([stranger, member])
  },
}

behavioursOf('kafkajs in groups', { ...members, ...assignors })
