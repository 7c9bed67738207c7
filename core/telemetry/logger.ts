// What a component may say to the operator. The production logger stands in pino-logger.ts.

export type LogFields = Readonly<Record<string, unknown>>

/** An event is a short sentence in the present tense that stays the same; what varies stands in the fields. */
export interface Logger {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
  /** A logger that adds these fields to all it says. */
  child(fields: LogFields): Logger
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}
