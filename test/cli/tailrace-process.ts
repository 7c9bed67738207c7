// The built command as a process: what it printed, how it ended, and a running hub with the address it listens on.

import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Ended {
  /** null when a signal ended it. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Place {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** What is piped in; nothing when left out. */
  readonly input?: string
}

/** Runs the command to its end. */
export async function tailrace(arguments_: readonly string[], place: Place): Promise<Ended> {
  return ended(start(arguments_, place))
}

export interface RunningHub {
  readonly child: ChildProcess
  /** The line that says where everything is. */
  readonly readyLine: string
  /** `HOST:PORT`; empty with `--http off`. */
  readonly http: string
  /** `HOST:PORT`; empty with `--kafka off`. */
  readonly kafka: string
  /** Resolves when the process has ended. */
  readonly end: Promise<Ended>
  /** Sends a signal and waits for the end. */
  stop(signal: NodeJS.Signals): Promise<Ended>
}

/** `tailrace run` with these arguments; resolves when it is ready, rejects with what it said when it ends before. */
export async function runHub(arguments_: readonly string[], place: Place): Promise<RunningHub> {
  const child = start(['run', ...arguments_], place)
  const end = ended(child)
  const readyLine = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve)
    void end.then(({ exitCode, stderr }) => reject(new Error(`ended with ${exitCode} before it was ready: ${stderr}`)))
  })
  return {
    child,
    readyLine,
    http: / http=(\S+)/.exec(readyLine)?.[1] ?? '',
    kafka: / kafka=(\S+)/.exec(readyLine)?.[1] ?? '',
    end,
    stop(signal) {
      child.kill(signal)
      return end
    },
  }
}

function start(arguments_: readonly string[], { cwd, env = {}, input }: Place): ChildProcess {
  if (!existsSync(command)) throw new Error('dist/cli/main.js is missing: npm run build')
  const child = spawn(process.execPath, [command, ...arguments_], {
    cwd,
    env: { ...process.env, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdin?.end(input)
  return child
}

function ended(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout!.on('data', (part: Buffer) => (stdout += part.toString()))
  child.stderr!.on('data', (part: Buffer) => (stderr += part.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  })
}
