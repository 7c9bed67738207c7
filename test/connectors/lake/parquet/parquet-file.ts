// A whole Parquet file in memory, as a sink would write it.

import { ParquetEncoder } from '../../../../connectors/lake/parquet/parquet-encoder.js'
import type { EncoderOptions } from '../../../../connectors/lake/parquet/parquet-encoder.js'
import type { RowBatch } from '../../../../connectors/lake/table/row-batch.js'
import type { TableSchema } from '../../../../connectors/lake/table/column-type.js'

/** Nobody else waits in a test. */
const plainOptions: EncoderOptions = { compression: 'none', metadata: new Map(), turn: () => Promise.resolve() }

/** One row group for each batch. */
export async function parquetFile(
  schema: TableSchema,
  batches: readonly RowBatch[],
  options: Partial<EncoderOptions> = {},
): Promise<Buffer> {
  const encoder = new ParquetEncoder(schema, { ...plainOptions, ...options })
  const pieces = [encoder.header()]
  let position = encoder.header().length
  for (const batch of batches) {
    const group = await encoder.rowGroup(batch, position)
    pieces.push(...group.pieces)
    position += group.sizeBytes
    encoder.wrote(group)
  }
  pieces.push(encoder.footer())
  return Buffer.concat(pieces)
}
