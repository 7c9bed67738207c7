// Log lines for people: time, level, event, fields; for `run` on a terminal. Scripts get JSON lines instead.

import type { LogFields, Logger } from '../hub/admin-vocabulary.js'
import { failureView } from '../hub/failure.js'
import type { LogLevel } from '../hub/run-options.js'

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 }

/** Writes events of this level and above, one line each. */
export function terminalLogger(level: LogLevel, write: (line: string) => void, bound: LogFields = {}): Logger {
  const say =
    (of: Exclude<LogLevel, 'silent'>) =>
    (event: string, fields: LogFields = {}) => {
      if (ranks[of] >= ranks[level]) write(lineOf(of, event, { ...bound, ...fields }))
    }
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    child: (fields) => terminalLogger(level, write, { ...bound, ...fields }),
  }
}

function lineOf(level: string, event: string, fields: LogFields): string {
  const time = new Date().toISOString().slice(11, 19)
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${valueText(value)}`)
  return [time, level.padEnd(5), event, ...shown].join(' ')
}

function valueText(value: unknown): string {
  if (value instanceof Error) {
    const { code, message } = failureView(value)
    return JSON.stringify(`${code}: ${message}`)
  }
  return typeof value === 'string' && /^[\w./:-]+$/.test(value) ? value : (JSON.stringify(value) ?? String(value))
}
