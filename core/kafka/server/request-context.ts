// What a handler may know of the server and of the connection that asks.

import type { LogEngine } from '../../engine/log-engine.js'
import type { Clock } from '../../runtime/clock.js'
import type { NetworkAddress } from '../../runtime/network.js'
import type { Random } from '../../runtime/random.js'
import type { Logger } from '../../telemetry/logger.js'
import type { FrameMemory } from '../protocol/frame-memory.js'
import type { ByteBudget } from './byte-budget.js'
import type { SaslParts } from '../../security/sasl.js'
import type { KeylessRecords } from './keyless-records.js'
import type { ConnectedMembers } from './connected-members.js'
import type { PendingMembers } from './pending-members.js'
import type { SaslSession } from './sasl-session.js'
import type { TopicNames } from './topic-names.js'

/** The one broker. Not 0, which some tools take for none. */
export const brokerId = 1

export interface ServerSettings {
  /** Partitions of a topic that a client makes without a number. */
  readonly defaultPartitions: number
  /** Whether asking for a topic makes it. */
  readonly autoCreate: boolean
  /** What DescribeLogDirs names. */
  readonly logDirectory: string
  /** After so long without members and commits a group loses its offsets; undefined keeps them. */
  readonly offsetsRetentionMs?: number
  /** Whether a member is dropped at once when the connection that it joined by closes. */
  readonly evictsOnClose?: boolean
}

/** What all connections share. */
export interface ServerParts {
  readonly engine: LogEngine
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly settings: ServerSettings
  readonly budget: ByteBudget
  readonly frameMemory: FrameMemory
  readonly topicNames: TopicNames
  readonly pendingMembers: PendingMembers
  /** Undefined when members outlive their connection. */
  readonly connectedMembers?: ConnectedMembers | undefined
  readonly keylessRecords: KeylessRecords
  /** Whom clients log in to; undefined when nobody has to. */
  readonly sasl: SaslParts | undefined
}

export interface RequestContext extends ServerParts {
  readonly apiVersion: number
  /** Empty when the client does not say. */
  readonly clientId: string
  readonly peerHost: string
  readonly session: SaslSession
  /** Where the client is told to connect to. */
  readonly advertised: NetworkAddress
  /** Aborted when the connection or the server closes. */
  readonly signal: AbortSignal
  /** For Produce to call when all its appends have begun: the next one may begin then. */
  readonly appended: () => void
}

/** Answers one request; undefined answers nothing. What it throws closes the connection. */
export type Handler<Request, Response> = (
  request: Request,
  context: RequestContext,
) => Response | undefined | Promise<Response | undefined>
