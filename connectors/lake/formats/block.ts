// Where records become the bytes of a file, before they are compressed and written: a fixed piece of memory that
// fills up from the start.

/** Large enough that a write costs little beside its bytes, small enough that a hundred files may have one each. */
export const blockBytes = 128 * 1024

export class Block {
  readonly bytes: Buffer
  /** The same memory, for copies of four bytes at a time. */
  readonly view: DataView
  /** What is behind it is not part of the file. */
  used = 0

  constructor(capacityBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacityBytes)
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, capacityBytes)
  }

  /** What is in it, as a view that holds until it changes. */
  content(): Buffer {
    return this.bytes.subarray(0, this.used)
  }
}
