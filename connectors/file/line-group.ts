// The lines of one multiline record, joined by line feeds, in one buffer that is used for every group.

import { outside } from './multiline-presets.js'

/** Patterns look at the beginning of a line, so that one of a megabyte does not cost a megabyte of text. */
const judgedBytes = 8 * 1024

export class LineGroup {
  /** The record's value: `sizeBytes` of it count, until the next `begin`. */
  bytes: Buffer
  sizeBytes = 0
  lineCount = 0
  /** Bytes of the file that the lines cover, with their ends. */
  coveredBytes = 0
  /** Position in the file behind the last line. */
  nextPosition = 0
  /** The multiline state behind the last line. */
  state = outside
  /** Its beginning was a record of its own, since the whole was too large. */
  continues = false

  constructor(capacityBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(Math.min(capacityBytes, 64 * 1024))
  }

  begin(state: string, continues: boolean): void {
    this.sizeBytes = 0
    this.lineCount = 0
    this.coveredBytes = 0
    this.state = state
    this.continues = continues
  }

  add(line: Buffer, state: string): void {
    const needed = this.sizeBytes + line.length + 1
    if (needed > this.bytes.length) this.#grow(needed)
    if (this.lineCount > 0) this.bytes[this.sizeBytes++] = 0x0a
    this.sizeBytes += line.copy(this.bytes, this.sizeBytes)
    this.lineCount++
    this.state = state
  }

  /** Tells where the line that was added lies in the file. */
  cover(position: number, nextPosition: number): void {
    this.coveredBytes += nextPosition - position
    this.nextPosition = nextPosition
  }

  /** The text by which a line is judged. */
  textOf(line: Buffer): string {
    return line.toString('utf8', 0, Math.min(line.length, judgedBytes))
  }

  #grow(neededBytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(neededBytes, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.sizeBytes)
    this.bytes = larger
  }
}
