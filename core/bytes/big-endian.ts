// Big-endian integers in byte arrays; 64-bit ones as doubles, in two halves and without BigInt.

const twoTo32 = 4294967296

/** Writes a safe integer as eight bytes, two's complement. */
export function writeInt64(target: Uint8Array, at: number, value: number): void {
  writeInt32(target, at, Math.floor(value / twoTo32))
  writeInt32(target, at + 4, value)
}

/** Reads eight bytes. What lies beyond the safe integers comes out rounded: `Number.isSafeInteger` tells. */
export function readInt64(source: Uint8Array, at: number): number {
  return readInt32(source, at) * twoTo32 + (readInt32(source, at + 4) >>> 0)
}

/** Writes the low 32 bits of an integer. */
export function writeInt32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24
  target[at + 1] = value >>> 16
  target[at + 2] = value >>> 8
  target[at + 3] = value
}

/** Reads four bytes as a signed integer. */
export function readInt32(source: Uint8Array, at: number): number {
  return (source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!
}

/** Writes the low 16 bits of an integer. */
export function writeInt16(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 8
  target[at + 1] = value
}

/** Reads two bytes as a signed integer. */
export function readInt16(source: Uint8Array, at: number): number {
  return ((source[at]! << 24) >> 16) | source[at + 1]!
}
