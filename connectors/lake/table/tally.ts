// What all leaves of a batch share: the row that is being filled, the memory that its values take, where they come from.

import { SourceBytes } from './source-bytes.js'

export class Tally {
  readonly source = new SourceBytes()
  /** Rows that ended; the one that is being filled has this number. */
  rowCount = 0
  /** With what was put since the last row ended. */
  sizeBytes = 0
}
