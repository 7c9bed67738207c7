// An object store of our own for tests: the part of S3's interface that the lake uses, over HTTP, with signatures that are
// checked, conditional puts, and regions. What it answers follows the API reference of Amazon S3; the parts that s3rver
// knows are held against it (s3-server.test.ts). It keeps everything in memory.
//
// `intercept` stands in front of every request and may answer, delay or cut it, before or behind its effect.

import http from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeChunks } from './chunked-body.js'
import { bucketActions } from './s3-actions.js'
import type { StoreRules } from './s3-actions.js'
import type { Action, Answer, Call } from './s3-answer.js'
import { Refusal } from './s3-answer.js'
import type { S3Bucket } from './s3-objects.js'
import { xmlDocument } from './s3-xml.js'
import { checkSignature } from './sigv4.js'
import type { Identity } from './sigv4.js'

const mostBodyBytes = 64 * 1024 * 1024

/** What happens to a request in place of, or besides, what it asks for. */
export type Interception =
  /** The connection is cut: while the body comes, before anything happens, or when it has happened. */
  | { readonly what: 'cut'; readonly when: 'amid-body' | 'before' | 'after' }
  | {
      readonly what: 'refuse'
      readonly status: number
      readonly code: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** 200 with an error in the body, as completions are answered that fail late. */
  | { readonly what: 'error-in-200'; readonly code: string }
  | { readonly what: 'delay'; readonly ms: number }
  /** Whole here, and not looked at before the promise that this gives is resolved, whether its sender lives or not. */
  | { readonly what: 'hold'; readonly until: () => Promise<void> }

export interface Asked {
  readonly action: Action
  readonly bucket: string
  readonly key: string
  /** Of all requests, from one. */
  readonly number: number
}

export type Interceptor = (asked: Asked) => Interception | undefined | Promise<Interception | undefined>

export interface S3ServerOptions {
  readonly knowsConditions?: boolean
  readonly fewestPartBytes?: number
  readonly port?: number
}

export class S3Server {
  readonly buckets = new Map<string, S3Bucket>()
  readonly identities = new Map<string, Identity>([['tailrace', { secret: 'a secret' }]])
  /** Actions that nobody may do. */
  readonly denied = new Set<Action>()
  /** How far its clock goes ahead. */
  clockAheadMs = 0
  intercept: Interceptor | undefined
  /** Sees every request that gets as far as being performed. */
  observe: ((call: Call) => void) | undefined
  /** Every request that was read, in order. */
  readonly asked: Asked[] = []
  readonly #rules: StoreRules
  readonly #server: http.Server
  #count = 0

  private constructor({ knowsConditions = true, fewestPartBytes = 5 * 1024 * 1024 }: S3ServerOptions) {
    this.#rules = { knowsConditions, fewestPartBytes, now: () => this.#now() }
    this.#server = http.createServer((request, response) => void this.#serve(request, response))
    this.#server.keepAliveTimeout = 60_000
  }

  static async open(options: S3ServerOptions = {}): Promise<S3Server> {
    const server = new S3Server(options)
    await server.listen(options.port ?? 0)
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', resolve)
    })
  }

  /** Away until `listen`; what it holds stays. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  addBucket(name: string, region = 'us-east-1'): S3Bucket {
    const bucket = { name, region, objects: new Map(), uploads: new Map() }
    this.buckets.set(name, bucket)
    return bucket
  }

  #now(): number {
    return Date.now() + this.clockAheadMs
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = this.#readTarget(request)
    this.asked.push(asked)
    try {
      const interception = await this.intercept?.(asked)
      if (interception?.what === 'delay') await sleep(interception.ms)
      const cut = interception?.what === 'cut' ? interception.when : undefined
      if (cut === 'amid-body') return await cutAmidBody(request)
      const body = await readBody(request)
      if (interception?.what === 'hold') await interception.until()
      const answer = cut === 'before' ? undefined : this.#answer(request, body, asked, interception)
      if (cut === undefined && answer !== undefined) this.#send(response, asked.action, answer)
      else request.socket.destroy()
    } catch (error) {
      if (!response.headersSent) this.#send(response, asked.action, { status: 500, body: String(error) })
    }
  }

  #answer(request: IncomingMessage, body: Buffer, asked: Asked, interception: Interception | undefined): Answer {
    try {
      if (interception?.what === 'refuse') {
        const { status, code, headers = {} } = interception
        throw new Refusal(status, code, 'Injected.', { headers })
      }
      if (interception?.what === 'error-in-200') {
        return { status: 200, body: `\n${xmlDocument('Error', { Code: interception.code, Message: 'Injected.' })}` }
      }
      return this.#perform(request, body, asked)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { status, code, message, fields, headers } = error
      return { status, headers, body: xmlDocument('Error', { Code: code, Message: message, ...fields }) }
    }
  }

  #perform(request: IncomingMessage, encoded: Buffer, { action, bucket: name, key }: Asked): Answer {
    const { method = '', url: target = '', headers } = request
    const signature = checkSignature({ method, target, headers, body: encoded }, this.identities, this.#now())
    if (this.denied.has(action)) throw new Refusal(403, 'AccessDenied', 'Access Denied')
    const isChunked = String(headers['x-amz-content-sha256']).startsWith('STREAMING-')
    const { body, trailers } = isChunked ? decodeChunks(encoded) : { body: encoded, trailers: {} }
    const query = new URL(target, 'http://s3').searchParams
    const call: Call = { action, method, bucket: name, key, query, headers, body, trailers }
    this.observe?.(call)
    if (action === 'ListBuckets') return this.#listBuckets()
    if (action === 'CreateBucket') {
      this.addBucket(name, signature.region)
      return { status: 200, headers: { location: `/${name}` } }
    }
    const bucket = this.buckets.get(name)
    if (bucket === undefined) {
      throw new Refusal(404, 'NoSuchBucket', 'The specified bucket does not exist', { fields: { BucketName: name } })
    }
    checkRegion(bucket, signature.region)
    if (action === 'DeleteBucket') {
      this.buckets.delete(name)
      return { status: 204 }
    }
    return bucketActions[action](call, bucket, this.#rules)
  }

  #listBuckets(): Answer {
    const Bucket = [...this.buckets.keys()].map((Name) => ({ Name, CreationDate: new Date(0).toISOString() }))
    return { status: 200, body: xmlDocument('ListAllMyBucketsResult', { Buckets: { Bucket } }) }
  }

  #send(response: ServerResponse, action: Action, { status, headers = {}, body = '' }: Answer): void {
    const isHead = action === 'HeadObject' || action === 'HeadBucket'
    const isBare = isHead && status >= 300
    response.writeHead(status, {
      'x-amz-request-id': `request-${this.#count}`,
      date: new Date(this.#now()).toUTCString(),
      'content-length': isBare ? 0 : Buffer.byteLength(body),
      ...(typeof body === 'string' && body !== '' ? { 'content-type': 'application/xml' } : {}),
      ...headers,
    })
    response.end(isHead ? undefined : body)
  }

  /** Path style, or the bucket before the host. */
  #readTarget(request: IncomingMessage): Asked {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://s3')
    const host = (request.headers.host ?? '').replace(/:\d+$/, '')
    const isAddress = /^[\d.]+$/.test(host) || host === 'localhost'
    const fromHost = isAddress ? undefined : host.split('.')[0]
    const [first = '', ...rest] = pathname.slice(1).split('/').map(decodeURIComponent)
    const bucket = fromHost ?? first
    const key = fromHost === undefined ? rest.join('/') : [first, ...rest].join('/')
    const action = actionOf(request.method ?? '', { bucket, key }, searchParams)
    return { action, bucket, key, number: ++this.#count }
  }
}

function actionOf(method: string, { bucket, key }: { bucket: string; key: string }, query: URLSearchParams): Action {
  if (bucket === '') return 'ListBuckets'
  if (key === '') {
    if (method === 'PUT') return 'CreateBucket'
    if (method === 'DELETE') return 'DeleteBucket'
    if (method === 'HEAD') return 'HeadBucket'
    return query.has('uploads') ? 'ListMultipartUploads' : 'ListObjectsV2'
  }
  const hasUpload = query.has('uploadId')
  if (method === 'POST') return hasUpload ? 'CompleteMultipartUpload' : 'CreateMultipartUpload'
  if (method === 'PUT') return hasUpload ? 'UploadPart' : 'PutObject'
  if (method === 'DELETE') return hasUpload ? 'AbortMultipartUpload' : 'DeleteObject'
  if (method === 'HEAD') return 'HeadObject'
  return hasUpload ? 'ListParts' : 'GetObject'
}

/** As Amazon answers at the endpoint of a region in which the bucket does not lie. */
function checkRegion({ region }: S3Bucket, signed: string): void {
  if (region === signed) return
  throw new Refusal(
    400,
    'AuthorizationHeaderMalformed',
    `The authorization header is malformed; the region '${signed}' is wrong; expecting '${region}'`,
    { fields: { Region: region }, headers: { 'x-amz-bucket-region': region } },
  )
}

async function cutAmidBody(request: IncomingMessage): Promise<void> {
  for await (const _ of request) break
  request.socket.destroy()
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostBodyBytes) throw new Refusal(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
