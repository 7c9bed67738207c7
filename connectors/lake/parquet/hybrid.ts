// Parquet's hybrid of runs and packed bits (Encodings.md, RLE = 3): for levels and for numbers of a dictionary.
//
//   run of n equal values:     varint n << 1 · the value in as many bytes as its bits need
//   8 g values packed:         varint g << 1 | 1 · g × width bytes, each value from the lowest free bit upwards
//
// Equal values from eight on become a run. At most 63 groups of eight are packed behind one header, so that it is one byte
// whose place can be kept free; the last group is filled up with zeros, which no reader counts.

const group = 8
const mostGroups = 63

/** Bits of the numbers up to `most`; at least one, since not every reader takes none. */
export function bitWidthOf(most: number): number {
  return Math.max(32 - Math.clz32(most), 1)
}

/** No encoding of so many values is longer. */
export function mostHybridBytes(count: number, bitWidth: number): number {
  // A run costs five bytes for its length at most, but then it is long: two and the value for eight is the worst.
  return (Math.ceil(count / group) + 1) * (Math.max(bitWidth, 3) + 3) + 8
}

export interface Values {
  readonly values: Uint8Array | Uint16Array
  readonly start: number
  readonly end: number
  readonly bitWidth: number
}

/** Writes the values at `at` and returns the place behind them. The caller has made room. */
export function writeHybrid(target: Uint8Array, at: number, { values, start, end, bitWidth }: Values): number {
  let headerAt = -1
  let groups = mostGroups
  for (let from = start; from < end; ) {
    const runEnd = endOfRun(values, from, end)
    if (runEnd - from >= group || runEnd === end) {
      at = writeRun(target, at, { value: values[from]!, count: runEnd - from, bitWidth })
      groups = mostGroups
      from = runEnd
      continue
    }
    if (groups === mostGroups) {
      headerAt = at++
      groups = 0
    }
    groups++
    target[headerAt] = (groups << 1) | 1
    at = packGroup(target, at, { values, start: from, end, bitWidth })
    from += group
  }
  return at
}

export interface Run {
  readonly value: number
  readonly count: number
  readonly bitWidth: number
}

/** Writes `count` equal values, at least one. */
export function writeRun(target: Uint8Array, at: number, { value, count, bitWidth }: Run): number {
  let rest = count * 2
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) target[at++] = (rest & 0x7f) | 0x80
  target[at++] = rest
  for (let bits = 0; bits < bitWidth; bits += 8) target[at++] = value >>> bits
  return at
}

function endOfRun(values: Uint8Array | Uint16Array, start: number, end: number): number {
  const value = values[start]
  let at = start + 1
  while (at < end && values[at] === value) at++
  return at
}

function packGroup(target: Uint8Array, at: number, { values, start, end, bitWidth }: Values): number {
  const last = Math.min(start + group, end)
  let bits = 0
  let bitCount = 0
  for (let from = start; from < last; from++) {
    bits |= values[from]! << bitCount
    for (bitCount += bitWidth; bitCount >= 8; bitCount -= 8) {
      target[at++] = bits
      bits >>>= 8
    }
  }
  for (let missing = last - start; missing < group; missing++) {
    for (bitCount += bitWidth; bitCount >= 8; bitCount -= 8) {
      target[at++] = bits
      bits >>>= 8
    }
  }
  return at
}
