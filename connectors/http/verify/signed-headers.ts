// The headers that signatures stand in and are made over. One that comes twice is no header: who signed and who reads
// might take different ones of the two.

import type { IngressRequest } from '../../../core/connector/ingress.js'
import { httpErrors } from '../errors.js'

type SignedRequest = Pick<IngressRequest, 'rawHeaders'>

const idPattern = /^[!-~]{1,256}$/
const secondsPattern = /^(?:0|[1-9][0-9]{0,11})$/

/** Errors: http_signature_missing, http_signature_malformed when it comes twice. */
export function neededHeader(request: SignedRequest, name: string): string {
  const value = singleHeader(request, name)
  if (value !== undefined && value !== '') return value
  throw httpErrors.make('http_signature_missing', `the request has no ${name.toLowerCase()}`)
}

/** Undefined when it is not there. Errors: http_signature_malformed when it comes twice. */
export function singleHeader({ rawHeaders }: SignedRequest, name: string): string | undefined {
  const wanted = name.toLowerCase()
  let value: string | undefined
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]!.toLowerCase() !== wanted) continue
    if (value !== undefined) throw malformed(`${wanted} comes twice`)
    value = rawHeaders[at + 1]!.trim()
  }
  return value
}

/** What a sender calls a delivery. Errors: http_signature_malformed. */
export function checkedId(id: string, name: string): string {
  if (idPattern.test(id)) return id
  throw malformed(`${name.toLowerCase()} is not 1 to 256 printable characters without spaces`)
}

/** Whole seconds since the epoch. Errors: http_signature_malformed, http_signature_stale. */
export function checkedSeconds(
  text: string,
  { nowMs, toleranceMs }: { readonly nowMs: number; readonly toleranceMs: number },
): number {
  if (!secondsPattern.test(text)) throw malformed('the time of signing is no number of seconds')
  const seconds = Number(text)
  const awayMs = Math.abs(nowMs - seconds * 1000)
  if (awayMs <= toleranceMs) return seconds
  const message = `the time of signing is ${Math.round(awayMs / 1000)} s away, and may be ${toleranceMs / 1000} s`
  throw httpErrors.make('http_signature_stale', message, { details: { awayMs, toleranceMs } })
}

export function malformed(reason: string): Error {
  return httpErrors.make('http_signature_malformed', reason)
}

export function wrongSignature(): Error {
  return httpErrors.make('http_signature_wrong', 'the signature is not by a secret of the source over what came')
}
