// Zstandard frames (RFC 8878): by node:zlib where it has them (Node 22.15 and later), else by the reference
// implementation in WebAssembly, which must be loaded before it is used.
//
//   magic u32 0xfd2fb528 · descriptor u8 · [window u8] · [dictionary id] · [content size, little endian]
//   blocks: u24 (bit 0 last, bits 1 and 2 type, then size) · bytes, a single one for a block that repeats it (type 1)
//
// Header and length are judged here, before either sees the frame: its window and its content size are memory that it
// asks for, and node:zlib passes over an end that is missing.

import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import { invariant } from '../errors/invariant.js'
import { recordErrors } from './errors.js'

/** As node:zlib has it from Node 22.15 on. */
interface NativeZstd {
  readonly zstdCompressSync?: (bytes: Buffer) => Buffer
  readonly zstdCompress?: (
    bytes: Buffer,
    options: { readonly params: Readonly<Record<number, number>> },
    done: (error: Error | null, frame: Buffer) => void,
  ) => void
  readonly zstdDecompressSync?: (bytes: Buffer, limits: { maxOutputLength: number }) => Buffer
}

/** As @bokuweb/zstd-wasm has it; `init` comes first. */
interface PortableZstd {
  init(): Promise<void>
  compress(bytes: Buffer, level?: number): Uint8Array
  /** `defaultHeapSize` is the most that a frame without a content size may give. */
  decompress(bytes: Buffer, limits: { defaultHeapSize: number }): Uint8Array
}

/** The types of Node 20 do not name them. */
const native = zlib as object as NativeZstd
let portable: PortableZstd | undefined

/** ZSTD_c_compressionLevel of the reference implementation's zstd.h. */
const compressionLevelParameter = 100
const frameMagic = 0xfd2fb528
const singleSegmentBit = 0x20
const reservedBit = 0x08
const checksumBit = 0x04
const dictionaryMask = 0x03
const contentSizeBytes = [0, 2, 4, 8] as const

/**
 * Loads what compresses and opens zstd; at once where Node has it. Every engine awaits it when it opens, so that who
 * has batches can read them.
 */
export async function prepareZstd(): Promise<void> {
  if (native.zstdDecompressSync !== undefined || portable !== undefined) return
  const loaded = createRequire(import.meta.url)('@bokuweb/zstd-wasm') as PortableZstd
  await loaded.init()
  portable = loaded
}

/** Opens one frame. Throws on damage, and when it is more than `maxBytes`. */
export function zstdDecompress(bytes: Buffer, maxBytes: number): Buffer {
  checkFrame(bytes, maxBytes)
  if (native.zstdDecompressSync !== undefined) return native.zstdDecompressSync(bytes, { maxOutputLength: maxBytes })
  invariant(portable !== undefined, 'a zstd frame was to be opened before zstd was prepared')
  return asBuffer(portable.decompress(bytes, { defaultHeapSize: maxBytes }))
}

/** One frame, at the default level. */
export function zstdCompress(bytes: Buffer): Buffer {
  if (native.zstdCompressSync !== undefined) return native.zstdCompressSync(bytes)
  invariant(portable !== undefined, 'zstd was to compress before it was prepared')
  return asBuffer(portable.compress(bytes))
}

/** One frame, at a level of 1 to 19; in a thread of Node's pool where Node has zstd. The caller leaves the bytes alone. */
export function zstdCompressAside(bytes: Buffer, level: number): Promise<Buffer> {
  const { zstdCompress: compress } = native
  if (compress === undefined) {
    invariant(portable !== undefined, 'zstd was to compress before it was prepared')
    return Promise.resolve(asBuffer(portable.compress(bytes, level)))
  }
  const options = { params: { [compressionLevelParameter]: level } }
  return new Promise((resolve, reject) => {
    compress(bytes, options, (error, frame) => (error === null ? resolve(frame) : reject(error)))
  })
}

function checkFrame(bytes: Buffer, maxBytes: number): void {
  const end = zstdFrameEnd(bytes, maxBytes)
  if (end !== bytes.length) throw damaged(`its blocks end at byte ${end} of ${bytes.length}`)
}

/** Where the frame ends that the bytes begin with: beyond them when it is cut off. Throws as `zstdDecompress` does. */
export function zstdFrameEnd(bytes: Buffer, maxBytes: number): number {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== frameMagic) throw damaged('no frame begins')
  const descriptor = bytes[4]!
  const isSingleSegment = (descriptor & singleSegmentBit) !== 0
  if ((descriptor & reservedBit) !== 0) throw damaged('unknown flags')
  if ((descriptor & dictionaryMask) !== 0) throw damaged('it needs a dictionary')
  const windowBytes = isSingleSegment ? 0 : windowOf(bytes[5]!)
  if (windowBytes > maxBytes) throw damaged(`its window takes ${windowBytes} bytes, ${maxBytes} are allowed`)
  const sizeClass = descriptor >>> 6
  const sizeAt = isSingleSegment ? 5 : 6
  const sizeBytes = sizeClass === 0 && isSingleSegment ? 1 : contentSizeBytes[sizeClass]!
  if (bytes.length < sizeAt + sizeBytes) throw damaged('its header is cut off')
  const contentBytes = contentSize(bytes, sizeAt, sizeBytes)
  if (contentBytes > maxBytes) throw damaged(`it states ${contentBytes} bytes, ${maxBytes} are allowed`)
  return endOfBlocks(bytes, sizeAt + sizeBytes) + ((descriptor & checksumBit) === 0 ? 0 : 4)
}

/** RFC 8878, 3.1.1.2; beyond the bytes when one of them is cut off. */
function endOfBlocks(bytes: Buffer, firstAt: number): number {
  const repeated = 1
  for (let at = firstAt; ; ) {
    if (at + 3 > bytes.length) return at + 3
    const header = bytes.readUIntLE(at, 3)
    at += 3 + (((header >>> 1) & 3) === repeated ? 1 : header >>> 3)
    if ((header & 1) !== 0) return at
  }
}

/** RFC 8878, 3.1.1.1.2. */
function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3))
  return base + (base / 8) * (descriptor & 7)
}

/** RFC 8878, 3.1.1.1.4; 0 when the header states none. */
function contentSize(bytes: Buffer, at: number, sizeBytes: number): number {
  if (sizeBytes === 0) return 0
  if (sizeBytes === 8) return bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at)
  // Two bytes begin where one byte ends.
  return bytes.readUIntLE(at, sizeBytes) + (sizeBytes === 2 ? 256 : 0)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function damaged(what: string): Error {
  return recordErrors.make('decompression_failed', `a zstd frame is refused: ${what}`, { details: { codec: 'zstd' } })
}
