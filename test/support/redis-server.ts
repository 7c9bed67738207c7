// A real redis-server on a directory of its own, which keeps all that it answered through a kill (`appendfsync always`).

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './nats-server.js'

export class RedisServer {
  readonly port: number
  private readonly directory: string
  private process: ChildProcess | undefined

  private constructor(port: number, directory: string) {
    this.port = port
    this.directory = directory
  }

  static async start(): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'redis-'))
    const server = new RedisServer(await freePort(), directory)
    await server.up()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Resolves when it takes connections. */
  async up(): Promise<void> {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.directory]
    const started = spawn('redis-server', [...place, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'])
    this.process = started
    let said = ''
    for await (const chunk of started.stdout) {
      said += String(chunk)
      if (said.includes('Ready to accept connections')) break
    }
    if (!said.includes('Ready to accept connections')) throw new Error(`redis-server did not start: ${said}`)
  }

  async kill(): Promise<void> {
    const { process } = this
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return
    const ended = once(process, 'exit')
    process.kill('SIGKILL')
    await ended
  }

  async remove(): Promise<void> {
    await this.kill()
    await rm(this.directory, { recursive: true, force: true })
  }
}
