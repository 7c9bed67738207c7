// Members of groups by the connection that they joined by, for a server that drops them when it closes.
//
// A connection is known by its signal. A member that joins anew by another connection belongs to that one from then on, so
// that the end of the old one does it no harm. Per connection the oldest are forgotten beyond a bound: those live on until
// their session ends.

import { messageOf } from '../../errors/tailrace-error.js'
import type { GroupService } from '../../engine/group-service.js'
import type { Logger } from '../../telemetry/logger.js'

/** A client has one member a group and connection, and leaves few groups without closing. */
const mostPerConnection = 1_000

interface ConnectedMember {
  readonly group: string
  readonly memberId: string
}

export class ConnectedMembers {
  readonly #groups: GroupService
  readonly #logger: Logger
  /** By connection, by group and member; the oldest first. */
  readonly #byConnection = new Map<AbortSignal, Map<string, ConnectedMember>>()
  /** Where the member joined last. */
  readonly #connectionOf = new Map<string, AbortSignal>()

  constructor(groups: GroupService, logger: Logger) {
    this.#groups = groups
    this.#logger = logger
  }

  /** The member joins by the connection; it is dropped at once when that has closed already. */
  joins(connection: AbortSignal, member: ConnectedMember): void {
    if (connection.aborted) return this.#drop(member)
    const key = keyOf(member)
    const before = this.#connectionOf.get(key)
    if (before !== undefined) this.#forget(before, key)
    const members = this.#byConnection.get(connection) ?? new Map<string, ConnectedMember>()
    members.set(key, member)
    this.#byConnection.set(connection, members)
    this.#connectionOf.set(key, connection)
    for (const oldest of members.keys()) {
      if (members.size <= mostPerConnection) break
      this.#forget(connection, oldest)
    }
  }

  /** The connection has closed by itself, not because the server closes. */
  closed(connection: AbortSignal): void {
    for (const [key, member] of this.#byConnection.get(connection) ?? []) {
      this.#connectionOf.delete(key)
      this.#drop(member)
    }
    this.#byConnection.delete(connection)
  }

  #forget(connection: AbortSignal, key: string): void {
    const members = this.#byConnection.get(connection)
    members?.delete(key)
    if (members?.size === 0) this.#byConnection.delete(connection)
    this.#connectionOf.delete(key)
  }

  /** A member that left meanwhile is not there any more, and nothing happens. */
  #drop(member: ConnectedMember): void {
    this.#groups.disconnected(member).catch((error: unknown) => {
      this.#logger.warn('a member whose connection closed could not be dropped', { ...member, error: messageOf(error) })
    })
  }
}

function keyOf({ group, memberId }: ConnectedMember): string {
  return JSON.stringify([group, memberId])
}
