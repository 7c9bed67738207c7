// The headers of a record in their encoded form, as they lie in a record batch behind the header count:
// for each key length v, key, value length v (-1 null), value; v is a zigzag varint.

import { varintBytes, VarintReader, writeVarint } from '../bytes/varint.js'
import { recordErrors } from './errors.js'

export interface RecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

/** Headers ready to be copied into records; encoded once, used for as many records as carry them. */
export interface EncodedHeaders {
  readonly count: number
  readonly bytes: Uint8Array
}

/** Encodes headers in their order; keys may repeat. */
export function encodeHeaders(list: readonly RecordHeader[]): EncodedHeaders {
  let size = 0
  for (const { key, value } of list) {
    const keyBytes = Buffer.byteLength(key)
    size += varintBytes(keyBytes) + keyBytes
    size += value === null ? 1 : varintBytes(value.length) + value.length
  }
  const bytes = Buffer.allocUnsafeSlow(size)
  let at = 0
  for (const { key, value } of list) {
    at = writeVarint(bytes, at, Buffer.byteLength(key))
    at += bytes.write(key, at, 'utf8')
    at = writeVarint(bytes, at, value === null ? -1 : value.length)
    if (value === null) continue
    bytes.set(value, at)
    at += value.length
  }
  return { count: list.length, bytes }
}

/**
 * Decodes `count` headers that fill the bytes exactly; values are views of them. record_malformed when they do not.
 */
export function decodeHeaders(bytes: Buffer, count: number): RecordHeader[] {
  const headers: RecordHeader[] = []
  const reader = new VarintReader()
  const end = bytes.length
  for (let number = 0; number < count; number++) {
    const keyBytes = reader.read(bytes, end)
    if (!(keyBytes >= 0 && keyBytes <= end - reader.at)) throw malformed(number, count, end)
    const key = bytes.toString('utf8', reader.at, reader.at + keyBytes)
    reader.at += keyBytes
    const valueBytes = reader.read(bytes, end)
    if (!(valueBytes >= -1 && valueBytes <= end - reader.at)) throw malformed(number, count, end)
    if (valueBytes === -1) {
      headers.push({ key, value: null })
      continue
    }
    headers.push({ key, value: bytes.subarray(reader.at, reader.at + valueBytes) })
    reader.at += valueBytes
  }
  if (reader.at !== end) throw malformed(count, count, end)
  return headers
}

function malformed(number: number, count: number, sizeBytes: number): Error {
  return recordErrors.make(
    'record_malformed',
    `header ${number} of ${count} does not fit into its ${sizeBytes} bytes`,
    {
      details: { header: number, count, sizeBytes },
    },
  )
}
