import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Assignor, GroupMemberSubscription, TopicPartitions } from '../../../../core/engine/consumer/assignor.js'
import { rangeAssignor } from '../../../../core/engine/consumer/range-assignor.js'
import { stickyAssignor } from '../../../../core/engine/consumer/sticky-assignor.js'
import type { PartitionId } from '../../../../core/engine/log-engine.js'

const topicNames = ['a', 'b', 'c']
const topicsArbitrary = fc.tuple(
  ...topicNames.map((name) => fc.record({ name: fc.constant(name), partitions: fc.integer({ min: 0, max: 12 }) })),
)
const idsArbitrary = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 8 })
const subscriptionArbitrary = fc.subarray(topicNames)
/** Groups whose members subscribe to what they like and claim to own anything. */
const groupArbitrary = fc.tuple(
  idsArbitrary.chain((ids) =>
    fc.tuple(
      ...ids.map((memberId) =>
        fc.record({
          memberId: fc.constant(memberId),
          topics: subscriptionArbitrary,
          owned: fc.array(fc.record({ topic: fc.constantFrom(...topicNames, 'gone'), partition: fc.nat(14) }), {
            maxLength: 10,
          }),
        }),
      ),
    ),
  ),
  topicsArbitrary,
)

const named = ({ topic, partition }: PartitionId): string => `${topic}/${partition}`

function ownersOf(assigned: ReadonlyMap<string, readonly PartitionId[]>): Map<string, string[]> {
  const owners = new Map<string, string[]>()
  for (const [memberId, partitions] of assigned) {
    for (const of of partitions) owners.set(named(of), [...(owners.get(named(of)) ?? []), memberId])
  }
  return owners
}

function again(
  members: readonly GroupMemberSubscription[],
  assigned: ReadonlyMap<string, readonly PartitionId[]>,
): GroupMemberSubscription[] {
  return members.map((member) => ({ ...member, owned: assigned.get(member.memberId) ?? [] }))
}

function lawsOfEvery(assignor: Assignor): void {
  test('gives each partition that somebody subscribes to exactly one owner, a subscriber', () => {
    fc.assert(
      fc.property(groupArbitrary, ([members, topics]) => {
        const owners = ownersOf(assignor.assign(members, topics))
        for (const { name, partitions } of topics) {
          const subscribers = members.filter((member) => member.topics.includes(name)).map(({ memberId }) => memberId)
          for (let partition = 0; partition < partitions; partition++) {
            const found = owners.get(`${name}/${partition}`) ?? []
            expect(found).toHaveLength(subscribers.length > 0 ? 1 : 0)
            if (found.length > 0) expect(subscribers).toContain(found[0])
            owners.delete(`${name}/${partition}`)
          }
        }
        expect([...owners]).toEqual([])
      }),
    )
  })

  test('gives every member an entry, whatever the order they come in', () => {
    fc.assert(
      fc.property(groupArbitrary, ([members, topics]) => {
        const forwards = assignor.assign(members, topics)
        const backwards = assignor.assign([...members].reverse(), [...topics].reverse())
        expect([...forwards.keys()].sort()).toEqual(members.map(({ memberId }) => memberId).sort())
        expect(Object.fromEntries(backwards)).toEqual(Object.fromEntries(forwards))
      }),
    )
  })
}

describe('range', () => {
  lawsOfEvery(rangeAssignor)

  test('gives runs of neighbours, the first members one more', () => {
    const members = ['m2', 'm1', 'm3'].map((memberId) => ({ memberId, topics: ['t'], owned: [] }))
    const assigned = rangeAssignor.assign(members, [{ name: 't', partitions: 7 }])
    const numbers = [...assigned].map(([memberId, of]) => [memberId, of.map(({ partition }) => partition)])
    expect(numbers).toEqual([
      ['m1', [0, 1, 2]],
      ['m2', [3, 4]],
      ['m3', [5, 6]],
    ])
  })
})

describe('sticky', () => {
  lawsOfEvery(stickyAssignor)

  const equalGroups = fc
    .tuple(idsArbitrary, topicsArbitrary)
    .map(([ids, topics]): [GroupMemberSubscription[], readonly TopicPartitions[]] => [
      ids.map((memberId) => ({ memberId, topics: topicNames, owned: [] })),
      topics,
    ])
  const counts = (assigned: ReadonlyMap<string, readonly PartitionId[]>): number[] =>
    [...assigned.values()].map(({ length }) => length)

  test('balances within one when all subscribe to the same', () => {
    fc.assert(
      fc.property(groupArbitrary, ([members, topics]) => {
        const equal = members.map((member) => ({ ...member, topics: topicNames }))
        const found = counts(stickyAssignor.assign(equal, topics))
        expect(Math.max(...found) - Math.min(...found)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('changes nothing when nothing changed', () => {
    fc.assert(
      fc.property(groupArbitrary, ([members, topics]) => {
        const first = stickyAssignor.assign(members, topics)
        expect(stickyAssignor.assign(again(members, first), topics)).toEqual(first)
      }),
    )
  })

  test('lets everybody keep what they had when a member leaves', () => {
    fc.assert(
      fc.property(equalGroups, ([members, topics]) => {
        fc.pre(members.length > 1)
        const first = stickyAssignor.assign(members, topics)
        const [gone, ...staying] = again(members, first)
        const second = stickyAssignor.assign(staying, topics)
        expect(second.has(gone!.memberId)).toBe(false)
        for (const member of staying) {
          expect(second.get(member.memberId)!.map(named)).toEqual(expect.arrayContaining(member.owned.map(named)))
        }
      }),
    )
  })

  test('moves partitions only to the member that came', () => {
    fc.assert(
      fc.property(equalGroups, ([members, topics]) => {
        const first = stickyAssignor.assign(members, topics)
        const second = stickyAssignor.assign(
          [...again(members, first), { memberId: 'newcomer', topics: topicNames, owned: [] }],
          topics,
        )
        for (const { memberId } of members) {
          expect(first.get(memberId)!.map(named)).toEqual(expect.arrayContaining(second.get(memberId)!.map(named)))
        }
      }),
    )
  })
})
