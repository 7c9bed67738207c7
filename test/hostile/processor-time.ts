// How long the main thread of this process was at work: what a machine with other things to do does not add to. Where Linux
// does not tell it of a thread, it is that of the whole process.

import { readFileSync } from 'node:fs'

/** The first number is nanoseconds (Documentation/scheduler/sched-stats.rst of Linux); the main thread has the process's id. */
const statistics = `/proc/self/task/${process.pid}/schedstat`

export function processorMs(): number {
  const text = readStatistics()
  if (text !== undefined) return Number(text.split(' ')[0]) / 1e6
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function readStatistics(): string | undefined {
  try {
    return readFileSync(statistics, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
