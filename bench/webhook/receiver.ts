// The receiver's process, as a benchmark asks it.

import { fileURLToPath } from 'node:url'
import { type Server, startServer } from '../kafka/child.js'

/** Of what came since the last reset. */
export interface Figures {
  readonly count: number
  /** From the first to the last. */
  readonly seconds: number
  /** From `sentMs` of an event until it came. */
  readonly p50Ms: number
  readonly p99Ms: number
}

const pollMs = 20

export class BenchReceiver {
  private readonly server: Server

  private constructor(server: Server) {
    this.server = server
  }

  static async open(): Promise<BenchReceiver> {
    const command = fileURLToPath(new URL('receiving-process.js', import.meta.url))
    const program = { command: process.execPath, arguments: [command] }
    return new BenchReceiver(await startServer(program, /port=(\d+)/))
  }

  get port(): number {
    return this.server.port
  }

  /** Counts from here on; whether some addresses are dead. */
  reset(areDead: boolean): Promise<Figures> {
    return this.ask(`/deaths?${areDead ? 'on' : 'off'}`)
  }

  /** Resolves when so many have come. */
  async counted(count: number): Promise<Figures> {
    for (;;) {
      const figures = await this.ask('/figures')
      if (figures.count >= count) return figures
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  }

  stop(): Promise<void> {
    return this.server.stop()
  }

  private async ask(path: string): Promise<Figures> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`)
    return (await answer.json()) as Figures
  }
}
