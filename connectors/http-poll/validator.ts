// What an answer can be known by, so that it need not be sent again while it has not changed.

import type { Validator } from './poll-client.js'

/**
 * Undefined when nothing sure stands in the headers. A Last-Modified counts only when it lies a second or more before the
 * Date of the answer: otherwise another change in the same second would look like none (RFC 9110, section 8.8.2.2).
 */
export function validatorOf(headers: ReadonlyMap<string, string>): Validator | undefined {
  const etag = headers.get('etag')
  if (etag !== undefined && etag !== '') return { etag }
  const lastModified = headers.get('last-modified')
  if (lastModified === undefined) return undefined
  const isOld = Date.parse(headers.get('date') ?? '') - Date.parse(lastModified) >= 1_000
  return isOld ? { lastModified } : undefined
}
