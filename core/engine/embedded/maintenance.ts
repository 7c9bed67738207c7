// What the log does by itself, now and then: rolls segments by age, applies retention, compacts. One job at a time.

import { messageOf } from '../../errors/tailrace-error.js'
import { compactPartition } from '../../log/compaction.js'
import type { LogStore } from '../../log/log-store.js'
import type { PartitionLog } from '../../log/partition-log.js'
import { retainedStart } from '../../log/retention.js'
import type { Clock, Timer } from '../../runtime/clock.js'
import type { Files } from '../../runtime/files.js'
import type { Logger } from '../../telemetry/logger.js'
import type { TopicSettings } from '../topic-admin.js'

export interface MaintenanceOptions {
  readonly store: LogStore
  readonly files: Files
  readonly clock: Clock
  readonly logger: Logger
  readonly intervalMs: number
  settingsOf(topic: string): TopicSettings | undefined
  /** The first offset that a declared consumer of the partition has not made durable; Infinity when there is none. */
  neededOffset(topic: string, partition: number): number
}

export class Maintenance {
  readonly #options: MaintenanceOptions
  readonly #startedWallMs: number
  readonly #startedMonotonicMs: number
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #isClosed = false

  constructor(options: MaintenanceOptions) {
    this.#options = options
    this.#startedWallMs = options.clock.now()
    this.#startedMonotonicMs = options.clock.monotonicMs()
  }

  start(): void {
    this.#arm()
  }

  /** Runs a pass now, or waits for the one that runs. */
  run(): Promise<void> {
    this.#running ??= this.#pass().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#running
  }

  #arm(): void {
    if (this.#isClosed) return
    this.#timer = this.#options.clock.after(this.#options.intervalMs, () => {
      void this.run().then(() => this.#arm())
    })
  }

  async #pass(): Promise<void> {
    for (const log of [...this.#options.store.partitions()]) {
      if (this.#isClosed) return
      try {
        await this.#maintain(log)
      } catch (error) {
        const { topic, partition } = log.identity
        this.#options.logger.warn('could not maintain a partition', { topic, partition, error: messageOf(error) })
      }
    }
  }

  async #maintain(log: PartitionLog): Promise<void> {
    const settings = this.#options.settingsOf(log.identity.topic)
    if (settings === undefined || log.isRemoved) return
    const nowMs = this.#steadyNowMs()
    log.producers.expire(this.#options.clock.monotonicMs())
    const { active } = log
    if (active.bytes > 0 && nowMs - active.createdAtMs > settings.segmentMs) log.roll(nowMs)
    if (settings.cleanup !== 'compact') await this.#retain(log, settings, nowMs)
    if (settings.cleanup !== 'delete') {
      const { minDirtyRatio, deleteRetentionMs, segmentBytes } = settings
      const savedBytes = await compactPartition(this.#options.store, this.#options.files, {
        log,
        rule: { minDirtyRatio, deleteRetentionMs, segmentBytes, nowMs },
      })
      if (savedBytes > 0) this.#options.logger.debug('compacted a partition', { ...log.identity, savedBytes })
    }
    await this.#options.store.removeBelowStart(log)
  }

  async #retain(log: PartitionLog, settings: TopicSettings, nowMs: number): Promise<void> {
    const { topic, partition } = log.identity
    const { retentionMs, retentionBytes } = settings
    const neededOffset = Math.min(log.stableOffset('durable'), this.#options.neededOffset(topic, partition))
    const start = retainedStart(log.segments, { retentionMs, retentionBytes, nowMs, neededOffset })
    if (start <= log.logStartOffset) return
    const before = log.logStartOffset
    await this.#options.store.moveLogStart(log, start)
    this.#options.logger.info('retention removed records', {
      topic,
      partition,
      fromOffset: before,
      toOffset: start - 1,
    })
  }

  /**
   * The wall clock as it was at the start, moved on by the monotonic one: a wall clock set forward expires nothing. One
   * that is set back counts at once, since the stamps of what is appended from now on are as early.
   */
  #steadyNowMs(): number {
    const { clock } = this.#options
    return Math.min(clock.now(), this.#startedWallMs + (clock.monotonicMs() - this.#startedMonotonicMs))
  }
}
