// The rule that a kill cannot show: an answer follows a sync that began after the frame of its append was written.

import type { SystemCall } from './strace.js'

export interface SyncOrder {
  readonly answerCount: number
  readonly syncCount: number
  /** Answers without such a sync, with the reason. */
  readonly broken: readonly string[]
}

interface Written {
  readonly path: string
  readonly endedAt: number
  /** By a descriptor whose writes return when they are durable. */
  readonly isSynchronous: boolean
}

const writes = new Set(['write', 'pwrite64', 'writev', 'pwritev'])
const syncs = new Set(['fdatasync', 'fsync'])

export function judgeSyncOrder(calls: readonly SystemCall[]): SyncOrder {
  const synchronous = synchronousFiles(calls)
  const frames = new Map<string, Written>()
  const synced: { readonly path: string; readonly beganAt: number; readonly endedAt: number }[] = []
  const answers: { readonly digits: string; readonly beganAt: number }[] = []
  for (const { name, text, beganAt, endedAt, result } of calls) {
    const path = /^\d+<([^>]*)>/.exec(text)?.[1] ?? ''
    if (syncs.has(name) && result === '0') synced.push({ path, beganAt, endedAt })
    if (!writes.has(name)) continue
    const answer = /"answered (\d{6})\\n"/.exec(text)
    if (answer !== null) answers.push({ digits: answer[1]!, beganAt })
    if (!path.endsWith('.journal')) continue
    for (const [, digits] of text.matchAll(/append-(\d{6});/g)) {
      frames.set(digits!, { path, endedAt, isSynchronous: synchronous.has(path) })
    }
  }
  const broken = answers.flatMap(({ digits, beganAt: answeredAt }) => {
    const frame = frames.get(digits)
    if (frame === undefined || frame.endedAt > answeredAt) return [`${digits}: answered before its frame was written`]
    const isSynced = synced.some(
      ({ path, beganAt, endedAt }) => path === frame.path && beganAt > frame.endedAt && endedAt < answeredAt,
    )
    return frame.isSynchronous || isSynced
      ? []
      : [`${digits}: no sync of ${frame.path} between its frame and its answer`]
  })
  return { answerCount: answers.length, syncCount: synced.length, broken }
}

function synchronousFiles(calls: readonly SystemCall[]): ReadonlySet<string> {
  const paths = calls
    .filter(({ name, text }) => name === 'openat' && /O_D?SYNC/.test(text))
    .map(({ text }) => /= \d+<([^>]*)>/.exec(text)?.[1] ?? '')
  return new Set(paths)
}
