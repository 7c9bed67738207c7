// Any failure as a person or a script is told of it.

import type { ErrorView } from '../core/admin/admin-service.js'
import { InvariantError } from '../core/errors/invariant.js'
import { messageOf, TailraceError, type ErrorOptions } from '../core/errors/tailrace-error.js'
import { runtimeErrors } from '../core/runtime/errors.js'
import { hubErrors } from './errors.js'

/** What a wrong command line or a wrong file leads to: nothing was tried. */
const wrongInput: ReadonlySet<string> = new Set([
  'usage',
  'invalid_pipeline',
  'invalid_address',
  'kafka_needs_authentication',
  'invalid_position',
  'unknown_connector',
  'expression_invalid',
  'invalid_test_case',
  'no_test_cases',
  'unknown_engine',
  'invalid_topic_name',
  'invalid_topic_setting',
])

/** Exit codes: 1 the work failed, 2 usage or invalid configuration. */
export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof TailraceError && wrongInput.has(error.code) ? 2 : 1
}

/** Code, message, hint and details; what is no error of the product gets the code `internal`. */
export function failureView(failure: unknown): ErrorView {
  const error = isShortOfDescriptors(failure)
    ? runtimeErrors.make('too_many_files', messageOf(failure), { cause: failure })
    : failure
  if (error instanceof TailraceError) {
    const { code, message, hint, details } = error
    return { code, message, hint, details }
  }
  const hint =
    error instanceof InvariantError
      ? 'This is a mistake in tailrace: an assumption broke, and going on would have risked data. Please report it.'
      : 'This is a mistake in tailrace. Please report it with the message.'
  return { code: 'internal', message: messageOf(error), hint, details: {} }
}

/** Of the program's own files, which are read as they are needed: their errors do not come through core/runtime. */
function isShortOfDescriptors(failure: unknown): boolean {
  const { code } = failure as { readonly code?: unknown }
  return failure instanceof Error && (code === 'EMFILE' || code === 'ENFILE')
}

/** A wrong command line. */
export function usageError(message: string, options?: ErrorOptions): TailraceError {
  return hubErrors.make('usage', message, options)
}
