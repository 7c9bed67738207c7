// A batch under another codec, as a producer would have sent it.

import { writeInt16 } from '../../../core/bytes/big-endian.js'
import { batchField, batchHeaderBytes, sealBatch } from '../../../core/record/batch-layout.js'
import { compress } from '../../../core/record/compression.js'

/** The same records and header, compressed with `codec` and sealed anew. */
export function compressedBatch(batch: Buffer, codec: number): Buffer {
  const made = Buffer.concat([
    batch.subarray(0, batchHeaderBytes),
    compress(codec, Buffer.from(batch.subarray(batchHeaderBytes))),
  ])
  writeInt16(made, batchField.attributes, codec)
  sealBatch(made, 0, made.length)
  return made
}

/** A batch whose CRC is right and whose records nobody can decompress. */
export function unreadableBatch(batch: Buffer, codec: number): Buffer {
  const made = compressedBatch(batch, codec)
  made.fill(0xff, batchHeaderBytes)
  sealBatch(made, 0, made.length)
  return made
}
