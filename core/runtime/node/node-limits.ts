// What the system grants this process, read once at start.

import fs from 'node:fs'
import type { Limits } from '../limits.js'

/** Where there is no /proc: the default soft limit of macOS, the smallest of the systems we run on. */
const cautiousOpenFiles = 256

/** Reads the soft limits of this process. */
export function nodeLimits(): Limits {
  return { openFiles: openFilesOf(readLimits()) }
}

/** The soft limit of descriptors in a table as /proc/self/limits shows it. */
export function openFilesOf(table: string): number {
  const soft = /^Max open files\s+(\S+)/m.exec(table)?.[1]
  if (soft === 'unlimited') return Number.MAX_SAFE_INTEGER
  return soft === undefined ? cautiousOpenFiles : Number(soft)
}

function readLimits(): string {
  try {
    return fs.readFileSync('/proc/self/limits', 'latin1')
  } catch {
    return ''
  }
}
