// The least and the most of values of one width, by where they stand; one loop for each physical type.

import type { PlainValues } from '../table/plain-values.js'

export interface Extremes {
  /** Where they begin; -1 when there is none. */
  leastAt: number
  mostAt: number
  /** For float and double. A NaN is never an extreme. */
  nanCount: number
}

export function int32Extremes(values: PlainValues): Extremes {
  const found = begin(values)
  let least = 2 ** 31
  let most = -least - 1
  for (let at = 0; at < values.usedBytes; at += 4) {
    const value = values.readInt32(at)
    if (value < least) {
      least = value
      found.leastAt = at
    }
    if (value > most) {
      most = value
      found.mostAt = at
    }
  }
  return found
}

export function int64Extremes(values: PlainValues): Extremes {
  const found = begin(values)
  if (values.usedBytes === 0) return found
  let leastHigh = values.readInt32(4)
  let leastLow = values.readUint32(0)
  let mostHigh = leastHigh
  let mostLow = leastLow
  for (let at = 8; at < values.usedBytes; at += 8) {
    const high = values.readInt32(at + 4)
    const low = values.readUint32(at)
    if (high < leastHigh || (high === leastHigh && low < leastLow)) {
      leastHigh = high
      leastLow = low
      found.leastAt = at
    } else if (high > mostHigh || (high === mostHigh && low > mostLow)) {
      mostHigh = high
      mostLow = low
      found.mostAt = at
    }
  }
  return found
}

export function floatExtremes(values: PlainValues): Extremes {
  return extremesOf(values, 4, (at) => values.readFloat(at))
}

export function doubleExtremes(values: PlainValues): Extremes {
  return extremesOf(values, 8, (at) => values.readDouble(at))
}

export function booleanExtremes(values: PlainValues): Extremes {
  return extremesOf(values, 1, (at) => values.bytes[at]!)
}

function extremesOf(values: PlainValues, widthBytes: number, read: (at: number) => number): Extremes {
  const found: Extremes = { leastAt: -1, mostAt: -1, nanCount: 0 }
  let least = NaN
  let most = NaN
  for (let at = 0; at < values.usedBytes; at += widthBytes) {
    const value = read(at)
    if (Number.isNaN(value)) {
      found.nanCount++
      continue
    }
    if (!(value >= least)) {
      least = value
      found.leastAt = at
    }
    if (!(value <= most)) {
      most = value
      found.mostAt = at
    }
  }
  return found
}

function begin(values: PlainValues): Extremes {
  const at = values.usedBytes === 0 ? -1 : 0
  return { leastAt: at, mostAt: at, nanCount: 0 }
}
