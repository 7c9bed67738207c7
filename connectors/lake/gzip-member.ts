// One gzip member (RFC 1952) made of blocks that are deflated one by one: each starts with an empty window and ends
// at a byte (a full flush, as pigz makes it), so they can be laid one behind the other. There is no stream that could
// be half done: a block that could not be written is deflated again.
//
//   1f 8b 08 00 00000000 00 ff | deflated blocks | 03 00 (an empty last block) | CRC-32 u32 | bytes u32, little endian

import { constants, crc32, deflateRaw } from 'node:zlib'
import type { BlockCompressor } from './block-compressor.js'

const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
const lastBlock = Buffer.from([0x03, 0x00])

export class GzipMember implements BlockCompressor {
  readonly #level: number
  #crc = 0
  #contentBytes = 0

  constructor(level: number) {
    this.#level = level
  }

  /** The bytes that stand for the block in the file; with the header for the first. Counts nothing yet. */
  async packed(block: Buffer): Promise<Buffer> {
    const body = await deflateBlock(block, this.#level)
    return this.#contentBytes === 0 ? Buffer.concat([header, body]) : body
  }

  /** The block, which is not empty, has been written. */
  wrote(block: Buffer): void {
    this.#crc = crc32(block, this.#crc)
    this.#contentBytes += block.length
  }

  /** What ends the member. */
  trailer(): Buffer {
    const sums = Buffer.alloc(8)
    sums.writeUInt32LE(this.#crc, 0)
    sums.writeUInt32LE(this.#contentBytes % 2 ** 32, 4)
    return Buffer.concat([lastBlock, sums])
  }
}

/** In a thread of Node's pool: a block takes milliseconds. */
function deflateBlock(block: Buffer, level: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    deflateRaw(block, { level, finishFlush: constants.Z_FULL_FLUSH }, (error, result) =>
      error ? reject(error) : resolve(result),
    )
  })
}
