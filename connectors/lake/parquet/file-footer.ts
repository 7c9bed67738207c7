// What stands at the end of a Parquet file: the schema, where the row groups and their columns are, and what is in them.
//
//   FileMetaData in Thrift's compact protocol · its length u32, little endian · 'PAR1'

import type { TableSchema } from '../table/column-type.js'
import type { ColumnChunk } from './column-chunk.js'
import { writeStatistics } from './column-statistics.js'
import { encodings, pageTypes, physicalTypes } from './format-numbers.js'
import { writeSchema } from './schema-elements.js'
import { elementTypes, ThriftWriter } from './thrift-writer.js'

/** What a file begins and ends with. */
export const magic = Buffer.from('PAR1', 'latin1')

/** As readers take it apart: the program, its version, its build. The version is that of the bytes. */
const createdBy = 'tailrace version 1.0.0 (build 1)'
const formatVersion = 1

export interface FooterContent {
  readonly schema: TableSchema
  readonly leafCount: number
  readonly rowCount: number
  /** Each as `rowGroupElement` has made it. */
  readonly rowGroups: readonly Buffer[]
  readonly metadata: ReadonlyMap<string, string>
}

/** The end of a file. */
export function fileFooter({ schema, leafCount, rowCount, rowGroups, metadata }: FooterContent): Buffer {
  const to = new ThriftWriter(1024).beginElement().i32(1, formatVersion)
  writeSchema(to, 2, schema)
  to.i64(3, rowCount).list(4, elementTypes.struct, rowGroups.length)
  for (const group of rowGroups) to.rawElement(group)
  if (metadata.size > 0) {
    to.list(5, elementTypes.struct, metadata.size)
    for (const [key, value] of metadata) to.beginElement().text(1, key).text(2, value).end()
  }
  to.text(6, createdBy).list(7, elementTypes.struct, leafCount)
  // TYPE_ORDER for every leaf: without it readers may not believe the bounds.
  for (let leaf = 0; leaf < leafCount; leaf++) to.beginElement().emptyStruct(1).end()
  return footerBytes(to.end().finish())
}

/** A FileMetaData as the end of a file. */
export function footerBytes(content: Buffer): Buffer {
  const end = Buffer.alloc(4 + magic.length)
  end.writeUInt32LE(content.length, 0)
  magic.copy(end, 4)
  return Buffer.concat([content, end])
}

export interface RowGroupContent {
  readonly chunks: readonly ColumnChunk[]
  readonly rowCount: number
  /** Of its first byte in the file. */
  readonly position: number
  readonly codec: number
}

/** The struct RowGroup. */
export function rowGroupElement({ chunks, rowCount, position, codec }: RowGroupContent): Buffer {
  const to = new ThriftWriter(256 * chunks.length)
  to.beginElement().list(1, elementTypes.struct, chunks.length)
  let sizeBytes = 0
  let plainSizeBytes = 0
  for (const chunk of chunks) {
    writeChunk(to, chunk, { position: position + sizeBytes, codec })
    sizeBytes += chunk.sizeBytes
    plainSizeBytes += chunk.plainSizeBytes
  }
  to.i64(2, plainSizeBytes).i64(3, rowCount).i64(5, position).i64(6, sizeBytes)
  return to.end().finish()
}

/** The struct ColumnChunk, with a ColumnMetaData. */
function writeChunk(to: ThriftWriter, chunk: ColumnChunk, place: { position: number; codec: number }): void {
  const { leaf, dictionaryBytes, numberedPages, plainPages } = chunk
  const used: number[] = [encodings.plain, encodings.rle]
  if (numberedPages > 0) used.push(encodings.rleDictionary)
  to.beginElement().i64(2, 0).beginStruct(3).i32(1, physicalTypes[leaf.layout.physical])
  to.list(2, elementTypes.i32, used.length)
  for (const encoding of used) to.i32Element(encoding)
  to.list(3, elementTypes.binary, leaf.path.length)
  for (const name of leaf.path) to.binaryElement(Buffer.from(name, 'utf8'))
  to.i32(4, place.codec).i64(5, chunk.entryCount).i64(6, chunk.plainSizeBytes).i64(7, chunk.sizeBytes)
  to.i64(9, place.position + dictionaryBytes)
  if (dictionaryBytes > 0) to.i64(11, place.position)
  writeStatistics(to, 12, chunk.statistics)
  writePageCounts(to, { dictionary: dictionaryBytes > 0 ? 1 : 0, numbered: numberedPages, plain: plainPages })
  to.end().end()
}

/** The list of PageEncodingStats: by it readers see whether the dictionary has all values. */
function writePageCounts(to: ThriftWriter, counts: { dictionary: number; numbered: number; plain: number }): void {
  const rows = [
    { type: pageTypes.dictionary, encoding: encodings.plain, count: counts.dictionary },
    { type: pageTypes.values, encoding: encodings.rleDictionary, count: counts.numbered },
    { type: pageTypes.values, encoding: encodings.plain, count: counts.plain },
  ].filter(({ count }) => count > 0)
  to.list(13, elementTypes.struct, rows.length)
  for (const { type, encoding, count } of rows) to.beginElement().i32(1, type).i32(2, encoding).i32(3, count).end()
}
