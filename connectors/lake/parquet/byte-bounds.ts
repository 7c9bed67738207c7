// The least and the most of byte strings that lie in one piece of memory, compared byte by byte without a sign, as Parquet
// orders text, JSON, binary and UUIDs. Most values are told apart by their first four bytes.

const prefixBytes = 4

/** Ranges of the memory. */
export interface ByteExtremes {
  readonly least: Buffer
  readonly most: Buffer
}

export class ByteBounds {
  readonly #bytes: Buffer
  readonly #view: DataView
  #count = 0
  #leastStart = 0
  #leastEnd = 0
  #leastPrefix = 0
  #mostStart = 0
  #mostEnd = 0
  #mostPrefix = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Values behind their lengths, from `start` up to `end`. */
  addSized(start: number, end: number): void {
    for (let at = start; at < end; ) {
      const from = at + 4
      at = from + this.#view.getUint32(at, true)
      this.#add(from, at)
    }
  }

  /** Values of one width. */
  addFixed(widthBytes: number, end: number): void {
    for (let at = 0; at < end; at += widthBytes) this.#add(at, at + widthBytes)
  }

  /** Undefined when nothing was added. */
  get(): ByteExtremes | undefined {
    if (this.#count === 0) return undefined
    return {
      least: this.#bytes.subarray(this.#leastStart, this.#leastEnd),
      most: this.#bytes.subarray(this.#mostStart, this.#mostEnd),
    }
  }

  #add(start: number, end: number): void {
    // A short one counts as what it would be with zeros behind it; then it is not told apart by the prefix alone.
    const prefix = end - start >= prefixBytes ? this.#view.getUint32(start) : this.#shortPrefix(start, end)
    if (this.#count++ === 0) {
      this.#place(start, end, prefix)
      return
    }
    if (prefix > this.#leastPrefix && prefix < this.#mostPrefix) return
    if (prefix <= this.#leastPrefix && this.#compare(start, end, this.#leastStart, this.#leastEnd) < 0) {
      this.#leastStart = start
      this.#leastEnd = end
      this.#leastPrefix = prefix
    } else if (prefix >= this.#mostPrefix && this.#compare(start, end, this.#mostStart, this.#mostEnd) > 0) {
      this.#mostStart = start
      this.#mostEnd = end
      this.#mostPrefix = prefix
    }
  }

  #place(start: number, end: number, prefix: number): void {
    this.#leastStart = start
    this.#leastEnd = end
    this.#leastPrefix = prefix
    this.#mostStart = start
    this.#mostEnd = end
    this.#mostPrefix = prefix
  }

  #shortPrefix(start: number, end: number): number {
    let prefix = 0
    for (let at = start; at < start + prefixBytes; at++) prefix = prefix * 256 + (at < end ? this.#bytes[at]! : 0)
    return prefix
  }

  // oxlint-disable-next-line max-params -- two ranges, once for each value
  #compare(start: number, end: number, otherStart: number, otherEnd: number): number {
    const view = this.#view
    const last = Math.min(end, start + otherEnd - otherStart)
    let at = start
    let other = otherStart
    for (const lastWord = last - 4; at <= lastWord; at += 4, other += 4) {
      const difference = view.getUint32(at) - view.getUint32(other)
      if (difference !== 0) return difference
    }
    for (; at < last; at++, other++) {
      const difference = view.getUint8(at) - view.getUint8(other)
      if (difference !== 0) return difference
    }
    return end - start - (otherEnd - otherStart)
  }
}
