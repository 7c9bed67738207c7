// One file of a plan while it grows: the contract of files made of lines (line-file.ts) and of tables (table-file.ts).

import type { RecordCursor } from '../../core/record/record-cursor.js'
import type { TailraceError } from '../../core/errors/tailrace-error.js'
import type { FileSum } from './file-sum.js'
import type { TableSchema } from './table/column-type.js'

/**
 * taken: it holds the record. room: nothing happened yet, `takeWithRoom` takes it. ended: the record belongs into a file
 * of the next plan. unfit: no file can hold it, and `unfit` says why.
 */
export type Taking = 'taken' | 'room' | 'ended' | 'unfit'

export interface PlannedFile {
  /** See bound-path.ts. */
  readonly group: string
  readonly stagedPath: string
  readonly recordCount: number
  /** What the file will about have; of compressed ones, what is written. */
  readonly sizeBytes: number
  /** What the sealed file is; undefined before. */
  readonly sum: FileSum | undefined
  /** The columns that a table has so far; undefined for lines. */
  readonly schema: TableSchema | undefined
  /** Why the last record was not taken. */
  readonly unfit: TailraceError | undefined
  /** Takes the record under the cursor without waiting for anything. Where it is not taken, nothing changed. */
  take(cursor: RecordCursor): Taking
  /** As `take`, with whatever has to be written first; may be repeated when it fails. */
  takeWithRoom(cursor: RecordCursor): Promise<Exclude<Taking, 'room'>>
  /** Ends the file and brings it to the device; may be repeated. Errors: lake_sync_failed, which is final; lake_file_changed. */
  seal(): Promise<FileSum>
  /** Lets go of memory and descriptor; what was not sealed is lost. Twice is fine. */
  abandon(): Promise<void>
}
