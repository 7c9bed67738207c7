// Few bytes that become many, by codec; how many MiB is for the caller to say.

import { gzipSync } from 'node:zlib'
import { compress } from '../../../core/record/compression.js'

const mebibyte = 1024 * 1024

/** Members one behind the other are one stream. */
export function gzipBomb(mebibytes: number): Buffer {
  const member = gzipSync(Buffer.alloc(mebibyte), { level: 9 })
  return Buffer.concat(Array.from({ length: mebibytes }, () => member))
}

/** One literal, then copies of 64 bytes from one byte back. */
export function snappyBomb(mebibytes: number): Buffer {
  const copies = mebibytes * 16 * 1024
  const length: number[] = []
  let rest = 1 + 64 * copies
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest & 127) | 128)
  const start = Buffer.from([...length, rest, 0x00, 0x61])
  const copy = Buffer.from([0xfe, 0x01, 0x00])
  return Buffer.concat([start, Buffer.alloc(3 * copies, copy)])
}

export function xerialBomb(mebibytes: number): Buffer {
  const block = compress(2, Buffer.alloc(mebibyte))
  const size = Buffer.alloc(4)
  size.writeUInt32BE(block.length)
  const header = Buffer.from('82534e41505059000000000100000001', 'hex')
  return Buffer.concat([header, ...Array.from({ length: mebibytes }, () => [size, block]).flat()])
}

/** A literal, then one match as long as its length bytes can say, 255 each; at most some 1,000 MiB. */
export function lz4Bomb(mebibytes: number): Buffer {
  const block = Buffer.alloc(16 + Math.ceil((mebibytes * mebibyte) / 255), 0xff)
  block.set([0x1f, 0x61, 0x01, 0x00])
  block.set([0x00, 0x10, 0x61], block.length - 3)
  const size = Buffer.alloc(4)
  size.writeUInt32LE(block.length)
  return Buffer.concat([Buffer.from('04224d18607073', 'hex'), size, block, Buffer.alloc(4)])
}

/** Blocks that each repeat one byte 128 KiB times, in a frame with a window of 1 MiB. */
export function zstdBomb(mebibytes: number): Buffer {
  const blocks = Buffer.alloc(8 * mebibytes * 4)
  for (let at = 0; at < blocks.length; at += 4) {
    const isLast = at === blocks.length - 4 ? 1 : 0
    blocks.writeUIntLE((131_072 << 3) | (1 << 1) | isLast, at, 3)
  }
  return Buffer.concat([Buffer.from('28b52ffd0050', 'hex'), blocks])
}
