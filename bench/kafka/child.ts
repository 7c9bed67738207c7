// Programs that a benchmark starts: servers that are told from outside when to stop, and clients that print one line of
// JSON and end. What the kernel has counted of a process is read from /proc.

import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

/** The kernel counts processor time in hundredths of a second whatever its own clock is. */
const ticksPerSecond = 100

export interface Program {
  readonly command: string
  readonly arguments: readonly string[]
}

/** A server at work. */
export interface Server {
  /** What its line of readiness named. */
  readonly port: number
  /** Processor time since its start, of the process and the kernel for it. */
  cpuSeconds(): number
  /** The most resident memory that it had. */
  mostMegabytes(): number
  residentMegabytes(): number
  /** Resolves when it is gone. */
  stop(): Promise<void>
}

/** Starts a server and waits for the line, on either output, in which `ready` finds its port. */
export async function startServer(program: Program, ready: RegExp): Promise<Server> {
  const child = spawn(program.command, program.arguments, { stdio: ['ignore', 'pipe', 'pipe'] })
  const port = await Promise.race([portIn(child, 'stdout', ready), portIn(child, 'stderr', ready), failed(child)])
  return {
    port,
    cpuSeconds: () => cpuSecondsOf(child),
    mostMegabytes: () => memoryOf(child, 'VmHWM'),
    residentMegabytes: () => memoryOf(child, 'VmRSS'),
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

/** Runs a client to its end; its line of JSON. */
export async function runClient(program: Program): Promise<Readonly<Record<string, number>>> {
  const { stdout } = await promisify(execFile)(program.command, program.arguments)
  return JSON.parse(stdout) as Record<string, number>
}

function portIn(child: ChildProcess, output: 'stdout' | 'stderr', ready: RegExp): Promise<number> {
  return new Promise((resolve) => {
    const stream = child[output]
    if (stream === null) return
    createInterface({ input: stream }).on('line', (line) => {
      const port = ready.exec(line)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
  })
}

async function failed(child: ChildProcess): Promise<never> {
  await once(child, 'exit')
  throw new Error(`${child.spawnfile} ended before it was ready`)
}

/** utime and stime; they stand behind the name of the program, which may hold anything but ends with the last bracket. */
function cpuSecondsOf(child: ChildProcess): number {
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

function memoryOf(child: ChildProcess, field: 'VmHWM' | 'VmRSS'): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1000
}
