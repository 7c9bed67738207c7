// Checks AWS Signature Version 4 of a request ("Authenticating Requests (AWS Signature Version 4)" of the API reference
// of Amazon S3), written from its text and sharing nothing with the client.

import { createHash, createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Refusal } from './s3-answer.js'

const mostSkewMs = 15 * 60_000

export interface Identity {
  readonly secret: string
  readonly token?: string
  isExpired?: boolean
}

export interface SignedRequest {
  readonly method: string
  /** As it stood in the request line. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  /** As it came, before any decoding. */
  readonly body: Buffer
}

export interface Signature {
  readonly accessKey: string
  readonly region: string
}

/** Who signed, and for which region. Throws the refusal otherwise. */
export function checkSignature(
  request: SignedRequest,
  identities: ReadonlyMap<string, Identity>,
  nowMs: number,
): Signature {
  const { headers } = request
  const authorization = headers.authorization ?? ''
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})$/.exec(
      authorization,
    )
  if (match === null) throw new Refusal(403, 'AccessDenied', 'Access Denied')
  const [, accessKey = '', day = '', region = '', signedHeaders = '', signature = ''] = match
  const identity = identities.get(accessKey)
  if (identity === undefined) {
    throw new Refusal(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.')
  }
  const stamp = String(headers['x-amz-date'])
  checkTime(stamp, nowMs)
  const payload = String(headers['x-amz-content-sha256'])
  if (/^[0-9a-f]{64}$/.test(payload) && sha256(request.body) !== payload) {
    throw new Refusal(400, 'XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match.")
  }
  const scope = `${day}/${region}/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical(request, signedHeaders, payload))].join('\n')
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer | string>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${identity.secret}`,
  )
  if (createHmac('sha256', key).update(text).digest('hex') !== signature) {
    throw new Refusal(403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match.')
  }
  checkToken(identity, headers['x-amz-security-token'])
  return { accessKey, region }
}

function canonical({ method, target, headers }: SignedRequest, signedHeaders: string, payload: string): string {
  const [path = '', query = ''] = target.split('?')
  const pairs = query === '' ? [] : query.split('&').map((pair) => (pair.includes('=') ? pair : `${pair}=`))
  const lines = signedHeaders.split(';').map(
    (name) =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replace(/ +/g, ' ')}\n`,
  )
  return [method, path, pairs.sort().join('&'), lines.join(''), signedHeaders, payload].join('\n')
}

function checkTime(stamp: string, nowMs: number): void {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp)
  if (match === null) throw new Refusal(403, 'AccessDenied', 'AWS authentication requires a valid date.')
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const askedMs = Date.UTC(year, month - 1, day, hour, minute, second)
  if (Math.abs(askedMs - nowMs) <= mostSkewMs) return
  throw new Refusal(
    403,
    'RequestTimeTooSkewed',
    'The difference between the request time and the server time is too large.',
    {
      fields: {
        RequestTime: stamp,
        ServerTime: new Date(nowMs).toISOString(),
        MaxAllowedSkewMilliseconds: `${mostSkewMs}`,
      },
    },
  )
}

function checkToken({ token, isExpired }: Identity, given: string | readonly string[] | undefined): void {
  if (isExpired === true) throw new Refusal(400, 'ExpiredToken', 'The provided token has expired.')
  if (token !== given) throw new Refusal(403, 'InvalidToken', 'The provided token is malformed or otherwise invalid.')
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
