// A hub with a syslog source, and what its topic holds.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Hub, startHub } from '../../../hub/start-hub.js'

export interface TakenRecord {
  readonly key: string | null
  readonly text: string
  readonly headers: Readonly<Record<string, string>>
}

export class SyslogSite {
  readonly directory = mkdtempSync(join(tmpdir(), 'tailrace-syslog-'))
  port = 0
  #hub: Hub | undefined

  async start(settings: Readonly<Record<string, unknown>> = {}): Promise<void> {
    if (this.port === 0) this.port = await freePort()
    const source = { type: 'syslog', to: 'logs', listen: `127.0.0.1:${this.port}`, ...settings }
    const file = join(this.directory, 'p.json')
    writeFileSync(
      file,
      JSON.stringify({ version: 1, name: 'test', topics: { logs: { partitions: 1 } }, sources: { in: source } }),
    )
    this.#hub = await startHub({ files: [file], dataDirectory: join(this.directory, 'data') })
    await this.#listening(settings['transport'] === 'udp')
  }

  async stop(): Promise<void> {
    await this.#hub?.close()
    this.#hub = undefined
  }

  /** The first records of the topic, as soon as there are so many. */
  async records(count: number): Promise<readonly TakenRecord[]> {
    const found: TakenRecord[] = []
    const { signal } = new AbortController()
    for await (const record of this.#hub!.admin.tap('logs', { from: { kind: 'earliest' }, count }, signal)) {
      const headers = Object.fromEntries(record.headers.map(({ key, value }) => [key, String(value)]))
      found.push({ key: record.key === null ? null : String(record.key), text: String(record.value), headers })
    }
    return found
  }

  async close(): Promise<void> {
    await this.stop()
    rmSync(this.directory, { recursive: true })
  }

  /** Sources start behind the hub; a port of datagrams that is taken cannot be taken again. */
  async #listening(isUdp: boolean): Promise<void> {
    for (;;) {
      if (isUdp ? await isTakenUdp(this.port) : await isTaken(this.port)) return
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .on('error', () => resolve(true))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(false)))
  })
}

async function isTakenUdp(port: number): Promise<boolean> {
  const { createSocket } = await import('node:dgram')
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
      .on('error', () => resolve(true))
      .bind(port, '127.0.0.1', () => socket.close(() => resolve(false)))
  })
}
