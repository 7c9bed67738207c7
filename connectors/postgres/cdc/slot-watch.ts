// Looks at the slot while the stream runs: how much WAL it makes the server keep, whether the server has given it up,
// and whether a quiet database needs a heartbeat to let it move on.
//
// A walsender that is idle learns of an invalidated slot late or never, so it is asked of the catalog. The queries go
// over the session for catalogs; one is under way at a time, and none holds up the stream.

import type { ConnectorContext } from '../../../core/connector/context.js'
import type { TailraceError } from '../../../core/errors/tailrace-error.js'
import type { Labels } from '../../../core/telemetry/recorder.js'
import { sqlError } from '../wire/sql-errors.js'
import type { Session } from '../wire/connect.js'
import { formatLsn, type Lsn } from '../wire/lsn.js'
import { heartbeatPrefix } from './change-stream.js'
import { slotInvalidated, type SlotStatus, slotStatus } from './slot.js'

const lookEveryMs = 5000

/** Said again only after the alarm has ended. */
const alarmEndsBelow = 0.9

export interface SlotWatchOptions {
  readonly context: ConnectorContext
  readonly session: Session
  readonly slot: string
  readonly heartbeatMs: number
  readonly alarmBytes: number
}

export class SlotWatch {
  private readonly options: SlotWatchOptions
  private readonly labels: Labels
  private nextLookMs: number
  private nextBeatMs: number
  private lastLsn: Lsn = 0
  private isAsking = false
  private isAlarmed = false
  private failure: TailraceError | undefined
  private isClosed = false

  constructor(options: SlotWatchOptions) {
    const { context, slot } = options
    this.options = options
    this.labels = { pipeline: context.pipeline, source: context.connector, slot }
    const nowMs = context.clock.monotonicMs()
    this.nextLookMs = nowMs
    this.nextBeatMs = nowMs + options.heartbeatMs
  }

  /**
   * Called often; asks when it is time. `reachedLsn` is how far the stream came. Throws what an earlier question found:
   * postgres_slot_invalidated, or what broke the connection.
   */
  tick(reachedLsn: Lsn): void {
    if (this.failure !== undefined) throw this.failure
    const nowMs = this.options.context.clock.monotonicMs()
    if (this.isAsking) return
    if (reachedLsn > this.lastLsn) {
      this.lastLsn = reachedLsn
      this.nextBeatMs = nowMs + this.options.heartbeatMs
    }
    if (nowMs >= this.nextLookMs) {
      this.nextLookMs = nowMs + lookEveryMs
      void this.ask(() => this.look())
    } else if (nowMs >= this.nextBeatMs) {
      this.nextBeatMs = nowMs + this.options.heartbeatMs
      void this.ask(() => this.beat())
    }
  }

  close(): void {
    this.isClosed = true
    const { metrics } = this.options.context
    metrics.forget('tailrace_postgres_retained_wal_bytes', this.labels)
    metrics.forget('tailrace_postgres_unconfirmed_wal_bytes', this.labels)
  }

  private async ask(question: () => Promise<void>): Promise<void> {
    this.isAsking = true
    try {
      await question()
    } catch (error) {
      this.failure = sqlError(error, `looking at the slot ${this.options.slot}`)
    } finally {
      this.isAsking = false
    }
  }

  private async look(): Promise<void> {
    const { context, session, slot } = this.options
    const status = await slotStatus(session, slot)
    if (status === undefined || this.isClosed) return
    context.metrics.gauge('tailrace_postgres_retained_wal_bytes', this.labels, status.retainedBytes)
    context.metrics.gauge('tailrace_postgres_unconfirmed_wal_bytes', this.labels, status.unconfirmedBytes)
    if (status.invalidation !== undefined) throw slotInvalidated(slot, status)
    this.alarm(status)
  }

  private alarm(status: SlotStatus): void {
    const { context, slot, alarmBytes } = this.options
    const { retainedBytes, safeBytes, walStatus, restartLsn } = status
    // With max_slot_wal_keep_size: half of what may pile up is there.
    const isHalfLost = safeBytes !== undefined && safeBytes < retainedBytes
    const isTooMuch = retainedBytes > alarmBytes || isHalfLost || walStatus === 'unreserved'
    if (isTooMuch && !this.isAlarmed) {
      this.isAlarmed = true
      context.logger.warn('the slot makes the server keep much WAL', {
        slot,
        retainedBytes,
        safeBytes,
        walStatus,
        restartLsn: restartLsn === undefined ? undefined : formatLsn(restartLsn),
        hint: 'Is the log full, or does a transaction run for hours? `tailrace doctor` says which.',
      })
    } else if (this.isAlarmed && !isTooMuch && retainedBytes < alarmBytes * alarmEndsBelow) {
      this.isAlarmed = false
      context.logger.info('the slot lets the server forget WAL again', { slot, retainedBytes })
    }
  }

  /** Outside of any transaction, so that it needs no right to write and leaves nothing behind. */
  private async beat(): Promise<void> {
    const { session } = this.options
    await session.query(
      `SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_logical_emit_message(false, $1, '') END`,
      [heartbeatPrefix],
    )
  }
}
