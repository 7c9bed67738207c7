// One bucket, as the lake uses it: a method for each request, errors of ours, credentials that are read again when the
// store calls them expired. Signatures, skew of clocks and retries with jitter are the client's.

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { CreateMultipartUploadCommandInput, S3ClientConfig } from '@aws-sdk/client-s3'
import { areCredentialsStale, failureOf, hasStatus, isNamed } from './failure.js'

/** Behind them the client gives up and the error is ours: about a second of pauses, more where the store asks for it. */
const attemptsOfClient = 4
const connectMs = 10_000
/** Objects of the bookkeeping are some hundred bytes. */
const longestRead = 1024 * 1024
const listedAtOnce = 1000

export interface BucketOptions {
  readonly bucket: string
  /** Undefined: as the environment or the profile says. */
  readonly region: string | undefined
  readonly endpoint: string | undefined
  readonly pathStyle: boolean
  /** Sums go along with every request, or only where the interface demands them. */
  readonly sums: 'always' | 'when-required'
  /** A request on which nothing moves for so long is given up. */
  readonly timeoutMs: number
  /** Connections at most. */
  readonly connections: number
  /** Called when a client is made: afresh each time, so that what was renewed outside is found. */
  credentials(): NonNullable<S3ClientConfig['credentials']>
  /** Ends what is under way. */
  readonly signal: AbortSignal
}

export interface StoredObject {
  readonly bytes: number
  readonly metadata: Readonly<Record<string, string>>
}

export interface ListedObject {
  readonly key: string
  readonly bytes: number
  readonly modifiedMs: number
}

/** How an object is stored, besides its bytes. */
export type ObjectHeaders = Pick<
  CreateMultipartUploadCommandInput,
  | 'CacheControl'
  | 'ContentEncoding'
  | 'ContentType'
  | 'Metadata'
  | 'ServerSideEncryption'
  | 'SSEKMSKeyId'
  | 'StorageClass'
  | 'Tagging'
>

/**
 * Of a put that must not replace anything. taken: something stands there. conflict: somebody writes there at this
 * moment. unknown: the store does not know the condition.
 */
export type PutOutcome = 'done' | 'taken' | 'conflict' | 'unknown'

export interface StartedUpload {
  readonly key: string
  readonly uploadId: string
}

export interface SentPart {
  readonly PartNumber: number
  readonly ETag: string | undefined
  readonly ChecksumCRC32C?: string | undefined
}

/** CRC-32C as the interface writes it: big-endian, base64. */
function crcText(crc: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc)
  return bytes.toString('base64')
}

/** Not `Bucket`: the compiler (7.0) would rename the fields of requests of that name. */
export class LakeBucket {
  readonly name: string
  readonly #options: BucketOptions
  #client: S3Client

  constructor(options: BucketOptions) {
    this.name = options.bucket
    this.#options = options
    this.#client = this.#makeClient(undefined)
  }

  /** Ends requests under way, and the connections. */
  close(): void {
    this.#client.destroy()
  }

  /** Undefined when there is no such object, or no such bucket. */
  async head(key: string): Promise<StoredObject | undefined> {
    try {
      return await this.#headOnce(key)
    } catch (error) {
      if (!hasStatus(error, 400) && !hasStatus(error, 403)) throw this.#failure(error, 's3:GetObject', key)
    }
    // An answer to HEAD has no body that says what is wrong, such as expired credentials. The answer to this has one.
    await this.keys(key, 1)
    try {
      return await this.#headOnce(key)
    } catch (error) {
      throw this.#failure(error, 's3:GetObject', key)
    }
  }

  /** A small object whole; undefined when there is none. */
  async get(key: string): Promise<Buffer | undefined> {
    const command = new GetObjectCommand({ Bucket: this.name, Key: key, Range: `bytes=0-${longestRead - 1}` })
    try {
      const { Body } = await this.#send((client, options) => client.send(command, options))
      return Buffer.from((await Body?.transformToByteArray()) ?? [])
    } catch (error) {
      if (isNamed(error, 'NoSuchKey')) return undefined
      throw this.#failure(error, 's3:GetObject', key)
    }
  }

  /** A whole object, of any size; undefined when there is none. */
  async getWhole(
    key: string,
  ): Promise<{ readonly body: Buffer; readonly metadata: StoredObject['metadata'] } | undefined> {
    const command = new GetObjectCommand({ Bucket: this.name, Key: key })
    try {
      const { Body, Metadata = {} } = await this.#send((client, options) => client.send(command, options))
      return { body: Buffer.from((await Body?.transformToByteArray()) ?? []), metadata: Metadata }
    } catch (error) {
      if (isNamed(error, 'NoSuchKey')) return undefined
      throw this.#failure(error, 's3:GetObject', key)
    }
  }

  /** Replaces what is there. */
  async put(key: string, bytes: Buffer): Promise<void> {
    const command = new PutObjectCommand({ Bucket: this.name, Key: key, Body: bytes, ContentType: 'application/json' })
    await this.#sendOrFail((client, options) => client.send(command, options), 's3:PutObject', key)
  }

  /** `crc`: CRC-32C of the bytes. With `conditional` only where nothing stands. */
  async putNew(
    key: string,
    body: { readonly bytes: Buffer; readonly crc: number },
    headers: ObjectHeaders,
    conditional: boolean,
  ): Promise<PutOutcome> {
    const command = new PutObjectCommand({
      ...headers,
      Bucket: this.name,
      Key: key,
      Body: body.bytes,
      ContentLength: body.bytes.length,
      IfNoneMatch: conditional ? '*' : undefined,
      ChecksumCRC32C: this.#sum(body.crc),
    })
    return this.#conditionally((client, options) => client.send(command, options), key)
  }

  async delete(key: string): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.name, Key: key })
    await this.#sendOrFail((client, options) => client.send(command, options), 's3:DeleteObject', key)
  }

  /** Keys that begin with `prefix`, at most so many. */
  async keys(prefix: string, most: number): Promise<readonly string[]> {
    const found: string[] = []
    for await (const page of this.list(prefix, Math.min(most, listedAtOnce))) {
      for (const { key } of page) found.push(key)
      if (found.length >= most) return found.slice(0, most)
    }
    return found
  }

  /** Objects whose keys begin with `prefix`, in the order of their keys, so many with each request. */
  async *list(prefix: string, atOnce = listedAtOnce): AsyncGenerator<readonly ListedObject[]> {
    let token: string | undefined
    do {
      const command: ListObjectsV2Command = new ListObjectsV2Command({
        Bucket: this.name,
        Prefix: prefix,
        ContinuationToken: token,
        MaxKeys: atOnce,
      })
      const page = await this.#sendOrFail((client, options) => client.send(command, options), 's3:ListBucket')
      yield (page.Contents ?? []).flatMap(({ Key: key, Size: bytes = 0, LastModified }) =>
        key === undefined ? [] : [{ key, bytes, modifiedMs: LastModified?.getTime() ?? 0 }],
      )
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined
    } while (token !== undefined)
  }

  /** `isSure`: the store made one upload at most; otherwise an earlier attempt may have left another one. */
  async startUpload(key: string, headers: ObjectHeaders): Promise<StartedUpload & { readonly isSure: boolean }> {
    const isSummed = this.#options.sums === 'always'
    const command = new CreateMultipartUploadCommand({
      ...headers,
      Bucket: this.name,
      Key: key,
      ChecksumAlgorithm: isSummed ? 'CRC32C' : undefined,
      ChecksumType: isSummed ? 'FULL_OBJECT' : undefined,
    })
    const answer = await this.#sendOrFail((client, options) => client.send(command, options), 's3:PutObject', key)
    if (answer.UploadId === undefined) throw this.#failure(new Error('the answer has no UploadId'), 's3:PutObject', key)
    return { key, uploadId: answer.UploadId, isSure: answer.$metadata.attempts === 1 }
  }

  async sendPart(
    upload: StartedUpload,
    part: { readonly number: number; readonly bytes: Buffer; readonly crc: number },
  ): Promise<SentPart> {
    const { key, uploadId } = upload
    const command = new UploadPartCommand({
      Bucket: this.name,
      Key: key,
      UploadId: uploadId,
      PartNumber: part.number,
      Body: part.bytes,
      ContentLength: part.bytes.length,
      ChecksumCRC32C: this.#sum(part.crc),
    })
    const answer = await this.#sendOrFail((client, options) => client.send(command, options), 's3:PutObject', key)
    return { PartNumber: part.number, ETag: answer.ETag, ChecksumCRC32C: this.#sum(part.crc) }
  }

  /** `crc`: of the whole object. With `conditional` only where nothing stands. */
  async completeUpload(
    { key, uploadId }: StartedUpload,
    parts: readonly SentPart[],
    { bytes, crc }: { readonly bytes: number; readonly crc: number },
    conditional: boolean,
  ): Promise<PutOutcome> {
    const sum = this.#sum(crc)
    const command = new CompleteMultipartUploadCommand({
      Bucket: this.name,
      Key: key,
      UploadId: uploadId,
      MultipartUpload: { Parts: [...parts] },
      IfNoneMatch: conditional ? '*' : undefined,
      MpuObjectSize: sum === undefined ? undefined : bytes,
      ChecksumCRC32C: sum,
      ChecksumType: sum === undefined ? undefined : 'FULL_OBJECT',
    })
    return this.#conditionally((client, options) => client.send(command, options), key)
  }

  /** One that is gone is fine. */
  async abortUpload({ key, uploadId }: StartedUpload): Promise<void> {
    const command = new AbortMultipartUploadCommand({ Bucket: this.name, Key: key, UploadId: uploadId })
    try {
      await this.#send((client, options) => client.send(command, options))
    } catch (error) {
      if (!hasStatus(error, 404)) throw this.#failure(error, 's3:AbortMultipartUpload', key)
    }
  }

  /** Uploads under way of keys that begin with `prefix`. */
  async uploads(prefix: string): Promise<readonly StartedUpload[]> {
    const found: StartedUpload[] = []
    let markers: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {}
    while (markers !== undefined) {
      const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
        Bucket: this.name,
        Prefix: prefix,
        ...markers,
      })
      const page = await this.#sendOrFail(
        (client, options) => client.send(command, options),
        's3:ListBucketMultipartUploads',
      )
      for (const { Key: key, UploadId: uploadId } of page.Uploads ?? []) {
        if (key !== undefined && uploadId !== undefined) found.push({ key, uploadId })
      }
      const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page
      // Without a marker the next page would be the first one again.
      markers = page.IsTruncated === true && KeyMarker !== undefined ? { KeyMarker, UploadIdMarker } : undefined
    }
    return found
  }

  async #headOnce(key: string): Promise<StoredObject | undefined> {
    const command = new HeadObjectCommand({ Bucket: this.name, Key: key })
    try {
      const { ContentLength = 0, Metadata = {} } = await this.#send((client, options) => client.send(command, options))
      return { bytes: ContentLength, metadata: Metadata }
    } catch (error) {
      if (hasStatus(error, 404)) return undefined
      throw error
    }
  }

  async #conditionally(send: Sending<unknown>, key: string): Promise<PutOutcome> {
    try {
      await this.#send(send)
      return 'done'
    } catch (error) {
      if (hasStatus(error, 412)) return 'taken'
      if (isNamed(error, 'ConditionalRequestConflict', 'NoSuchUpload')) return 'conflict'
      if (hasStatus(error, 501)) return 'unknown'
      throw this.#failure(error, 's3:PutObject', key)
    }
  }

  async #sendOrFail<Answer>(send: Sending<Answer>, action: string, key?: string): Promise<Answer> {
    try {
      return await this.#send(send)
    } catch (error) {
      throw this.#failure(error, action, key)
    }
  }

  /** Once more with fresh credentials when the store calls those at hand expired. */
  async #send<Answer>(send: Sending<Answer>): Promise<Answer> {
    const client = this.#client
    const options = { abortSignal: this.#options.signal }
    try {
      return await send(client, options)
    } catch (error) {
      if (!areCredentialsStale(error)) throw error
      // Of several requests that fail at once the first makes the client.
      if (this.#client === client) this.#client = this.#makeClient(client)
      return send(this.#client, options)
    }
  }

  /** A client in place of another one takes over its connections. */
  #makeClient(former: S3Client | undefined): S3Client {
    const { region, endpoint, pathStyle, sums, timeoutMs, connections, credentials } = this.#options
    const checksums = sums === 'always' ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED'
    const agent = { keepAlive: true, maxSockets: connections }
    return new S3Client({
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      forcePathStyle: pathStyle,
      credentials: credentials(),
      maxAttempts: attemptsOfClient,
      retryMode: 'standard',
      requestChecksumCalculation: checksums,
      responseChecksumValidation: checksums,
      requestHandler: former?.config.requestHandler ?? {
        connectionTimeout: connectMs,
        socketTimeout: timeoutMs,
        httpAgent: agent,
        httpsAgent: agent,
      },
    })
  }

  #sum(crc: number): string | undefined {
    return this.#options.sums === 'always' ? crcText(crc) : undefined
  }

  #failure(error: unknown, action: string, key?: string): unknown {
    const { endpoint, region } = this.#options
    return failureOf(error, { action, bucket: this.name, key, endpoint, region })
  }
}

type Sending<Answer> = (client: S3Client, options: { readonly abortSignal: AbortSignal }) => Promise<Answer>
