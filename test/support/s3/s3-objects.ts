// What the store holds: objects and uploads of one bucket, and how S3 says that they behave.

import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { crc32c } from '../../../core/bytes/crc32c.js'
import type { Call } from './s3-answer.js'
import { Refusal } from './s3-answer.js'

export interface StoredHeaders {
  readonly [name: string]: string
}

export interface S3Object {
  readonly bytes: Buffer
  readonly etag: string
  /** What a reader is answered with: content type, metadata, encryption, class, tags. */
  readonly headers: StoredHeaders
  readonly modifiedMs: number
}

export interface S3Part {
  readonly bytes: Buffer
  readonly etag: string
}

export interface S3Upload {
  readonly key: string
  readonly uploadId: string
  readonly headers: StoredHeaders
  readonly startedMs: number
  readonly parts: Map<number, S3Part>
}

export interface S3Bucket {
  readonly name: string
  readonly region: string
  readonly objects: Map<string, S3Object>
  readonly uploads: Map<string, S3Upload>
}

const keptHeaders =
  /^(content-type|content-encoding|cache-control|x-amz-meta-.+|x-amz-storage-class|x-amz-server-side-encryption.*|x-amz-tagging)$/

/** The headers of a put that stay with the object; `aws-chunked` is of the request alone. */
export function keptOf({ headers }: Call): StoredHeaders {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string' || !keptHeaders.test(name)) continue
    const shown = name === 'content-encoding' ? value.replace(/,?\s*aws-chunked/, '') : value
    if (shown !== '') kept[name] = shown
  }
  return kept
}

export function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`
}

/** Holds the body against whatever sums came along, in the headers or behind the body. */
export function checkSums({ headers, trailers }: Call, body: Buffer): void {
  const sent = { ...headers, ...trailers }
  const md5 = sent['content-md5']
  if (md5 !== undefined && createHash('md5').update(body).digest('base64') !== md5) throw badDigest('MD5')
  const sums = { crc32: () => crc32(body), crc32c: () => crc32c(body, 0, body.length) }
  for (const [name, sum] of Object.entries(sums)) {
    const given = sent[`x-amz-checksum-${name}`]
    if (given !== undefined && base64Of(sum()) !== given) throw badDigest(name.toUpperCase())
  }
}

function badDigest(name: string): Refusal {
  return new Refusal(400, 'BadDigest', `The ${name} you specified did not match the calculated checksum.`)
}

function base64Of(sum: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(sum)
  return bytes.toString('base64')
}
