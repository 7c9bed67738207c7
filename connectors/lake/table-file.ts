// A file of Parquet: records become rows in memory, row groups are encoded and written, the footer ends the file.
//
// A file has one schema, that of its end. It grows with the records while all rows are in memory; once a row group is
// written, a record that needs more ends the file, and with it the plan. A row group whose write failed goes on with
// the piece that failed, before any other row is taken: its rows are given up only behind the last one.

import type { TailraceError } from '../../core/errors/tailrace-error.js'
import type { RecordCursor } from '../../core/record/record-cursor.js'
import type { FileSum } from './file-sum.js'
import { type EncoderOptions, ParquetEncoder, type RowGroupBytes } from './parquet/parquet-encoder.js'
import type { PlanSchemas } from './plan-schemas.js'
import type { PlannedFile, Taking } from './planned-file.js'
import type { StagedFile } from './staged-file.js'
import type { TableHolder, TableMemory } from './table-memory.js'
import { RowBatch } from './table/row-batch.js'
import type { TableSchema } from './table/column-type.js'

/** As DuckDB writes them: enough for its threads, and for dictionaries to pay. */
const rowGroupRows = 122_880
const rowGroupBytes = 16 * 1024 * 1024

/** What a column without values takes, about: its buffers, its dictionary and its place in the tree of names. */
const columnBytes = 1536

/** Takes records apart into rows, for all files of a partition. */
export interface RowMaker {
  /** What the records so far need. */
  readonly schema: TableSchema
  /** Why the last record fits no table. */
  readonly unfit: TailraceError | undefined
  /**
   * taken: the batch has the record as one more row. grown: `schema` is more than the batch's, which must be evolved
   * first. Where it is not taken, nothing changed.
   */
  take(cursor: RecordCursor, batch: RowBatch): 'taken' | 'grown' | 'unfit'
}

export interface TableMaking {
  readonly rows: RowMaker
  readonly encoding: EncoderOptions
  readonly memory: TableMemory
  /** Of its plan; the file's schema is noted there by whoever makes the file. */
  readonly schemas: PlanSchemas
}

/** Bytes of a row group, and how many of its pieces are in the file. */
interface Writing {
  readonly group: RowGroupBytes
  pieces: number
}

export class TableFile implements PlannedFile, TableHolder {
  readonly group: string
  recordCount = 0
  unfit: TailraceError | undefined
  heldBytes = 0

  readonly #staged: StagedFile
  readonly #making: TableMaking
  #schema: TableSchema
  /** Made for the first row, and given up with the last: a file without rows in memory takes next to none. */
  #batch: RowBatch | undefined
  /** Made with the first row group, when the schema is known. */
  #encoder: ParquetEncoder | undefined
  #writing: Writing | undefined
  #isEnded = false

  constructor(place: { readonly group: string; readonly staged: StagedFile }, making: TableMaking) {
    this.group = place.group
    this.#staged = place.staged
    this.#making = making
    this.#schema = making.rows.schema
  }

  get stagedPath(): string {
    return this.#staged.path
  }

  get sum(): FileSum | undefined {
    return this.#staged.sum
  }

  get schema(): TableSchema {
    return this.#schema
  }

  get sizeBytes(): number {
    return this.#staged.position + this.#rowBytes
  }

  get #rowBytes(): number {
    return this.#batch?.sizeBytes ?? 0
  }

  take(cursor: RecordCursor): Taking {
    return this.#mustWrite() || this.#making.memory.isFull ? 'room' : this.#shred(cursor)
  }

  async takeWithRoom(cursor: RecordCursor): Promise<Exclude<Taking, 'room'>> {
    if (this.#mustWrite()) await this.writeOut()
    if (this.#making.memory.isFull) await this.#making.memory.relieve()
    return this.#shred(cursor)
  }

  async writeOut(): Promise<void> {
    const batch = this.#batch
    if (batch === undefined || batch.rowCount === 0) {
      this.#dropBatch()
      return
    }
    this.#encoder ??= new ParquetEncoder(this.#schema, this.#making.encoding)
    await this.#staged.open()
    try {
      if (this.#staged.position === 0) await this.#staged.write(this.#encoder.header())
      this.#writing ??= { group: await this.#encoder.rowGroup(batch, this.#staged.position), pieces: 0 }
      const { group } = this.#writing
      for (; this.#writing.pieces < group.pieces.length; this.#writing.pieces++) {
        await this.#staged.write(group.pieces[this.#writing.pieces]!)
      }
      this.#encoder.wrote(group)
      this.#writing = undefined
      batch.clear()
      this.#dropBatch()
    } finally {
      await this.#staged.close()
    }
  }

  async seal(): Promise<FileSum> {
    if (this.sum !== undefined) return this.sum
    await this.writeOut()
    await this.#staged.open()
    try {
      if (!this.#isEnded && this.#encoder !== undefined) await this.#staged.write(this.#encoder.footer())
      this.#isEnded = true
      return await this.#staged.seal()
    } finally {
      await this.#staged.close()
      await this.abandon()
    }
  }

  abandon(): Promise<void> {
    this.#making.memory.left(this, this.heldBytes)
    this.heldBytes = 0
    this.#batch = undefined
    return this.#staged.close()
  }

  /** Is the batch full, or in part in the file? */
  #mustWrite(): boolean {
    const rowCount = this.#batch?.rowCount ?? 0
    return this.#writing !== undefined || rowCount >= rowGroupRows || this.#rowBytes >= rowGroupBytes
  }

  #shred(cursor: RecordCursor): Exclude<Taking, 'room'> {
    const { rows } = this.#making
    const batch = (this.#batch ??= new RowBatch(this.#schema))
    for (;;) {
      const outcome = rows.take(cursor, batch)
      if (outcome === 'grown') {
        // What is in the file by now has the schema that it has.
        if (this.#encoder !== undefined || !batch.canEvolve(rows.schema)) return 'ended'
        if (!this.#making.schemas.give(rows.schema, this.#schema)) return 'ended'
        batch.evolve(rows.schema)
        this.#schema = rows.schema
        continue
      }
      this.unfit = outcome === 'unfit' ? rows.unfit : undefined
      if (outcome === 'taken') this.recordCount++
      this.#hold(batch.sizeBytes + batch.leaves.length * columnBytes)
      return outcome
    }
  }

  #dropBatch(): void {
    this.#batch = undefined
    this.#hold(0)
  }

  #hold(heldBytes: number): void {
    this.#making.memory.changed(this, heldBytes - this.heldBytes)
    this.heldBytes = heldBytes
  }
}
