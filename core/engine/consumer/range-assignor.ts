// Kafka's range assignor: of each topic, each subscriber gets a run of neighbouring partitions, the first ones one more
// when it does not come out even. Java: org.apache.kafka.clients.consumer.RangeAssignor.

import type { PartitionId } from '../log-engine.js'
import { type Assignor, byMemberId, byName } from './assignor.js'

export const rangeAssignor: Assignor = {
  name: 'range',
  assign(members, topics) {
    const sorted = [...members].sort(byMemberId)
    const assigned = new Map<string, PartitionId[]>(sorted.map(({ memberId }) => [memberId, []]))
    for (const { name, partitions } of [...topics].sort(byName)) {
      const subscribers = sorted.filter((member) => member.topics.includes(name))
      let next = 0
      subscribers.forEach(({ memberId }, index) => {
        const end =
          next + Math.floor(partitions / subscribers.length) + (index < partitions % subscribers.length ? 1 : 0)
        for (; next < end; next++) assigned.get(memberId)!.push({ topic: name, partition: next })
      })
    }
    return assigned
  },
}
