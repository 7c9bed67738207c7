// What all leaves of a batch share: the row that is being filled, and the memory that its values take.

export class Tally {
  /** Rows that ended; the one that is being filled has this number. */
  rowCount = 0
  /** With what was put since the last row ended. */
  sizeBytes = 0
}
