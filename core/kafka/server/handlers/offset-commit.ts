// OffsetCommit: durable when it is answered. Partitions that cannot be committed are named; the others are, together.
//
// A negative offset takes the group's offset away: clients commit one to mean "begin where you are configured to", and do
// so too where they find none. But -2 is the earliest offset, by its number: Kafka keeps the -2, and kafkajs, which sets
// groups back with it, would take an offset that is away for the latest one and skip what was to be read again.

import type { OffsetToCommit } from '../../../engine/group-service.js'
import type { LogEngine } from '../../../engine/log-engine.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { OffsetCommitRequest } from '../../protocol/generated/offset-commit-request.js'
import type { OffsetCommitResponse } from '../../protocol/generated/offset-commit-response.js'
import { answeredWith, checkOffsets } from '../checked-offsets.js'
import { coordinatorFailureOf } from '../error-mapping.js'
import { memberIdentity } from '../member-identity.js'
import type { RequestContext } from '../request-context.js'

/** As in ListOffsets. */
const earliest = -2

export async function offsetCommit(
  request: OffsetCommitRequest,
  context: RequestContext,
): Promise<OffsetCommitResponse> {
  const checked = checkOffsets(request.topics, context.topicNames)
  const errorCode = await commit(request, checked.offsets, context)
  return { throttleTimeMs: 0, topics: answeredWith(checked, errorCode) }
}

async function commit(
  request: OffsetCommitRequest,
  offsets: readonly OffsetToCommit[],
  { engine }: RequestContext,
): Promise<number> {
  const group = request.groupId
  try {
    const placed = await placedOf(offsets, engine)
    const kept = placed.filter(({ offset }) => offset >= 0)
    // Without offsets too: it checks who commits.
    const generation = request.generationIdOrMemberEpoch
    await engine.groups.commit({ ...memberIdentity(request), generation, offsets: kept })
    const forgotten = placed.filter((of) => of.offset < 0 && engine.groups.committed(group, of) !== undefined)
    if (forgotten.length > 0) await engine.groups.forget(group, forgotten)
    return errorCodes.NONE
  } catch (error) {
    return coordinatorFailureOf(error).code
  }
}

async function placedOf(offsets: readonly OffsetToCommit[], engine: LogEngine): Promise<OffsetToCommit[]> {
  const placed: OffsetToCommit[] = []
  for (const of of offsets) {
    const isEarliest = of.offset === earliest
    placed.push(isEarliest ? { ...of, offset: (await engine.bounds(of)).logStartOffset } : of)
  }
  return placed
}
