// The words in which the behaviours of groups are written: consumers of Kafka's classic protocol, one request at a time.

import type {
  GroupService,
  JoinRequest,
  JoinResult,
  MemberIdentity,
  OffsetToCommit,
  SyncResult,
} from '../../../core/engine/group-service.js'
import { never } from './engine-harness.js'

export const sessionTimeoutMs = 10_000
export const rebalanceTimeoutMs = 30_000

export function joinRequest(more: Partial<JoinRequest> = {}): JoinRequest {
  return {
    group: 'g',
    memberId: '',
    clientId: 'client',
    clientHost: '/127.0.0.1',
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('topics') }],
    ...more,
  }
}

/** A consumer that sends what it is told to and remembers what it is. */
export class Consumer {
  memberId = ''
  generation = -1
  leads = false
  joined: JoinResult | undefined
  private readonly groups: GroupService
  private readonly request: JoinRequest

  constructor(groups: GroupService, more: Partial<JoinRequest> = {}) {
    this.groups = groups
    this.request = joinRequest(more)
  }

  get identity(): MemberIdentity {
    const { group, instanceId } = this.request
    const { memberId, generation } = this
    return { group, memberId, generation, ...(instanceId === undefined ? {} : { instanceId }) }
  }

  async join(more: Partial<JoinRequest> = {}, signal = never()): Promise<JoinResult> {
    const joined = await this.groups.join({ ...this.request, memberId: this.memberId, ...more }, signal)
    this.memberId = joined.memberId
    this.generation = joined.generation
    this.leads = joined.leaderId === joined.memberId
    this.joined = joined
    return joined
  }

  /** As the leader it assigns each member its own name. */
  async sync(): Promise<SyncResult> {
    const members = this.leads ? (this.joined?.members ?? []) : []
    const assignments = members.map(({ memberId }) => ({ memberId, assignment: Buffer.from(`for ${memberId}`) }))
    return this.groups.sync({ ...this.identity, assignments }, never())
  }

  heartbeat(): Promise<void> {
    return this.groups.heartbeat(this.identity)
  }

  leave(): Promise<void> {
    return this.groups.leave(this.identity)
  }

  commit(...offsets: readonly OffsetToCommit[]): Promise<void> {
    return this.groups.commit({ ...this.identity, offsets })
  }
}

/** Brings the consumers into one generation that waits for its assignments. */
export async function joined(first: Consumer, ...others: readonly Consumer[]): Promise<void> {
  // The first is answered at once, and joins again for those who came behind it.
  await first.join()
  if (others.length > 0) await Promise.all([...others.map((other) => other.join()), first.join()])
}

/** Brings the consumers into one generation, all of them synced. */
export async function stable(first: Consumer, ...others: readonly Consumer[]): Promise<void> {
  await joined(first, ...others)
  await Promise.all([first, ...others].map((consumer) => consumer.sync()))
}
