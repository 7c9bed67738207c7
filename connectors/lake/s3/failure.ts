// What the client of the store throws, as errors of ours: by the name and the status of the answer, or by the code of
// the system when there was none. Names: "Error responses" of the API reference of Amazon S3.

import { messageOf, TailraceError } from '../../../core/errors/tailrace-error.js'
import { s3Errors } from './errors.js'

type S3Code = keyof typeof s3Errors.table

/** What was asked for, for messages. */
export interface Attempt {
  /** As policies name it: `s3:PutObject`. */
  readonly action: string
  readonly bucket: string
  readonly key?: string | undefined
  readonly endpoint: string | undefined
  readonly region: string | undefined
}

/** The parts of an error of the client that say what happened; any may be missing. */
interface ClientError {
  readonly name: string
  readonly message: string
  readonly code: string | undefined
  readonly status: number | undefined
  readonly requestId: string | undefined
  /** Where the bucket lies, when the answer says it. */
  readonly bucketRegion: string | undefined
}

const codesByName: Readonly<Record<string, S3Code>> = {
  NoSuchBucket: 's3_bucket_missing',
  PermanentRedirect: 's3_region_wrong',
  TemporaryRedirect: 's3_region_wrong',
  AuthorizationHeaderMalformed: 's3_region_wrong',
  IllegalLocationConstraintException: 's3_region_wrong',
  AccessDenied: 's3_denied',
  AllAccessDisabled: 's3_denied',
  AccountProblem: 's3_denied',
  InvalidAccessKeyId: 's3_credentials_refused',
  SignatureDoesNotMatch: 's3_credentials_refused',
  ExpiredToken: 's3_credentials_expired',
  ExpiredTokenException: 's3_credentials_expired',
  InvalidToken: 's3_credentials_expired',
  TokenRefreshRequired: 's3_credentials_expired',
  CredentialsProviderError: 's3_credentials_missing',
  RequestTimeTooSkewed: 's3_clock_skewed',
  RequestTimeout: 's3_unreachable',
  TimeoutError: 's3_unreachable',
  SlowDown: 's3_busy',
  OperationAborted: 's3_busy',
  NotImplemented: 's3_refused',
  IncompleteBody: 's3_busy',
  BadDigest: 's3_bytes_changed',
  InvalidDigest: 's3_bytes_changed',
  XAmzContentChecksumMismatch: 's3_bytes_changed',
  XAmzContentSHA256Mismatch: 's3_bytes_changed',
}

const networkCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ECONNABORTED',
  'EHOSTDOWN',
  'ENETDOWN',
])

/** The answer has this status, whatever it is called. */
export function hasStatus(error: unknown, status: number): boolean {
  return readError(error).status === status
}

export function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return names.includes(readError(error).name)
}

/** Fresh credentials may help: these are known to have been good once. */
export function areCredentialsStale(error: unknown): boolean {
  return codesByName[readError(error).name] === 's3_credentials_expired'
}

/** The error of ours; one that is ours already, or the end of the run, stays as it is. */
export function failureOf(error: unknown, attempt: Attempt): unknown {
  if (error instanceof TailraceError) return error
  const found = readError(error)
  if (found.name === 'AbortError') return error
  const code = codeOf(found, attempt)
  const { action, bucket, key, endpoint } = attempt
  const { status, requestId, bucketRegion } = found
  return s3Errors.make(code, describe(code, found, attempt), {
    cause: error,
    details: { action, bucket, key, endpoint, status, answer: found.name, requestId, bucketRegion },
  })
}

function codeOf({ name, code, status, bucketRegion, message }: ClientError, attempt: Attempt): S3Code {
  const named = codesByName[name]
  if (named !== undefined) return named
  if (bucketRegion !== undefined && bucketRegion !== attempt.region) return 's3_region_wrong'
  if (status === undefined) {
    if (code !== undefined && networkCodes.has(code)) return 's3_unreachable'
    return message.startsWith('Region is missing') ? 's3_region_missing' : 's3_refused'
  }
  if (status === 301 || status === 307) return 's3_region_wrong'
  if (status === 401 || status === 403) return 's3_denied'
  // It asks for what it does not know, now and later.
  if (status === 501) return 's3_refused'
  // An answer that says yes and cannot be read was cut, or put together by something on the way.
  const passes = status < 300 || status === 408 || status === 429 || status >= 500
  return passes ? 's3_busy' : 's3_refused'
}

function describe(code: S3Code, found: ClientError, attempt: Attempt): string {
  const { action, bucket, key, endpoint, region } = attempt
  const where = `s3://${bucket}${key === undefined ? '' : `/${key}`}`
  const store = endpoint === undefined ? '' : ` at ${endpoint}`
  if (code === 's3_region_wrong' && found.bucketRegion !== undefined) {
    return `the bucket ${bucket} lies in ${found.bucketRegion}; the sink asked ${region ?? 'its default region'}`
  }
  if (code === 's3_bucket_missing') return `there is no bucket ${bucket}${store}`
  const status = found.status === undefined ? '' : `${found.status} `
  return `${action} on ${where}${store}: ${status}${found.code ?? found.name}: ${found.message}`
}

function readError(error: unknown): ClientError {
  const fields = (typeof error === 'object' && error !== null ? error : {}) as Readonly<Record<string, unknown>>
  const metadata = (fields['$metadata'] ?? {}) as { httpStatusCode?: number; requestId?: string }
  const response = fields['$response'] as { headers?: Readonly<Record<string, string>> } | undefined
  return {
    name: text(fields['name']) ?? 'Error',
    message: messageOf(error),
    code: text(fields['code']),
    status: metadata.httpStatusCode,
    requestId: metadata.requestId,
    bucketRegion: text(fields['Region']) ?? response?.headers?.['x-amz-bucket-region'],
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
