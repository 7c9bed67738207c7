// One run of a webhook sink on a virtual clock: from its start until it is killed, at whatever moment. What outlives it
// (log, state, group's offset, receivers) is the site's.

import type { Sender } from '../../../connectors/webhook/client.js'
import type { Delivery } from '../../../connectors/webhook/delivery.js'
import type { Outcome } from '../../../connectors/webhook/exchange.js'
import type { WebhookSettings } from '../../../connectors/webhook/settings.js'
import { create } from '../../../connectors/webhook/webhook-sink.js'
import type { ConnectorState, Json } from '../../../core/connector/context.js'
import type { SinkContext } from '../../../core/connector/sink.js'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import type { Clock, Timer } from '../../../core/runtime/clock.js'
import { outgoingBehindGuard } from '../../../core/security/address-guard.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { eventIn, partition, type VirtualSite } from './virtual-site.js'

/** How soon the group's offset is durable. */
const commitMs = 100
/** How soon a write that was refused is tried again. */
const againMs = 1_000

export class VirtualLife {
  private readonly site: VirtualSite
  private readonly timers = new Set<Timer>()
  private readonly ended = new AbortController()
  private isOver = false
  /** Records that became dead letters with the group's offset behind them, by offset. */
  private readonly failed = new Map<number, number>()
  private nextOffset = 0
  private isCommitting = false
  private wake: () => void = () => undefined
  /** What stopped the sink. */
  problem: unknown

  private constructor(site: VirtualSite) {
    this.site = site
  }

  static start(site: VirtualSite, settings: WebhookSettings): VirtualLife {
    const life = new VirtualLife(site)
    void life.run(settings).catch((error: unknown) => {
      life.problem ??= error
    })
    return life
  }

  /** At once: nothing of it happens any more, but for requests that have left. */
  kill(): void {
    this.isOver = true
    for (const timer of this.timers) timer.cancel()
  }

  /** There is more in the log. */
  noteAppended(): void {
    this.wake()
  }

  private async run(settings: WebhookSettings): Promise<void> {
    const { site } = this
    const sink = create(settings, () => this.sender())
    await sink.open(this.context())
    await sink.check(this.ended.signal)
    const { committed } = site
    await sink.assigned([{ ...partition, committed, logStartOffset: 0, highWatermark: site.appendedCount }])
    let next = committed
    while (!this.isOver) {
      if (next === site.appendedCount) {
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
        continue
      }
      const end = site.appendedCount
      try {
        await sink.write(site.batch(next, end), this.ended.signal)
        next = end
      } catch (error) {
        if (!(error instanceof TailraceError) || error.retry !== 'timed') throw error
        await this.clock.sleep(againMs)
      }
    }
  }

  /** Of this life: its timers fire no more when it is over. */
  private readonly clock: Clock = {
    now: () => this.site.clock.now(),
    monotonicMs: () => this.site.clock.monotonicMs(),
    soon: (callback) => this.site.clock.soon(callback),
    after: (ms, callback) => {
      const timer = this.site.clock.after(ms, () => {
        this.timers.delete(timer)
        if (!this.isOver) callback()
      })
      this.timers.add(timer)
      return timer
    },
    sleep: (ms) => new Promise((resolve) => void this.clock.after(ms, resolve)),
  }

  private sender(): Sender {
    return { send: (delivery) => this.send(delivery), abandon: () => undefined, close: async () => undefined }
  }

  /** A request that has left arrives also when the life is over; its answer comes to nobody then. */
  private send(delivery: Delivery): Promise<Outcome> {
    const { site } = this
    const event = eventIn(delivery.record.value)
    const answer = site.ask({ ...event, id: delivery.id, attempt: delivery.attempts + 1 })
    return new Promise((resolve) => {
      void site.clock.after(answer.afterMs / 2, () => {
        if (answer.isTaken) site.taken.push({ event: event.number, key: `${event.host} ${event.key}`, id: delivery.id })
      })
      void this.clock.after(answer.afterMs, () => resolve(answer.outcome))
    })
  }

  private context(): SinkContext {
    const { site } = this
    const notThere = (): never => {
      throw new Error('a webhook sink has no use for it')
    }
    return {
      pipeline: 'shop',
      connector: 'hooks',
      hubId: 'hub',
      baseDirectory: '/',
      dataDirectory: '/nowhere',
      files: {} as never,
      clock: this.clock,
      random: site.jitter,
      logger: silentLogger,
      metrics: silentRecorder,
      limits: { openFiles: 16 },
      outgoing: outgoingBehindGuard({ addressesOf: notThere }),
      state: this.state(),
      signal: this.ended.signal,
      fail: (_batch, cursor) => {
        const { value } = cursor
        this.failed.set(cursor.offset, eventIn(value.call(cursor)).number)
      },
      settleFailed: notThere,
      keepFailed: notThere,
      bury: async (failures, changes) => {
        await this.durably(() => {
          apply(site.state, changes)
          for (const { record } of failures) site.letters.push(eventIn(record.value).number)
        })
      },
      durable: (_of, nextOffset) => this.noteDurable(nextOffset),
      reread: notThere,
      workDirectory: notThere,
    }
  }

  private state(): ConnectorState {
    const { state } = this.site
    return {
      get: (key) => state.get(key),
      entries: (prefix) =>
        [...state].filter(([key]) => key.startsWith(prefix)).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      put: (changes) => this.durably(() => apply(state, changes)),
    }
  }

  /** A kill may come before it or behind it. */
  private async durably(change: () => void): Promise<void> {
    const tookMs = this.site.putMs()
    if (tookMs > 0) await this.clock.sleep(tookMs)
    change()
    if (tookMs > 0) await this.clock.sleep(tookMs)
  }

  private noteDurable(nextOffset: number): void {
    this.nextOffset = nextOffset
    if (this.isCommitting) return
    this.isCommitting = true
    void this.clock.after(commitMs, () => {
      this.isCommitting = false
      this.site.committed = this.nextOffset
      for (const [offset, event] of this.failed) {
        if (offset >= this.nextOffset) continue
        this.failed.delete(offset)
        this.site.letters.push(event)
      }
    })
  }
}

function apply(state: Map<string, Json>, changes: ReadonlyMap<string, Json | undefined>): void {
  for (const [key, value] of changes) {
    if (value === undefined) state.delete(key)
    // As it comes back from a disk.
    else state.set(key, JSON.parse(JSON.stringify(value)) as Json)
  }
}
