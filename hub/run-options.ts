// Options of `run` that are texts: sizes and log levels, and the logger that writes JSON lines to standard error.

import { parseDurationMs, parseSizeBytes } from '../core/connector/fields.js'
import type { Logger } from '../core/telemetry/logger.js'
import { pinoLogger, type LogLevel } from '../core/telemetry/pino-logger.js'
import { usageError } from './failure.js'

export type { LogLevel } from '../core/telemetry/pino-logger.js'

/** Bytes, or undefined for none; usage when the text is no size. */
export function budgetFromText(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const bytes = parseSizeBytes(text)
  if (bytes !== undefined && bytes > 0) return bytes
  throw usageError(`--budget: "${text}" is no size`, { hint: 'Write it as in 512MiB or 50GiB.' })
}

const leastOffsetsRetentionMs = 60_000

/** Milliseconds, or undefined for ever; usage when the text is no duration of a minute or more. */
export function offsetsRetentionFromText(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = parseDurationMs(text)
  if (ms !== undefined && ms >= leastOffsetsRetentionMs) return ms
  throw usageError(`--offsets-retention: "${text}" is no duration of a minute or more`, {
    hint: 'Write it as in 7d or 36h; left out, offsets are kept for ever.',
  })
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** usage when the text is no level. */
export function logLevelFromText(text: string): LogLevel {
  const level = levels.find((known) => known === text)
  if (level !== undefined) return level
  throw usageError(`--log-level: "${text}" is no level`, { hint: `Use one of ${levels.join(', ')}.` })
}

export function standardLogger(level: LogLevel): Logger {
  return pinoLogger({ level })
}
