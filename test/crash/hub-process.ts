// The built command as a process that is going to be killed, under strace or not.

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** In dist beside this file, so that a proof judges the build that it belongs to. */
const command = fileURLToPath(new URL('../../cli/main.js', import.meta.url))
const keptOutputBytes = 16 * 1024

/** Where it runs, and on what. */
export interface HubSite {
  readonly directory: string
  readonly pipelineFile: string
  readonly dataDirectory: string
  /** Options that say where it listens; without them for the admin API alone, on a free port. */
  readonly listeners?: readonly string[]
}

export interface HubEnd {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
}

export class HubProcess {
  readonly #child: ChildProcess
  #output = ''
  /** Resolves when it says that it is ready; false when it ended before. */
  readonly ready: Promise<boolean>
  readonly end: Promise<HubEnd>
  hasEnded = false

  /** `launcher`: a command and its arguments that run what follows, such as strace. */
  constructor(site: HubSite, launcher: readonly string[] = []) {
    const [program, ...arguments_] = [
      ...launcher,
      process.execPath,
      command,
      'run',
      site.pipelineFile,
      ...['--data', site.dataDirectory, '--log-level', 'info'],
      ...(site.listeners ?? ['--kafka', 'off', '--http', '127.0.0.1:0']),
    ]
    // One worker thread: strace counts the calls of each thread by itself.
    const env = { ...process.env, UV_THREADPOOL_SIZE: launcher.length > 0 ? '1' : '4', UV_USE_IO_URING: '0' }
    this.#child = spawn(program!, arguments_, { cwd: site.directory, env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.end = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('exit', (exitCode, signal) => {
        this.hasEnded = true
        resolve({ exitCode, signal })
      })
    })
    this.ready = new Promise((resolve) => {
      this.#child.stdout!.on('data', (part: Buffer) => {
        if (part.includes('tailrace ready')) resolve(true)
      })
      void this.end.then(() => resolve(false))
    })
    this.#child.stderr!.on('data', (part: Buffer) => {
      this.#output = (this.#output + part.toString()).slice(-keptOutputBytes)
    })
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /** The last of what it logged. */
  get output(): string {
    return this.#output
  }

  stop(signal: NodeJS.Signals): Promise<HubEnd> {
    this.#child.kill(signal)
    return this.end
  }
}
