// Errors of node:fs, in the words of the product.

import { getSystemErrorMap } from 'node:util'
import type { TailraceError } from '../../errors/tailrace-error.js'
import { fileFailure } from '../file-failure.js'

/** The error to throw for what node:fs threw at `operation` on `path`. */
export function systemFailure(operation: string, path: string, cause: unknown): TailraceError {
  const errno = errnoOf(cause) ?? 'EUNKNOWN'
  return fileFailure({ operation, path, errno, reason: reasonOf(cause), cause })
}

/** The system's name of a failure (ENOENT); undefined for errors that are not the system's. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const known = 'errno' in error && typeof error.errno === 'number' ? getSystemErrorMap().get(error.errno) : undefined
  return known === undefined ? error.message : known[1]
}
