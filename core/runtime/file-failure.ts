// How an errno becomes an error of the product. Every implementation of Files reports through here, so that a caller
// sees the same codes whatever disk stands behind it.

import type { TailraceError } from '../errors/tailrace-error.js'
import { runtimeErrors } from './errors.js'

type RuntimeCode = keyof typeof runtimeErrors.table

const codeOfErrno: Readonly<Record<string, RuntimeCode>> = {
  ENOENT: 'not_found',
  ENOTDIR: 'not_found',
  EEXIST: 'already_exists',
  ENOTEMPTY: 'already_exists',
  EACCES: 'denied',
  EPERM: 'denied',
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EFBIG: 'disk_full',
  EROFS: 'disk_full',
  EMFILE: 'too_many_files',
  ENFILE: 'too_many_files',
}

export interface FileFailure {
  /** The verb of the message: "cannot <operation> <path>". */
  readonly operation: string
  readonly path: string
  /** The system's name of the failure, such as ENOSPC. */
  readonly errno: string
  /** What the errno means, in words. */
  readonly reason: string
  readonly cause?: unknown
}

/** The error of a failed file operation; `details` holds errno, path and operation. */
export function fileFailure(failure: FileFailure): TailraceError {
  const { operation, path, errno, reason, cause } = failure
  return runtimeErrors.make(codeOfErrno[errno] ?? 'io_failed', `cannot ${operation} ${path}: ${reason} (${errno})`, {
    cause,
    details: { errno, path, operation },
  })
}
