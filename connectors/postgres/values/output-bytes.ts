// A byte buffer that grows: where rows are written as JSON, once per row into the same memory.
//
// Writers ask for room first, then write at `at` and move it. Growing makes another `bytes` and `view`, so neither is
// kept over a call of `ensure`, nor over an encoder that was given the buffer.

const initialBytes = 16 * 1024

/** Memory that one large value asked for is let go at the next `reset`. */
const mostKeptBytes = 1024 * 1024

export class OutputBytes {
  bytes: Buffer
  /** Of the same memory, for writes of several bytes at once. */
  view: DataView
  /** Where the next byte goes. */
  at = 0

  constructor() {
    this.bytes = Buffer.allocUnsafeSlow(initialBytes)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Makes room for `more` bytes behind `at`. */
  ensure(more: number): void {
    if (this.at + more > this.bytes.length) this.grow(this.at + more)
  }

  /** Starts anew; what was written is no more. */
  reset(): void {
    this.at = 0
    if (this.bytes.length > mostKeptBytes) this.take(Buffer.allocUnsafeSlow(initialBytes))
  }

  private grow(neededBytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(neededBytes, this.bytes.length * 2))
    this.bytes.copy(grown, 0, 0, this.at)
    this.take(grown)
  }

  private take(bytes: Buffer): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
  }
}
