// The numbers that parquet.thrift of apache/parquet-format gives to what is written here.

import type { Physical } from '../table/value-layout.js'

export const physicalTypes: Readonly<Record<Physical, number>> = {
  boolean: 0,
  int32: 1,
  int64: 2,
  float: 4,
  double: 5,
  bytes: 6,
  fixed: 7,
}

export const convertedTypes = {
  utf8: 0,
  map: 1,
  list: 3,
  decimal: 5,
  date: 6,
  timeMicros: 8,
  timestampMicros: 10,
  json: 19,
} as const

/** Fields of the union LogicalType. */
export const logicalTypes = {
  string: 1,
  map: 2,
  list: 3,
  decimal: 5,
  date: 6,
  time: 7,
  timestamp: 8,
  json: 12,
  uuid: 14,
} as const

/** The field of the union TimeUnit. */
export const microseconds = 2

export const repetitions = { required: 0, optional: 1, repeated: 2 } as const

export const encodings = { plain: 0, rle: 3, rleDictionary: 8 } as const

export const pageTypes = { values: 0, dictionary: 2 } as const
