// A real nats-server with JetStream on a directory of its own, which a test may kill and start again.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class NatsServer {
  readonly address: string
  private readonly directory: string
  private readonly more: readonly string[]
  private process: ChildProcess | undefined

  private constructor(address: string, directory: string, more: readonly string[]) {
    this.address = address
    this.directory = directory
    this.more = more
  }

  static async start(...more: readonly string[]): Promise<NatsServer> {
    const directory = await mkdtemp(join(tmpdir(), 'nats-'))
    const server = new NatsServer(`127.0.0.1:${await freePort()}`, directory, more)
    await server.up()
    return server
  }

  /** Resolves when it takes connections. */
  async up(): Promise<void> {
    const [host = '', port = ''] = this.address.split(':')
    const started = spawn('nats-server', ['-a', host, '-p', port, '-js', '-sd', this.directory, ...this.more])
    this.process = started
    let said = ''
    for await (const chunk of started.stderr) {
      said += String(chunk)
      if (said.includes('Server is ready')) break
    }
    if (!said.includes('Server is ready')) throw new Error(`nats-server did not start: ${said}`)
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

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
