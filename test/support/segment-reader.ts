// A second reader of the segments of a data directory, written from the description of the format alone: it shares no
// code with the product, so that a mistake in the writer is not read away by the same mistake in the reader.
//
// A partition is a directory `TOPIC-PARTITION` of segments `BASE.log`; a segment is record batches v2 one behind the
// other (https://kafka.apache.org/documentation/#recordbatch). The indexes beside it are hints and not looked at.

export interface ReadableDirectory {
  /** Names in a directory. */
  list(path: string): readonly string[]
  read(path: string): Buffer
}

export interface StoredRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly key: string | null
  readonly value: string | null
}

export interface StoredBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly maxTimestampMs: number
  readonly position: number
  readonly records: readonly StoredRecord[]
}

export interface StoredSegment {
  readonly baseOffset: number
  readonly batches: readonly StoredBatch[]
}

/** The segments of a partition's directory, ascending. Throws where the bytes break the format. */
export function readPartition(disk: ReadableDirectory, directory: string): readonly StoredSegment[] {
  const names = disk.list(directory)
  return names
    .filter((name) => /^\d{20}\.log$/.test(name))
    .sort()
    .map((name) => {
      const baseOffset = Number(name.slice(0, 20))
      const batches = readSegment(disk.read(`${directory}/${name}`), `${directory}/${name}`)
      return { baseOffset, batches }
    })
}

function readSegment(bytes: Buffer, path: string): StoredBatch[] {
  const batches: StoredBatch[] = []
  let nextOffset = -1
  for (let position = 0; position < bytes.length; ) {
    const length = position + 12 <= bytes.length ? bytes.readInt32BE(position + 8) : -1
    const end = position + 12 + length
    if (length < 49 || end > bytes.length) throw new Error(`${path}: no batch of ${length} bytes at ${position}`)
    if (bytes[position + 16] !== 2) throw new Error(`${path}: magic ${bytes[position + 16]} at ${position}`)
    if (checksum(bytes, position + 21, end) !== bytes.readUInt32BE(position + 17))
      throw new Error(`${path}: the checksum at ${position} does not match`)
    const batch = readBatch(bytes, position, end)
    if (batch.baseOffset < nextOffset) throw new Error(`${path}: offset ${batch.baseOffset} behind ${nextOffset - 1}`)
    nextOffset = batch.lastOffset + 1
    batches.push(batch)
    position = end
  }
  return batches
}

function readBatch(bytes: Buffer, position: number, end: number): StoredBatch {
  const baseOffset = Number(bytes.readBigInt64BE(position))
  const baseTimestampMs = Number(bytes.readBigInt64BE(position + 27))
  const count = bytes.readInt32BE(position + 57)
  const cursor = { at: position + 61 }
  const records: StoredRecord[] = []
  for (let index = 0; index < count; index++) {
    const length = zigzag(bytes, cursor)
    const recordEnd = cursor.at + length
    cursor.at++
    const timestampMs = baseTimestampMs + zigzag(bytes, cursor)
    const offset = baseOffset + zigzag(bytes, cursor)
    const key = field(bytes, cursor)
    const value = field(bytes, cursor)
    cursor.at = recordEnd
    records.push({ offset, timestampMs, key, value })
  }
  if (cursor.at !== end) throw new Error(`the records of batch ${baseOffset} end at ${cursor.at}, not at ${end}`)
  const lastOffset = baseOffset + bytes.readInt32BE(position + 23)
  const maxTimestampMs = Number(bytes.readBigInt64BE(position + 35))
  return { baseOffset, lastOffset, maxTimestampMs, position, records }
}

function field(bytes: Buffer, cursor: { at: number }): string | null {
  const length = zigzag(bytes, cursor)
  if (length < 0) return null
  cursor.at += length
  return bytes.toString('latin1', cursor.at - length, cursor.at)
}

/** Seven bits a byte, the lowest first; zigzag folds the sign into the lowest bit. */
function zigzag(bytes: Buffer, cursor: { at: number }): number {
  let value = 0
  let scale = 1
  for (;;) {
    const byte = bytes[cursor.at++] ?? 0
    value += (byte & 0x7f) * scale
    if (byte < 0x80) break
    scale *= 128
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

/** CRC-32C, bit by bit from its polynomial. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0x82f63b78 : 0)
  return rest
})

function checksum(bytes: Buffer, start: number, end: number): number {
  let crc = 0xffffffff
  for (let at = start; at < end; at++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] as number)) & 0xff] as number)
  return ~crc >>> 0
}
