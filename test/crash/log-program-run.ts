// Runs the program that is killed, and keeps in memory what it was answered: what a later run must still know.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('log-program.js', import.meta.url))
/** Nothing that it does takes so long, on any machine. */
const mostRunMs = 60_000

export interface LogProgramEnd {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly isDone: boolean
  readonly errors: string
}

export class LogLedger {
  readonly #answered = new Map<string, number>()
  readonly #topics = new Map<string, 'made' | 'deleting' | 'gone'>()

  /** The highest step that was acknowledged to this writer. */
  answered(of: string): number {
    return this.#answered.get(of) ?? 0
  }

  /** Takes a line of the program. Throws when it contradicts what was acknowledged before. */
  take(line: string): void {
    const [word, ...rest] = line.split(' ')
    const [name, step] = rest
    if (word === 'answered') this.#answered.set(name!, Number(step))
    if (word === 'made' || word === 'deleting' || word === 'gone') this.#topics.set(name!, word)
    if (word === 'resumes' && Number(step) < this.answered(name!)) {
      throw new Error(`${name} resumes at ${step}, but ${this.answered(name!)} was acknowledged`)
    }
    if (word !== 'there') return
    for (const [topic, state] of this.#topics) {
      if (state === 'made' && !rest.includes(topic)) throw new Error(`${topic} was made, and is not there`)
      if (state === 'gone' && rest.includes(topic)) throw new Error(`${topic} was deleted, and is there`)
    }
  }
}

/** One run to its end, of whatever kind. `launcher`: what runs it, such as strace. */
export async function runLogProgram(
  of: { readonly directory: string; readonly workload: string; readonly dieAfter?: number },
  ledger: LogLedger,
  launcher: readonly string[] = [],
): Promise<LogProgramEnd> {
  const own = [
    process.execPath,
    program,
    of.directory,
    of.workload,
    ...(of.dieAfter === undefined ? [] : [String(of.dieAfter)]),
  ]
  const [command, ...arguments_] = [...launcher, ...own]
  const env = { ...process.env, UV_THREADPOOL_SIZE: launcher.length > 0 ? '1' : '4', UV_USE_IO_URING: '0' }
  const child = spawn(command!, arguments_, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: mostRunMs })
  let said = ''
  let errors = ''
  child.stdout.on('data', (part: Buffer) => (said += part.toString()))
  child.stderr.on('data', (part: Buffer) => (errors += part.toString()))
  const end = await new Promise<Pick<LogProgramEnd, 'exitCode' | 'signal'>>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }))
  })
  const lines = said.split('\n')
  // A last line without an end was cut off by the kill.
  lines.pop()
  for (const line of lines) ledger.take(line)
  return { ...end, isDone: lines.at(-1) === 'done', errors }
}
