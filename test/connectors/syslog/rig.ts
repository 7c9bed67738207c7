// A syslog source without a network and without a log: its context, and a log that the test opens and closes.

import type { SyslogSettings } from '../../../connectors/syslog/settings.js'
import type { PushContext, PushWriter, WriterFactory } from '../../../core/connector/push-source.js'
import { engineErrors } from '../../../core/engine/errors.js'
import { recordErrors } from '../../../core/record/errors.js'
import type { NetworkConnection, ConnectionEvents } from '../../../core/runtime/network.js'
import { ManualClock } from '../../support/manual-clock.js'

/** Of a source over TCP that keeps messages as they come, with what a test sets. */
export function settingsWith(more: Partial<SyslogSettings>): SyslogSettings {
  return {
    transport: 'tcp',
    listen: '127.0.0.1:5514',
    senders: [],
    tls: undefined,
    format: 'raw',
    key: 'host',
    zone: 'Z',
    maxMessage: 1000,
    buffer: 4000,
    maxConnections: 10,
    maxConnectionsOfSender: 10,
    idle: 60_000,
    ...more,
  }
}

export class Surroundings {
  readonly clock = new ManualClock()
  readonly refused: Record<string, number> = {}
  readonly told: Record<string, number>[] = []

  /** Only what this source uses of it, and what a test adds. */
  context(more: Partial<PushContext> = {}): PushContext {
    const { clock, refused, told } = this
    return {
      pipeline: 'test',
      connector: 'in',
      clock,
      baseDirectory: '/',
      signal: new AbortController().signal,
      metrics: {
        count: (_name: string, { reason }: Record<string, string>, by = 1) => {
          refused[reason!] = (refused[reason!] ?? 0) + by
        },
      },
      logger: { info: () => undefined, warn: (_event: string, details: Record<string, number>) => told.push(details) },
      ...more,
    } as unknown as PushContext
  }
}

/** What it took, append by append; while it has no room it refuses. */
export class SmallLog implements WriterFactory {
  hasRoom = true
  mostBytes = 1000
  refusal: Error = engineErrors.make('log_disk_full', 'no room')
  readonly appends: string[][] = []
  #held: Promise<void> | undefined

  get texts(): readonly string[] {
    return this.appends.flat()
  }

  /** Holds the next commit until the answer is called. */
  hold(): () => void {
    let release = (): void => undefined
    this.#held = new Promise<void>((resolve) => (release = resolve))
    return release
  }

  open(): PushWriter {
    const texts: string[] = []
    return {
      append: ({ value }) => {
        if (value!.length > this.mostBytes) throw recordErrors.make('record_too_large', 'too large')
        texts.push(Buffer.from(value!).toString())
        return true
      },
      commit: async () => {
        await this.#held
        this.#held = undefined
        if (!this.hasRoom) throw this.refusal
        this.appends.push(texts)
        return []
      },
      deadLetter: () => true,
      remember: () => undefined,
      discard: () => undefined,
    }
  }
}

export class TestConnection implements NetworkConnection {
  readonly local = { host: '127.0.0.1', port: 514 }
  readonly remote: { readonly host: string; readonly port: number }
  readonly isEncrypted = false
  readonly unsentBytes = 0
  isPaused = false
  isDestroyed = false
  #events: ConnectionEvents | undefined

  constructor(host = '10.0.0.1') {
    this.remote = { host, port: 40_000 }
  }

  start(events: ConnectionEvents): void {
    this.#events = events
  }

  sends(text: string): void {
    this.#events!.received(Buffer.from(text))
  }

  write(): boolean {
    return true
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  end(): void {
    this.destroy()
  }

  destroy(): void {
    if (this.isDestroyed) return
    this.isDestroyed = true
    this.#events?.closed(undefined)
  }
}
