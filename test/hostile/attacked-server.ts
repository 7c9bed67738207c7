// Starts the attacked process and watches it from outside: what it says, whether it still says anything, how it ends.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { FromServer, ServerReport, ToServer } from './frames-report.js'
import type { PlantedFault } from './planted-faults.js'
import type { ServerView } from './plausible-message.js'

const program = fileURLToPath(new URL('frames-server-process.js', import.meta.url))
const keptOutputBytes = 16 * 1024
/** It speaks five times a second. */
const mostSilentMs = 30_000
/** A leak ends the process well before the machine is out of memory. */
const heapMebibytes = 1024

export interface AttackedOptions {
  readonly directFrames: number
  readonly seed: number
  readonly planted: PlantedFault | undefined
  /** A server listens now; the one before is closed when `left` is said. */
  readonly serving: (port: number, view: ServerView) => void
}

export class AttackedServer {
  readonly #child: ChildProcess
  #output = ''
  #report: ServerReport | undefined
  #silence: NodeJS.Timeout | undefined
  /** It was ended because it said nothing for long. */
  wasSilent = false
  hasEnded = false
  socketFrames = 0
  isDirectDone = false
  /** Resolves with what the system says of the end: nothing when all is well. */
  readonly end: Promise<string>

  constructor({ directFrames, seed, planted, serving }: AttackedOptions) {
    const execArgv = [`--max-old-space-size=${heapMebibytes}`]
    const parameters = [String(directFrames), String(seed), planted ?? '']
    this.#child = fork(program, parameters, { execArgv, stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
    this.#child.stderr!.on('data', (part: Buffer) => {
      this.#output = (this.#output + part.toString()).slice(-keptOutputBytes)
    })
    this.#child.on('message', (message: FromServer) => {
      this.#listen()
      if (message.kind === 'serving') return serving(message.port, message.view)
      if (message.kind === 'report') this.#report = message.report
      else ({ socketFrames: this.socketFrames, isDirectDone: this.isDirectDone } = message)
    })
    this.#listen()
    this.end = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => {
        clearTimeout(this.#silence)
        this.hasEnded = true
        resolve(code === 0 ? '' : `it ended with ${signal ?? `exit code ${code}`}`)
      })
    })
  }

  /** What it reported, behind its end. */
  get report(): ServerReport | undefined {
    return this.#report
  }

  /** The last of what it wrote to stderr. */
  get output(): string {
    return this.#output
  }

  tell(message: ToServer): void {
    if (this.#child.connected) this.#child.send(message)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #listen(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      this.wasSilent = true
      this.kill()
    }, mostSilentMs)
  }
}
