// The bytes of a file: a buffer that grows. What lies between `size` and the buffer's end means nothing.

const smallestBytes = 4096

export class ByteImage {
  #buffer: Buffer
  size: number

  constructor(content: Uint8Array = Buffer.alloc(0)) {
    this.#buffer = Buffer.from(content)
    this.size = content.length
  }

  /** A view; valid until the next change. */
  content(): Buffer {
    return this.#buffer.subarray(0, this.size)
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length
    if (end > this.size) this.#grow(end, position)
    this.#buffer.set(bytes, position)
  }

  read(into: Uint8Array, at: number, length: number, position: number): number {
    const count = Math.max(0, Math.min(length, this.size - position))
    into.set(this.#buffer.subarray(position, position + count), at)
    return count
  }

  truncate(size: number): void {
    if (size > this.size) this.#grow(size, size)
    else this.size = size
  }

  flip(position: number, bit: number): void {
    this.#buffer[position] = (this.#buffer[position] as number) ^ (1 << bit)
  }

  copy(): ByteImage {
    return new ByteImage(this.content())
  }

  /** Grows to `size`; what lies between the old end and `filledFrom` becomes zeros. */
  #grow(size: number, filledFrom: number): void {
    if (size > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(smallestBytes, size, 2 * this.#buffer.length))
      this.#buffer.copy(larger, 0, 0, this.size)
      this.#buffer = larger
    }
    if (filledFrom > this.size) this.#buffer.fill(0, this.size, filledFrom)
    this.size = size
  }
}
