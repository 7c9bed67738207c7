// The byte account of one file: every byte that was read is emitted, skipped, or part of something unfinished.
//
// Positions and the account are kept apart on purpose: emitting adds what a record covered, the position moves by
// itself, and `check` holds one against the other. A line that was passed over or taken twice breaks it.

import { invariant } from '../../core/errors/invariant.js'

export class FileAccount {
  /** Bytes that lines of records covered, with their ends. */
  emittedBytes: number
  /** Bytes that gave no record: byte order marks, the rest of truncated lines, what lay before `startAt: "end"`. */
  skippedBytes: number
  /** Where reading came to at most: position and what is unfinished behind it. */
  readTo: number

  constructor(emittedBytes: number, skippedBytes: number) {
    this.emittedBytes = emittedBytes
    this.skippedBytes = skippedBytes
    this.readTo = emittedBytes + skippedBytes
  }

  /** Bytes read that are neither emitted nor skipped: an unfinished line or group. */
  get partialBytes(): number {
    return this.readTo - this.emittedBytes - this.skippedBytes
  }

  /** Holds the account against the file's position; breaks when a byte was passed over or taken twice. */
  check(position: number, path: string): void {
    const { emittedBytes, skippedBytes, readTo } = this
    invariant(
      emittedBytes + skippedBytes === position && readTo >= position,
      `the account of ${path} is off: emitted ${emittedBytes} + skipped ${skippedBytes} at position ${position}, read to ${readTo}`,
    )
  }
}
