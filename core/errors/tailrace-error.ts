// The one error class of the product.
//
// Every folder declares its codes in its own errors.ts with `defineErrors`; the catalogue composes them and a test
// holds codes unique. Retry loops read `retry`, people read `message` (the numbers) and `hint` (what to do next).

/** When trying the same thing again can help: by itself after a while, after a person acted, or never. */
export type RetryPolicy = 'timed' | 'manual' | 'never'

/** One row of the catalogue: what a code means, whether to retry it and what its reader does next. */
export interface ErrorDeclaration {
  readonly retry: RetryPolicy
  readonly summary: string
  readonly hint: string
}

export type ErrorTable = Readonly<Record<string, ErrorDeclaration>>

export interface ErrorOptions {
  readonly cause?: unknown
  /** Replaces the catalogue's hint where the place knows better. */
  readonly hint?: string
  /** Machine-readable numbers and names: topic, partition, offsets, path, line. */
  readonly details?: Readonly<Record<string, unknown>>
}

export class TailraceError extends Error {
  override readonly name = 'TailraceError'
  readonly code: string
  readonly retry: RetryPolicy
  readonly hint: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, declaration: ErrorDeclaration, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retry = declaration.retry
    this.hint = options.hint ?? declaration.hint
    this.details = options.details ?? {}
  }
}

/** The codes of one folder and the function that makes its errors. */
export interface ErrorSet<Table extends ErrorTable> {
  readonly table: Table
  /** Makes (does not throw) the error, so that a caller writes `throw logErrors.make('disk_full', …)`. */
  make(code: keyof Table & string, message: string, options?: ErrorOptions): TailraceError
  /** Is it an error of this set with this code? */
  is(error: unknown, code: keyof Table & string): error is TailraceError
}

export function defineErrors<const Table extends ErrorTable>(table: Table): ErrorSet<Table> {
  return {
    table,
    make(code, message, options) {
      return new TailraceError(code, table[code] as ErrorDeclaration, message, options)
    },
    is(error, code): error is TailraceError {
      return error instanceof TailraceError && error.code === code
    },
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
