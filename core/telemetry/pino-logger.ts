// The production logger: one line of JSON per event, with pino.
//
// A line holds level, time (ISO), msg (the event) and the fields. Secrets are never passed to a logger; nothing is
// redacted here.

import { pino } from 'pino'
import { messageOf, TailraceError } from '../errors/tailrace-error.js'
import type { LogFields, Logger } from './logger.js'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LogDestination {
  /** Takes one line with its line feed. */
  write(line: string): void
}

export interface PinoLoggerOptions {
  /** Events below it are dropped. */
  readonly level: LogLevel
  /** Standard error when left out, written synchronously: the last line before a crash is the one that counts. */
  readonly destination?: LogDestination
}

const standardError = 2

/** Causes of causes are shown this deep; a chain is longer only by mistake. */
const maxCauses = 8

/** A logger that writes JSON lines. An error among the fields becomes its code, message, hint and cause. */
export function pinoLogger({ level, destination }: PinoLoggerOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return wrap(pino(options, destination ?? pino.destination({ dest: standardError, sync: true })))
}

function wrap(logger: pino.Logger): Logger {
  const say = (level: Exclude<LogLevel, 'silent'>) => (event: string, fields?: LogFields) => {
    if (!logger.isLevelEnabled(level)) return
    if (fields === undefined) logger[level](event)
    else logger[level](describeFields(fields), event)
  }
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    child: (fields) => wrap(logger.child(describeFields(fields))),
  }
}

function describeFields(fields: LogFields): LogFields {
  const described: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    described[name] = value instanceof Error ? describeError(value, maxCauses) : value
  }
  return described
}

function describeError(error: Error, depth: number): Record<string, unknown> {
  const described: Record<string, unknown> = {}
  if (error instanceof TailraceError)
    Object.assign(described, { code: error.code, message: error.message, hint: error.hint })
  // What is not of the catalogue was not foreseen: its stack is all there is to go by.
  else Object.assign(described, { name: error.name, message: error.message, stack: error.stack })
  if (error.cause !== undefined && depth > 0) {
    described['cause'] = error.cause instanceof Error ? describeError(error.cause, depth - 1) : messageOf(error.cause)
  }
  return described
}
