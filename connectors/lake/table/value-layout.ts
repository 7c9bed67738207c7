// How the values of a type lie in memory: as Parquet's PLAIN encoding has them, so that a page is a slice of it. Booleans
// alone take a byte each until their bits are packed.
//
// Integers are little endian in 4 or 8 bytes; a decimal takes as many as its digits need, beyond 18 of them 16 bytes in
// big endian two's complement. Text and binary stand behind their length (u32, little endian).

import type { ScalarType } from './column-type.js'

/** Parquet's physical types, as far as they are written. */
export type Physical = 'boolean' | 'int32' | 'int64' | 'float' | 'double' | 'bytes' | 'fixed'

export interface ValueLayout {
  readonly physical: Physical
  /** Bytes of a value; 0 when each has its own length. */
  readonly widthBytes: number
}

const layouts: Readonly<Record<Exclude<ScalarType['kind'], 'decimal'>, ValueLayout>> = {
  boolean: { physical: 'boolean', widthBytes: 1 },
  int32: { physical: 'int32', widthBytes: 4 },
  int64: { physical: 'int64', widthBytes: 8 },
  float: { physical: 'float', widthBytes: 4 },
  double: { physical: 'double', widthBytes: 8 },
  string: { physical: 'bytes', widthBytes: 0 },
  json: { physical: 'bytes', widthBytes: 0 },
  binary: { physical: 'bytes', widthBytes: 0 },
  uuid: { physical: 'fixed', widthBytes: 16 },
  date: { physical: 'int32', widthBytes: 4 },
  time: { physical: 'int64', widthBytes: 8 },
  timestamp: { physical: 'int64', widthBytes: 8 },
}

/** The most digits that every integer of 4 and of 8 bytes can hold, and of 16. */
const digitsOfInt32 = 9
const digitsOfInt64 = 18
export const mostDecimalDigits = 38

export function valueLayout(type: ScalarType): ValueLayout {
  if (type.kind !== 'decimal') return layouts[type.kind]
  if (type.precision <= digitsOfInt32) return { physical: 'int32', widthBytes: 4 }
  if (type.precision <= digitsOfInt64) return { physical: 'int64', widthBytes: 8 }
  return { physical: 'fixed', widthBytes: 16 }
}
