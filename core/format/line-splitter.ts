// Splits a stream of bytes into lines, in the caller's buffer and without copying.
//
// The caller hands in windows, each beginning with the first byte not consumed yet (`nextPosition`): it either moves
// the bytes that were held back to the front of its buffer or reads them again from the file. `next` then gives line
// after line by position. Positions count the stream's bytes as they are on disk, so `nextPosition` and `inLine` are
// an exact resume point after every line; encodings are decoded behind the splitter, never before it.
//
// A line of more than `maxLineBytes` comes out in pieces, each as soon as it is known, so that a line of any length
// costs one window. Cutting depends on the line's bytes alone: a stream read again is cut at the same places.

import { invariant } from '../errors/invariant.js'

export interface LineForm {
  /** What ends a line; a line feed when left out. */
  readonly delimiter?: Uint8Array
  /**
   * What belongs to the line's end when it stands directly before the delimiter, and to the line anywhere else. A
   * carriage return when both are left out, nothing when only a delimiter is given.
   */
  readonly trimmed?: Uint8Array
  /** The encoding's code unit, 1, 2 or 4 bytes: in UTF-16 a delimiter begins at an even place only. 1 when left out. */
  readonly unitBytes?: number
  /**
   * Where a piece of a long line ends that begins at `start` and may reach to `end`: not inside a character. That of
   * UTF-8 when left out. It must lie behind `start`, and depend on these bytes alone (and the one at `end`).
   */
  readonly cut?: (bytes: Buffer, start: number, end: number) => number
}

export interface LineLimits {
  /** The longest line, or piece of one, without its end. */
  readonly maxLineBytes: number
}

const lineFeed = Uint8Array.of(0x0a)
const carriageReturn = Uint8Array.of(0x0d)
const noBytes = Buffer.alloc(0)

export class LineSplitter {
  /** The bytes that `start` and `end` point into. */
  bytes: Buffer = noBytes
  /** Where the line, or its piece, begins and ends; its delimiter is left out. */
  start = 0
  end = 0
  /** Stream position of the line's first byte. */
  position = 0
  /** Stream position behind the line and its delimiter: where to go on. */
  nextPosition = 0
  /** Is this a further piece of a line whose beginning was given out before? */
  continued = false
  /** Does the line end here, with a delimiter? */
  complete = false

  /** A window of this many bytes always holds a line or a piece of one: with less a long line would never end. */
  readonly leastWindowBytes: number

  private readonly maxLineBytes: number
  private readonly delimiter: Buffer
  /** The delimiter when it is a single byte, else -1. */
  private readonly delimiterByte: number
  private readonly trimmed: Uint8Array
  private readonly unitBytes: number
  private readonly cut: (bytes: Buffer, start: number, end: number) => number

  private windowEnd = 0
  /** Where the next line begins in the window. */
  private at = 0
  /** No delimiter begins between `at` and here: what was held back is not searched again in the next window. */
  private searchFrom = 0
  /** Where the delimiter of a long line was found while its pieces are given out; -1 else. */
  private foundAt = -1
  private lineIsOpen = false

  constructor(limits: LineLimits, form: LineForm = {}) {
    this.delimiter = Buffer.from(form.delimiter ?? lineFeed)
    this.trimmed = form.trimmed ?? (form.delimiter === undefined ? carriageReturn : noBytes)
    this.unitBytes = form.unitBytes ?? 1
    this.cut = form.cut ?? cutUtf8
    this.delimiterByte = this.delimiter.length === 1 ? this.delimiter[0]! : -1
    this.maxLineBytes = limits.maxLineBytes - (limits.maxLineBytes % this.unitBytes)
    invariant(this.delimiter.length > 0, 'a delimiter has at least one byte')
    // A character of UTF-8 must fit, or a piece could be empty and the splitter would stand still.
    invariant(this.maxLineBytes >= 4, `lines of up to ${limits.maxLineBytes} bytes are too short to be cut`)
    this.leastWindowBytes = this.maxLineBytes + this.trimmed.length + this.delimiter.length
  }

  /** Was a part of the line at `nextPosition` given out already? Belongs to the resume point. */
  get inLine(): boolean {
    return this.lineIsOpen
  }

  /** How many bytes of the window are held back: the beginning of a line whose end is not there yet. */
  get heldBytes(): number {
    return this.windowEnd - this.at
  }

  /** Begins, or goes on, at a resume point. */
  reset(position: number, inLine = false): void {
    this.nextPosition = position
    this.position = position
    this.lineIsOpen = inLine
    this.bytes = noBytes
    this.at = 0
    this.windowEnd = 0
    this.searchFrom = 0
    this.foundAt = -1
  }

  /**
   * Goes on in other bytes: `bytes` from `start` to `end`, the first of them being the one at `nextPosition`. What was
   * held back before must be among them. They stay unchanged until the next window or reset.
   */
  window(bytes: Buffer, start: number, end: number): void {
    invariant(
      end - start >= this.heldBytes,
      `a window of ${end - start} bytes leaves out some of ${this.heldBytes} held`,
    )
    // The view bounds the search, which takes no end.
    this.bytes = bytes.subarray(0, end)
    this.searchFrom = start + this.searchFrom - this.at
    this.at = start
    this.windowEnd = end
    this.foundAt = -1
  }

  /** Goes on to the next line, or piece of one; false when its end is not in the window. */
  next(): boolean {
    const start = this.at
    let found = this.foundAt
    if (found < 0) {
      found = this.find()
      if (found < 0) {
        if (this.windowEnd - start < this.leastWindowBytes) return false
        this.giveOut(this.cut(this.bytes, start, start + this.maxLineBytes), 0)
        return true
      }
    }
    const end = found - this.trimmedBefore(start, found)
    if (end - start > this.maxLineBytes) {
      this.foundAt = found
      this.giveOut(this.cut(this.bytes, start, start + this.maxLineBytes), 0)
      return true
    }
    this.foundAt = -1
    this.giveOut(end, found + this.delimiter.length - end)
    return true
  }

  /**
   * Gives out what is held back, though its line has no end: the last line of a file that will not grow, or that was
   * quiet for long. False when nothing is held back. Call it until then, since even this may come in pieces.
   */
  finish(): boolean {
    const start = this.at
    if (this.windowEnd === start) return false
    const isLong = this.windowEnd - start > this.maxLineBytes
    this.giveOut(isLong ? this.cut(this.bytes, start, start + this.maxLineBytes) : this.windowEnd, 0)
    return true
  }

  /** A view of the bytes held back. */
  held(): Buffer {
    return this.bytes.subarray(this.at, this.windowEnd)
  }

  /** The line is `at` to `end`; `endBytes` are its end, 0 when only a piece is given out. */
  private giveOut(end: number, endBytes: number): void {
    const next = end + endBytes
    this.start = this.at
    this.end = end
    this.position = this.nextPosition
    this.nextPosition += next - this.at
    this.continued = this.lineIsOpen
    this.complete = endBytes > 0
    this.lineIsOpen = endBytes === 0
    this.at = next
    if (this.searchFrom < next) this.searchFrom = next
  }

  /** Where the delimiter of the line at `at` begins; -1 when it is not in the window. */
  private find(): number {
    const { bytes, delimiterByte } = this
    if (delimiterByte >= 0 && this.unitBytes === 1) {
      const found = bytes.indexOf(delimiterByte, this.searchFrom)
      this.searchFrom = found < 0 ? this.windowEnd : found
      return found
    }
    let from = this.searchFrom
    for (;;) {
      const found = bytes.indexOf(this.delimiter, from)
      if (found < 0) {
        // Its first bytes may be the window's last.
        this.searchFrom = Math.max(this.searchFrom, this.windowEnd - this.delimiter.length + 1)
        return -1
      }
      if ((found - this.at) % this.unitBytes === 0) {
        this.searchFrom = found
        return found
      }
      from = found + 1
    }
  }

  /** How many bytes before the delimiter belong to the line's end. */
  private trimmedBefore(start: number, found: number): number {
    const { bytes, trimmed } = this
    if (found - start < trimmed.length) return 0
    for (let back = 0; back < trimmed.length; back++) {
      if (bytes[found - trimmed.length + back] !== trimmed[back]) return 0
    }
    return trimmed.length
  }
}

/** The byte at `end` tells whether a character goes on there; where four bytes do, they are no UTF-8. */
function cutUtf8(bytes: Buffer, start: number, end: number): number {
  for (let cut = end; cut > start && cut > end - 4; cut--) {
    if ((bytes[cut]! & 0xc0) !== 0x80) return cut
  }
  return end
}
