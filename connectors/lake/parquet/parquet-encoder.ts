// Makes the bytes of one Parquet file (github.com/apache/parquet-format): 'PAR1', row groups, footer.
//
// A row group is encoded without changing anything here, and counts once it is written: so a write that failed may be
// made again. The same rows in the same row groups become the same bytes.

import { invariant } from '../../../core/errors/invariant.js'
import type { TableSchema } from '../table/column-type.js'
import { leafShapes } from '../table/leaf-shape.js'
import type { RowBatch } from '../table/row-batch.js'
import { columnChunk } from './column-chunk.js'
import type { ColumnChunk } from './column-chunk.js'
import { fileFooter, magic, rowGroupElement } from './file-footer.js'
import { pageCompression } from './page-compression.js'
import type { PageCompression, ParquetCompression } from './page-compression.js'

export interface EncoderOptions {
  readonly compression: ParquetCompression
  /** The compression's own: 1 to 9 for gzip, 1 to 19 for zstd. */
  readonly level?: number | undefined
  /** Kept in the footer, in this order. */
  readonly metadata: ReadonlyMap<string, string>
  /** Gives the event loop a turn; awaited every few milliseconds. */
  readonly turn: () => Promise<void>
}

export interface RowGroupBytes {
  /** In order, to be written at the position; some may be views of the batch's memory. */
  readonly pieces: readonly Buffer[]
  readonly sizeBytes: number
  readonly rowCount: number
  /** What the footer will say. */
  readonly element: Buffer
}

export class ParquetEncoder {
  readonly #schema: TableSchema
  readonly #leafCount: number
  readonly #metadata: ReadonlyMap<string, string>
  readonly #compression: PageCompression
  readonly #turn: () => Promise<void>
  readonly #rowGroups: Buffer[] = []
  #rowCount = 0

  constructor(schema: TableSchema, { compression, level, metadata, turn }: EncoderOptions) {
    this.#schema = schema
    this.#leafCount = leafShapes(schema).length
    this.#metadata = metadata
    this.#compression = pageCompression(compression, level)
    this.#turn = turn
  }

  /** What the file begins with. */
  header(): Buffer {
    return magic
  }

  /**
   * The rows of a batch that has some and the encoder's schema, for this position in the file. The batch must not be
   * changed until the pieces are written; without `wrote` nothing has happened.
   */
  async rowGroup(batch: RowBatch, position: number): Promise<RowGroupBytes> {
    const { rowCount, leaves } = batch
    invariant(rowCount > 0, 'a row group was to have no rows')
    invariant(leaves.length === this.#leafCount, `${leaves.length} leaves for a schema of ${this.#leafCount}`)
    batch.settle()
    const chunks: ColumnChunk[] = []
    for (const leaf of leaves) chunks.push(await columnChunk(leaf, this.#compression, this.#turn))
    return {
      pieces: chunks.flatMap(({ pieces }) => pieces),
      sizeBytes: chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      rowCount,
      element: rowGroupElement({ chunks, rowCount, position, codec: this.#compression.codec }),
    }
  }

  /** The row group is in the file. */
  wrote(group: RowGroupBytes): void {
    this.#rowGroups.push(group.element)
    this.#rowCount += group.rowCount
  }

  /** What ends the file. */
  footer(): Buffer {
    return fileFooter({
      schema: this.#schema,
      leafCount: this.#leafCount,
      rowCount: this.#rowCount,
      rowGroups: this.#rowGroups,
      metadata: this.#metadata,
    })
  }
}
