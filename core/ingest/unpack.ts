// Opens a packed body: gzip (RFC 1952, several members too), deflate (RFC 1950, and bare RFC 1951 as some send it) and
// zstd (RFC 8878, one frame).
//
// What comes out is counted while it comes: at the limit the rest is not opened. A packed body that ends early, or goes
// on behind its end, is damaged: a part of it would be taken for the whole.

import { createGunzip, createInflate, createInflateRaw, type Gunzip, type Inflate, type InflateRaw } from 'node:zlib'
import { ingressErrors } from '../connector/errors.js'
import type { BodyLimits } from '../connector/ingress.js'
import { messageOf } from '../errors/tailrace-error.js'
import { zstdDecompress } from '../record/zstd.js'

export type Encoding = 'gzip' | 'deflate' | 'zstd'

const chunkBytes = 64 * 1024

/** So much may come out of any body, however small it is: a short text repeats itself more than a long one. */
const freeOfRatioBytes = 1024 * 1024

/** What the header names; undefined for none. Errors: body_encoding_unknown. */
export function encodingOf(header: string | undefined): Encoding | undefined {
  if (header === undefined) return undefined
  const name = header.trim().toLowerCase()
  if (name === '' || name === 'identity') return undefined
  if (name === 'gzip' || name === 'x-gzip') return 'gzip'
  if (name === 'deflate' || name === 'zstd') return name
  throw ingressErrors.make('body_encoding_unknown', 'the body is packed in another way than gzip, deflate or zstd')
}

/** The window that every decoder has to take (RFC 8878, section 3.1.1.1.2). */
const zstdWindowBytes = 8 * 1024 * 1024

export interface Unpacking {
  readonly encoding: Encoding
  readonly packed: Buffer
  readonly limits: BodyLimits
  /** Asked for the memory of what comes out; false ends it. */
  readonly reserve: (bytes: number) => boolean
}

/** In memory of its own. Errors: body_damaged, body_too_large, ingest_memory_full. */
export async function unpack(unpacking: Unpacking): Promise<Buffer> {
  const { encoding, packed, limits } = unpacking
  if (packed.length === 0) throw ingressErrors.make('body_damaged', `a body of ${encoding} has no bytes`)
  const byRatio = Math.max(freeOfRatioBytes, packed.length * limits.maxRatio)
  const mostBytes = Math.min(limits.maxBytes, byRatio)
  if (encoding === 'zstd') return unpackZstd(unpacking, mostBytes)
  if (encoding === 'gzip') return unpackStream(createGunzip({ chunkSize: chunkBytes }), unpacking, mostBytes)
  const stream = hasZlibHeader(packed)
    ? createInflate({ chunkSize: chunkBytes })
    : createInflateRaw({ chunkSize: chunkBytes })
  return unpackStream(stream, unpacking, mostBytes)
}

/** RFC 1950, section 2.2: method 8, and both bytes together a multiple of 31. */
function hasZlibHeader(packed: Buffer): boolean {
  return packed.length >= 2 && (packed[0]! & 0x0f) === 8 && packed.readUInt16BE(0) % 31 === 0
}

function unpackStream(
  stream: Gunzip | Inflate | InflateRaw,
  { encoding, packed, reserve }: Unpacking,
  mostBytes: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const end = (error: Error): void => {
      stream.destroy()
      reject(error)
    }
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > mostBytes) end(tooLarge(packed, mostBytes))
      else if (reserve(chunk.length)) chunks.push(chunk)
      else end(memoryFull())
    })
    stream.on('end', () => {
      if (stream.bytesWritten === packed.length) resolve(Buffer.concat(chunks, bytes))
      else end(damaged(encoding, `it ends at byte ${stream.bytesWritten} of ${packed.length}`))
    })
    stream.on('error', (error) => end(damaged(encoding, messageOf(error))))
    stream.end(packed)
  })
}

/**
 * All at once, since the decoder knows no streams: what may come out is counted before, and what did not is given back.
 * Senders that stream state a window that has nothing to do with how much they send.
 */
function unpackZstd({ packed, limits, reserve }: Unpacking, mostBytes: number): Buffer {
  const openBytes = Math.max(limits.maxBytes, zstdWindowBytes)
  if (!reserve(openBytes)) throw memoryFull()
  let bytes: Buffer
  try {
    bytes = zstdDecompress(packed, openBytes)
  } catch (error) {
    throw damaged('zstd', messageOf(error))
  }
  if (bytes.length > mostBytes) throw tooLarge(packed, mostBytes)
  reserve(bytes.length - openBytes)
  return bytes
}

function tooLarge(packed: Buffer, mostBytes: number): Error {
  const message = `more than ${mostBytes} bytes come out of a body of ${packed.length}`
  return ingressErrors.make('body_too_large', message, { details: { packedBytes: packed.length, mostBytes } })
}

function memoryFull(): Error {
  return ingressErrors.make('ingest_memory_full', 'there is no memory for what comes out of the body')
}

function damaged(encoding: Encoding, reason: string): Error {
  return ingressErrors.make('body_damaged', `the body does not unpack as ${encoding}: ${reason}`)
}
