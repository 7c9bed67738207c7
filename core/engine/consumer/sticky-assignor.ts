// An assignor that moves no more than balance asks for: who had a partition keeps it.
//
// Three steps: members keep what they had; what is left goes to the subscriber with the least; then partitions move from
// members with two or more above another subscriber. Each move lowers the sum of the squared counts, so it ends. When all
// subscribe to the same topics, the counts differ by one at most. Named as Kafka's eager sticky assignor, whose members
// may be in the group: what they owned is not read, so that they may get other partitions than before.

import type { PartitionId } from '../log-engine.js'
import { type Assignor, byMemberId, byName, type GroupMemberSubscription } from './assignor.js'

interface Owner {
  readonly member: GroupMemberSubscription
  count: number
}

interface Placed {
  readonly of: PartitionId
  readonly subscribers: readonly Owner[]
  owner: Owner | undefined
}

export const stickyAssignor: Assignor = {
  name: 'sticky',
  assign(members, topics) {
    const owners = [...members].sort(byMemberId).map((member): Owner => ({ member, count: 0 }))
    const placed: Placed[] = [...topics].sort(byName).flatMap(({ name, partitions }) => {
      const subscribers = owners.filter(({ member }) => member.topics.includes(name))
      if (subscribers.length === 0) return []
      return Array.from({ length: partitions }, (_, partition): Placed => {
        return { of: { topic: name, partition }, subscribers, owner: undefined }
      })
    })
    keepOwned(owners, placed)
    for (const place of placed) if (place.owner === undefined) give(place, leastLoaded(place.subscribers))
    balance(placed)

    const assigned = new Map<string, PartitionId[]>(owners.map(({ member }) => [member.memberId, []]))
    for (const { of, owner } of placed) assigned.get(owner!.member.memberId)!.push(of)
    return assigned
  },
}

/** Of two that claim the same partition the first by member id has it. */
function keepOwned(owners: readonly Owner[], placed: readonly Placed[]): void {
  const places = new Map(placed.map((place) => [nameOf(place.of), place]))
  for (const owner of owners) {
    for (const of of owner.member.owned) {
      const place = places.get(nameOf(of))
      if (place?.owner === undefined && place?.subscribers.includes(owner)) give(place, owner)
    }
  }
}

function balance(placed: readonly Placed[]): void {
  for (let moved = true; moved; ) {
    moved = false
    for (const place of placed) {
      const least = leastLoaded(place.subscribers)
      if (place.owner!.count <= least.count + 1) continue
      give(place, least)
      moved = true
    }
  }
}

function give(place: Placed, owner: Owner): void {
  if (place.owner !== undefined) place.owner.count--
  place.owner = owner
  owner.count++
}

function leastLoaded(subscribers: readonly Owner[]): Owner {
  return subscribers.reduce((least, owner) => (owner.count < least.count ? owner : least))
}

function nameOf({ topic, partition }: PartitionId): string {
  return `${topic}/${partition}`
}
