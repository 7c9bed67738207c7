// Zigzag varints, as in Kafka's records and protocol buffers: seven bits a byte, lowest first, the top bit set on all
// but the last byte; the value n travels as 2n, or as -2n - 1 when it is negative.
//
// Values are doubles that hold integers of up to 53 bits: what fits into 30 bits takes integer arithmetic, the rest
// divisions, and nothing takes BigInt.

const thirtyBits = 1 << 30

/** How many bytes the value takes, 1 to 8 for safe integers. */
export function varintBytes(value: number): number {
  if (value >= -64 && value < 64) return 1
  if (value >= -8192 && value < 8192) return 2
  // The first byte carries six bits of the magnitude, each further one seven.
  let rest = Math.floor((value < 0 ? -(value + 1) : value) / 8192)
  let count = 2
  for (; rest > 0; rest = Math.floor(rest / 128)) count++
  return count
}

/** Writes the value at `at` and returns the place behind it. The caller has made room: `varintBytes(value)`. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  if (value >= thirtyBits || value < -thirtyBits) return writeLongVarint(target, at, value)
  let rest = (value << 1) ^ (value >> 31)
  while (rest >= 0x80 || rest < 0) {
    target[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  target[at++] = rest
  return at
}

function writeLongVarint(target: Uint8Array, at: number, value: number): number {
  const sign = value < 0 ? 1 : 0
  const magnitude = value < 0 ? -(value + 1) : value
  let low = ((magnitude % 64) << 1) | sign
  let rest = Math.floor(magnitude / 64)
  while (rest > 0) {
    target[at++] = low | 0x80
    low = rest % 128
    rest = Math.floor(rest / 128)
  }
  target[at++] = low
  return at
}

/**
 * Reads varints one behind the other and remembers the place. One reader serves a whole buffer: no object per value.
 */
export class VarintReader {
  /** Where the next varint begins; the caller may move it. */
  at = 0

  /**
   * The value at `at`, which moves behind it. NaN, with `at` unchanged, when the varint is cut short by `end` or is
   * no integer below 2^53: a comparison with NaN is false, so bounds written as what must hold catch it too.
   */
  read(source: Uint8Array, end: number): number {
    let at = this.at
    if (at >= end) return NaN
    let byte = source[at++]!
    if (byte < 0x80) {
      this.at = at
      return (byte >>> 1) ^ -(byte & 1)
    }
    const sign = byte & 1
    let magnitude = (byte & 0x7f) >>> 1
    let scale = 64
    // Non-minimal encodings are legal up to ten bytes, the longest of a 64-bit value.
    for (const limit = Math.min(end, this.at + 10); at < limit; scale *= 128) {
      byte = source[at++]!
      magnitude += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (magnitude + sign > Number.MAX_SAFE_INTEGER) return NaN
        this.at = at
        return sign === 0 ? magnitude : -magnitude - 1
      }
    }
    return NaN
  }
}
