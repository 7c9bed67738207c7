// What an operator may ask of a hub and have it do. One contract, two implementations: hub/local-admin.ts works on an
// engine in this process; cli/remote-admin.ts asks a running hub over HTTP. Every value can be sent as JSON.

import type { AppliedPipeline } from '../../config/difference.js'
import type { GroupLogEvent, GroupState } from '../engine/group-service.js'
import type { NewTopic, TopicDescription } from '../engine/topic-admin.js'
import type { EdgeStatus } from '../pipeline/pipeline-status.js'
import type { ReplayReport } from '../pipeline/replay/replay-report.js'
import type { StoredUser } from '../security/users.js'
import type { LogPosition } from './log-position.js'

/** An error as it is sent and printed. */
export interface ErrorView {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly details: Readonly<Record<string, unknown>>
}

export interface HubStatus {
  readonly hubId: string
  readonly version: string
  /** Wall clock; undefined when no hub runs and the data directory was only opened to look. */
  readonly startedAtMs: number | undefined
  readonly dataDirectory: string
  readonly log: {
    readonly usedBytes: number
    /** null where the store has no bound. */
    readonly freeBytes: number | null
    readonly recoveryMs: number
    /** Why appends are refused at the moment. */
    readonly refusing: ErrorView | undefined
    readonly damage: readonly ErrorView[]
  }
  readonly edges: readonly EdgeStatus[]
}

export interface Readiness {
  readonly ready: boolean
  /** One sentence each; empty when ready. */
  readonly reasons: readonly string[]
}

export interface DoctorFinding {
  /** What was looked at: `data directory`, `topic app.logs`, `sink shop.lake`. */
  readonly subject: string
  readonly level: 'good' | 'warning' | 'problem'
  readonly message: string
  readonly hint: string | undefined
}

export interface TopicListing extends TopicDescription {
  /** Records between log start and high watermark, over all partitions. Compaction makes it an upper bound. */
  readonly recordCount: number
  readonly bytes: number
}

export interface PartitionView {
  readonly partition: number
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly bytes: number
}

export interface TopicDetails extends TopicListing {
  readonly partitionViews: readonly PartitionView[]
}

export interface GroupSummary {
  readonly group: string
  readonly state: GroupState
  readonly memberCount: number
  /** Over all partitions it has committed for; undefined without commits. */
  readonly lagRecords: number | undefined
}

export interface GroupOffsetView {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly highWatermark: number
  readonly lagRecords: number
  readonly committedAtMs: number
}

export interface GroupDetails {
  readonly group: string
  readonly state: GroupState
  readonly generation: number
  readonly members: readonly { readonly memberId: string; readonly clientId: string; readonly clientHost: string }[]
  readonly offsets: readonly GroupOffsetView[]
  /** Why members came and went and why it rebalanced: the last 50 since the hub started, the oldest first. */
  readonly events: readonly GroupLogEvent[]
}

export interface OffsetReset {
  readonly topic: string
  readonly partition: number
  /** undefined when the group had none. */
  readonly previous: number | undefined
  readonly offset: number
}

export interface ResetRequest {
  readonly to: LogPosition
  /** Those the group has offsets of, when absent. */
  readonly topics?: readonly string[]
}

/** Which dead letters go back: all that is said holds. */
export interface ReplayRequest {
  /** `PIPELINE.EDGE`, or the edge alone. */
  readonly edge?: string
  readonly code?: string
  /** Failed then or later. */
  readonly sinceMs?: number
  /** A condition in the language of steps. */
  readonly where?: string
  readonly limit?: number
  readonly isDryRun: boolean
}

/** Text as it is, or `…Base64` where the bytes are not UTF-8; null where the record has none. */
export interface TapRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly key?: string | null
  readonly keyBase64?: string
  readonly value?: string | null
  readonly valueBase64?: string
  readonly headers: readonly { readonly key: string; readonly value?: string | null; readonly valueBase64?: string }[]
}

export interface TapOptions {
  readonly from: LogPosition
  /** Ends after this many records; goes on for ever when absent. */
  readonly count?: number
}

/** Errors are those of core/engine/errors.ts. */
export interface AdminService {
  status(): Promise<HubStatus>
  readiness(): Promise<Readiness>
  doctor(): Promise<readonly DoctorFinding[]>
  /** The pipelines as they last ran. */
  applied(): Promise<readonly AppliedPipeline[]>
  topics(): Promise<readonly TopicListing[]>
  topic(name: string): Promise<TopicDetails>
  createTopic(topic: NewTopic): Promise<TopicDescription>
  deleteTopic(name: string): Promise<void>
  groups(): Promise<readonly GroupSummary[]>
  group(name: string): Promise<GroupDetails>
  resetGroup(name: string, request: ResetRequest): Promise<readonly OffsetReset[]>
  /** Puts dead letters back where they failed. Errors: state_fenced when a later replay of the topic began. */
  replay(topic: string, request: ReplayRequest): Promise<ReplayReport>
  /** Names of who may log in to the Kafka port, sorted. */
  users(): Promise<readonly string[]>
  /** Adds a user, or gives it other credentials. Errors: invalid_user. */
  putUser(name: string, user: StoredUser): Promise<void>
  /** Errors: unknown_user. */
  removeUser(name: string): Promise<void>
  /** In the order of each partition; ends when the signal is aborted. */
  tap(topic: string, options: TapOptions, signal: AbortSignal): AsyncIterable<TapRecord>
}
