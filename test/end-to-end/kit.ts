// A folder with logs, a pipeline file and a lake, and the real command in it: what a person has before them.

import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, vi } from 'vitest'

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
/** What a busy machine may take; nothing is measured by it. */
export const patienceMs = 60_000

export interface Ended {
  /** null when a signal ended it. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A running command; `launcher` is what runs it, such as prlimit. */
export class Command {
  readonly child: ChildProcess
  readonly end: Promise<Ended>
  stdout = ''
  stderr = ''

  constructor(cwd: string, arguments_: readonly string[], launcher: readonly string[] = []) {
    const [program, ...rest] = [...launcher, process.execPath, command, ...arguments_]
    this.child = spawn(program!, rest, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stdout!.on('data', (part: Buffer) => (this.stdout += part.toString()))
    this.child.stderr!.on('data', (part: Buffer) => (this.stderr += part.toString()))
    this.end = new Promise((resolve, reject) => {
      this.child.once('error', reject)
      this.child.once('close', (exitCode) => resolve({ exitCode, stdout: this.stdout, stderr: this.stderr }))
    })
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal)
    return this.end
  }
}

export class Folder {
  readonly path = fs.mkdtempSync(join(tmpdir(), 'tailrace-end-'))
  readonly #running: Command[] = []

  constructor() {
    fs.mkdirSync(this.at('logs'))
    onTestFinished(async () => {
      for (const hub of this.#running) await hub.stop('SIGKILL')
      fs.rmSync(this.path, { recursive: true, force: true })
    })
  }

  at(...names: readonly string[]): string {
    return join(this.path, ...names)
  }

  /** One source of logs/, one topic, one lake of NDJSON; what is given goes over it. */
  declare({
    source = {},
    sink = {},
    partitions = 1,
  }: {
    readonly source?: object
    readonly sink?: object
    readonly partitions?: number
  } = {}): void {
    const pipeline = {
      version: 1,
      name: 'end',
      topics: { lines: { partitions } },
      sources: {
        logs: { type: 'file', include: ['logs/*.log*'], rescan: '100ms', partialLine: '500ms', to: 'lines', ...source },
      },
      sinks: {
        lake: {
          type: 'directory',
          from: ['lines'],
          root: 'lake',
          columns: ['key', 'headers'],
          rotate: { age: '200ms' },
          ...sink,
        },
      },
    }
    fs.writeFileSync(this.at('end.json'), JSON.stringify(pipeline, null, 2))
  }

  log(name: string, bytes: string | Uint8Array): void {
    fs.appendFileSync(this.at('logs', name), bytes)
  }

  /** Runs the command to its end. */
  command(...arguments_: readonly string[]): Promise<Ended> {
    return new Command(this.path, arguments_).end
  }

  /** `tailrace run` on the declared pipeline, without waiting for anything. */
  run(options: { readonly launcher?: readonly string[]; readonly arguments?: readonly string[] } = {}): Command {
    const arguments_ = [
      'run',
      'end.json',
      '--data',
      'data',
      '--kafka',
      'off',
      '--http',
      '127.0.0.1:0',
      ...(options.arguments ?? []),
    ]
    const hub = new Command(this.path, arguments_, options.launcher)
    this.#running.push(hub)
    return hub
  }

  /** Runs it until everything of `lines` is in the lake, and stops it. */
  async deliver(lines: readonly string[]): Promise<Ended> {
    const hub = this.run()
    await this.arrived(lines, hub)
    return hub.stop()
  }

  /** Resolves when the lake holds these lines, sorted, and nothing else. */
  async arrived(lines: readonly string[], hub: Command): Promise<void> {
    const expected = [...lines].sort()
    await eventually(() =>
      expect(
        this.lakeLines()
          .map(({ line }) => line.toString('latin1'))
          .sort(),
        hub.stderr,
      ).toEqual(expected),
    )
  }

  lakeLines(): readonly LakeLine[] {
    return readLake(this.at('lake'))
  }
}

export interface LakeLine {
  readonly key: string
  readonly line: Buffer
  /** As JSON. */
  readonly headers: string
}

/** All lines of a lake, each partition's in order. */
export function readLake(root: string): readonly LakeLine[] {
  const topic = join(root, 'lines')
  if (!fs.existsSync(topic)) return []
  const names = fs.readdirSync(topic).sort()
  return names.flatMap((name) => {
    const lines = fs.readFileSync(join(topic, name), 'utf8').split('\n')
    expect(lines.pop(), name).toBe('')
    return lines.map(lakeLine)
  })
}

function lakeLine(json: string): LakeLine {
  const { message, messageBase64, _key, _headers } = JSON.parse(json) as {
    readonly message?: string
    readonly messageBase64?: string
    readonly _key: string
    readonly _headers: unknown
  }
  const line = message === undefined ? Buffer.from(messageBase64!, 'base64') : Buffer.from(message)
  return { key: _key, line, headers: JSON.stringify(_headers) }
}

/** Waits until it holds. */
export function eventually(assertion: () => void): Promise<void> {
  return vi.waitFor(assertion, { timeout: patienceMs, interval: 100 })
}
