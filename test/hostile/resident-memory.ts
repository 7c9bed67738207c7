// The memory of another process, as Linux tells it.

import { readFileSync } from 'node:fs'

export interface ResidentMemory {
  readonly nowBytes: number
  /** Since it began. */
  readonly mostBytes: number
}

export function residentMemory(pid: number): ResidentMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytesOf = (name: string): number => {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
    if (kibibytes === undefined) throw new Error(`/proc/${pid}/status says nothing of ${name}`)
    return Number(kibibytes) * 1024
  }
  return { nowBytes: bytesOf('VmRSS'), mostBytes: bytesOf('VmHWM') }
}
