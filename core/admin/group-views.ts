// Consumer groups: where they stand, and setting where they go on.

import type { LogEngine, PartitionId } from '../engine/log-engine.js'
import type { GroupDetails, GroupOffsetView, GroupSummary, OffsetReset, ResetRequest } from './admin-service.js'
import { adminErrors } from './errors.js'
import { offsetAt } from './log-position.js'
import { findTopic } from './topic-views.js'

/** All groups, sorted by name. */
export async function listGroups(engine: LogEngine): Promise<readonly GroupSummary[]> {
  const groups = engine.groups.list().map(async ({ group, state }) => {
    const offsets = await offsetsOf(engine, group)
    const lagRecords = offsets.length === 0 ? undefined : offsets.reduce((sum, at) => sum + at.lagRecords, 0)
    return { group, state, memberCount: engine.groups.describe(group).members.length, lagRecords }
  })
  return (await Promise.all(groups)).sort((left, right) => (left.group < right.group ? -1 : 1))
}

/** unknown_group when there is none. */
export async function groupDetails(engine: LogEngine, name: string): Promise<GroupDetails> {
  const { group, state, generation, members, events } = engine.groups.describe(name)
  return {
    group,
    state,
    generation,
    members: members.map(({ memberId, clientId, clientHost }) => ({ memberId, clientId, clientHost })),
    offsets: await offsetsOf(engine, name),
    events,
  }
}

/**
 * Sets where a group goes on, within the bounds of each partition; durable when it resolves. Errors: group_not_empty
 * while it has members, unknown_topic, nothing_to_reset.
 */
export async function resetGroup(
  engine: LogEngine,
  group: string,
  request: ResetRequest,
): Promise<readonly OffsetReset[]> {
  const committed = engine.groups.allCommitted(group)
  const topics = request.topics ?? [...new Set(committed.map(({ topic }) => topic))]
  if (topics.length === 0) throw adminErrors.make('nothing_to_reset', `the group "${group}" has committed nothing`)
  const partitions = topics.flatMap((topic) =>
    Array.from({ length: findTopic(engine, topic).partitions }, (_, partition) => ({ topic, partition })),
  )
  const resets = await Promise.all(
    partitions.map(async (of) => ({
      ...of,
      previous: engine.groups.committed(group, of)?.offset,
      offset: await boundedOffset(engine, of, request),
    })),
  )
  await engine.groups.reset(group, resets)
  return resets
}

async function boundedOffset(engine: LogEngine, of: PartitionId, { to }: ResetRequest): Promise<number> {
  const { logStartOffset, highWatermark } = await engine.bounds(of)
  return Math.min(Math.max(await offsetAt(engine, of, to), logStartOffset), highWatermark)
}

/** Of partitions that still exist; a topic that is gone leaves its offsets behind until the group forgets them. */
async function offsetsOf(engine: LogEngine, group: string): Promise<readonly GroupOffsetView[]> {
  const existing = engine.groups.allCommitted(group).filter(({ topic }) => engine.topics.find(topic) !== undefined)
  const views = existing.map(async ({ topic, partition, offset, committedAtMs }) => {
    const { highWatermark } = await engine.bounds({ topic, partition })
    return { topic, partition, offset, highWatermark, lagRecords: Math.max(0, highWatermark - offset), committedAtMs }
  })
  return Promise.all(views)
}
