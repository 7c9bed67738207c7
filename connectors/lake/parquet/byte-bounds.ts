// The least and the most of byte strings, compared byte by byte without a sign, as Parquet orders text, JSON, binary and
// UUIDs; shortened, so that a footer does not hold a value of a MiB.

/** A range of bytes that belongs to somebody else. */
interface Held {
  bytes: Uint8Array
  start: number
  end: number
}

// oxlint-disable max-params -- ranges of bytes, once for each value

export class ByteBounds {
  #least: Held | undefined
  #most: Held | undefined

  /** The bytes must stay as they are. */
  add(bytes: Uint8Array, start: number, end: number): void {
    if (this.#least === undefined || this.#most === undefined) {
      this.#least = { bytes, start, end }
      this.#most = { bytes, start, end }
    } else if (isLess(bytes, start, end, this.#least)) {
      place(this.#least, bytes, start, end)
    } else if (isMore(bytes, start, end, this.#most)) {
      place(this.#most, bytes, start, end)
    }
  }

  /** Copies; undefined when nothing was added. */
  get(): { readonly least: Buffer; readonly most: Buffer } | undefined {
    if (this.#least === undefined || this.#most === undefined) return undefined
    return { least: copyOf(this.#least), most: copyOf(this.#most) }
  }
}

function place(held: Held, bytes: Uint8Array, start: number, end: number): void {
  held.bytes = bytes
  held.start = start
  held.end = end
}

function copyOf({ bytes, start, end }: Held): Buffer {
  return Buffer.from(bytes.subarray(start, end))
}

function isLess(bytes: Uint8Array, start: number, end: number, than: Held): boolean {
  const differing = firstDifference(bytes, start, end, than)
  const other = than.start + differing - start
  if (differing === end) return other < than.end
  return other < than.end && bytes[differing]! < than.bytes[other]!
}

function isMore(bytes: Uint8Array, start: number, end: number, than: Held): boolean {
  const differing = firstDifference(bytes, start, end, than)
  const other = than.start + differing - start
  if (differing === end) return false
  return other === than.end || bytes[differing]! > than.bytes[other]!
}

/** Where the bytes stop being those of the other, or one of them ends. */
function firstDifference(bytes: Uint8Array, start: number, end: number, other: Held): number {
  const others = other.bytes
  const last = Math.min(end, start + other.end - other.start)
  let at = start
  for (let from = other.start; at < last && bytes[at] === others[from]; from++) at++
  return at
}
