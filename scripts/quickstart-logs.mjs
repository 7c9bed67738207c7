// @ts-check
// Two small services that log: one in JSON, one in plain text. The quickstart tails them, so that something flows at
// once. Each file is renamed when it has grown to `rotateBytes`, as logrotate does it, and three old ones are kept.
//
// Also a program of its own: node scripts/quickstart-logs.mjs [DIRECTORY]

import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const lineEveryMs = 250
const rotateBytes = 64 * 1024
const oldFiles = 3

const paths = ['/', '/cart', '/orders/1017', '/orders/1018', '/search?q=turbine', '/health']
const jobs = ['send-invoice', 'resize-image', 'refresh-index']

/** @typedef {(lineNumber: number, time: string) => string} LineOf */

/** @type {Record<string, LineOf>} */
const services = {
  'web.log': (lineNumber, time) => {
    const status = lineNumber % 40 === 0 ? 503 : 200
    const level = status === 503 ? 'error' : 'info'
    const path = paths[lineNumber % paths.length]
    return JSON.stringify({
      time,
      level,
      service: 'web',
      line: lineNumber,
      path,
      status,
      ms: 3 + ((lineNumber * 7) % 90),
    })
  },
  'worker.log': (lineNumber, time) => {
    const job = jobs[lineNumber % jobs.length]
    return `${time} INFO worker line=${lineNumber} job=${job} took ${20 + ((lineNumber * 13) % 400)} ms`
  },
}

/**
 * Starts the services; returns what stops them.
 * @param {string} directory made when it is missing
 */
export function startQuickstartLogs(directory) {
  mkdirSync(directory, { recursive: true })
  let lineNumber = 0
  const timer = setInterval(() => {
    lineNumber++
    for (const [name, lineOf] of Object.entries(services)) {
      const file = join(directory, name)
      appendFileSync(file, `${lineOf(lineNumber, new Date().toISOString())}\n`)
      if (statSync(file).size >= rotateBytes) rotate(file)
    }
  }, lineEveryMs)
  return () => clearInterval(timer)
}

/** @param {string} file */
function rotate(file) {
  for (let age = oldFiles - 1; age >= 1; age--) {
    if (existsSync(`${file}.${age}`)) renameSync(`${file}.${age}`, `${file}.${age + 1}`)
  }
  renameSync(file, `${file}.1`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  startQuickstartLogs(resolve(process.argv[2] ?? 'logs'))
}
