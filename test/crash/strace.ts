// Runs programs under strace and reads what it wrote. A line of its output is one of
//
//   THREAD name(arguments) = result              THREAD name(arguments <unfinished ...>
//   THREAD <... name resumed>arguments) = result
//
// with `-f -y`: every thread, and the path behind each descriptor as in `12</data/journal/0000.journal>`.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const mostEndingMs = 30_000

export interface SystemCall {
  readonly thread: string
  readonly name: string
  /** As printed; of a call that was interrupted by others both parts. */
  readonly text: string
  /** Numbers of lines: what began before, and what ended before, can be compared. */
  readonly beganAt: number
  /** Infinity for one that never returned. */
  readonly endedAt: number
  readonly result: string
}

/** Calls that change what is on the disk, and those that make it durable. */
const durableCalls = [
  ...['write', 'pwrite64', 'writev', 'pwritev', 'fsync', 'fdatasync', 'openat'],
  ...['rename', 'renameat', 'renameat2', 'unlink', 'unlinkat', 'ftruncate', 'mkdir', 'mkdirat', 'rmdir', 'link'],
] as const

/** Follows every thread and writes the calls to `output`, each with up to `shownBytes` of what was written. */
export function recordingLauncher(output: string, shownBytes: number): readonly string[] {
  return [
    'strace',
    '-D',
    '-f',
    '-y',
    '-q',
    '-s',
    String(shownBytes),
    '-o',
    output,
    '-e',
    `trace=${durableCalls.join(',')}`,
  ]
}

/** Kills whichever thread begins its `number`-th call of this name, before the call does anything. */
export function killingLauncher({
  call,
  number,
}: {
  readonly call: string
  readonly number: number
}): readonly string[] {
  const injection = `inject=${call}:signal=SIGKILL:when=${number}`
  return ['strace', '-D', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', injection]
}

/** Waits until everything is written: with `-D` strace ends a little later than what it traces. */
export async function endOfRecording(path: string): Promise<void> {
  const deadlineMs = performance.now() + mostEndingMs
  for (;;) {
    // The main thread is the first that is named, and the last that ends.
    const text = readFileSync(path, 'latin1')
    const main = /^(\d+) /.exec(text)?.[1]
    if (main !== undefined && new RegExp(`^${main} +\\+\\+\\+ (exited|killed)`, 'm').test(text)) return
    if (performance.now() > deadlineMs) throw new Error(`strace does not end: ${path}`)
    await sleep(20)
  }
}

/** In the order in which they began. */
export function readSystemCalls(path: string): readonly SystemCall[] {
  const calls: SystemCall[] = []
  const open = new Map<string, { readonly index: number; readonly text: string }>()
  for (const [line, text] of readFileSync(path, 'latin1').split('\n').entries()) {
    const whole = /^(\d+) +(\w+)\((.*)$/s.exec(text)
    const resumed = /^(\d+) +<\.\.\. (\w+) resumed>(.*)$/s.exec(text)
    if (whole !== null) {
      const [, thread, name, rest] = whole
      const isUnfinished = rest!.endsWith('<unfinished ...>')
      if (isUnfinished) open.set(thread!, { index: calls.length, text: rest! })
      const endedAt = isUnfinished ? Number.POSITIVE_INFINITY : line
      calls.push({ thread: thread!, name: name!, text: rest!, beganAt: line, endedAt, result: resultOf(rest!) })
    } else if (resumed !== null) {
      const [, thread, , rest] = resumed
      const begun = open.get(thread!)
      if (begun === undefined) continue
      open.delete(thread!)
      const call = calls[begun.index]!
      calls[begun.index] = { ...call, text: begun.text + rest!, endedAt: line, result: resultOf(rest!) }
    }
  }
  return calls
}

function resultOf(text: string): string {
  return / = (-?\d+|\?)[^=]*$/.exec(text)?.[1] ?? '?'
}
