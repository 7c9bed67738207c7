// Several Parquet files as one: their row groups one behind the other, byte for byte, and one footer over all of them.
//
// A row group says where its pages lie; these places move with it, and nothing else changes. Files share one only when
// all else of their footers is equal: schema, key-value metadata, order of columns, and who wrote them.

import { present } from '../../../core/errors/invariant.js'
import { footerBytes, magic } from './file-footer.js'
import {
  ThriftMistake,
  readThriftStruct,
  type ThriftField,
  type ThriftStruct,
  writeThriftFields,
} from './thrift-reader.js'
import { ThriftWriter } from './thrift-writer.js'

/** Fields of FileMetaData (parquet.thrift). */
const footerFields = { rowCount: 3, rowGroups: 4 } as const
/** Of RowGroup: its columns, and where it begins. */
const groupFields = { columns: 1, position: 5 } as const
/** Of ColumnChunk: its ColumnMetaData, and places of its indexes. */
const chunkFields = { metadata: 3, places: [4, 6] } as const
/** Of ColumnMetaData: its pages, the index of the oldest writers, the dictionary, a Bloom filter. */
const metadataPlaces = [9, 10, 11, 14] as const

const trailerBytes = 4 + magic.length

/** A file that can become a part of another one. */
export interface TablePart {
  /** Its row groups, with what lies between them. */
  readonly body: Buffer
  readonly footer: ThriftStruct
  readonly rowCount: number
  /** Equal for files that can share one. */
  readonly kind: string
}

/** Throws ThriftMistake for what is no file that this program writes. */
export function readTablePart(bytes: Buffer): TablePart {
  const footerEnd = bytes.length - trailerBytes
  const isFramed =
    footerEnd >= magic.length &&
    bytes.subarray(0, magic.length).equals(magic) &&
    bytes.subarray(bytes.length - magic.length).equals(magic)
  if (!isFramed) throw new ThriftMistake('it does not begin and end as a Parquet file')
  const footerStart = footerEnd - bytes.readUInt32LE(footerEnd)
  if (footerStart < magic.length) throw new ThriftMistake('its footer is longer than the file')
  const footer = readThriftStruct(bytes.subarray(footerStart, footerEnd))
  const rowCount = footer.get(footerFields.rowCount)
  if (rowCount?.type !== 'i64') throw new ThriftMistake('its footer has no count of rows')
  const shared = new Map([...footer].filter(([id]) => id !== footerFields.rowCount && id !== footerFields.rowGroups))
  return {
    body: bytes.subarray(magic.length, footerStart),
    footer,
    rowCount: rowCount.value,
    kind: structBytes(shared).toString('latin1'),
  }
}

/** Takes parts of one kind, whose bodies the caller writes one behind the other, behind the first `magic`. */
export class MergedTables {
  readonly #rowGroups: ThriftStruct[] = []
  #first: TablePart | undefined
  #position = magic.length
  rowCount = 0

  /** The part fits to those before it. */
  fits({ kind }: TablePart): boolean {
    return this.#first === undefined || this.#first.kind === kind
  }

  /** The part's body is what the file has next. Throws ThriftMistake, and then nothing changed. */
  add(part: TablePart): void {
    const shift = this.#position - magic.length
    const groups = rowGroupsOf(part).map((group) => shiftedGroup(group, shift))
    this.#first ??= part
    this.#rowGroups.push(...groups)
    this.rowCount += part.rowCount
    this.#position += part.body.length
  }

  /** What ends the file. */
  footer(): Buffer {
    const { footer } = present(this.#first, 'a part of a merged table')
    const merged = new Map(footer)
    merged.set(footerFields.rowCount, { type: 'i64', value: this.rowCount })
    merged.set(footerFields.rowGroups, { type: 'list', value: { of: 'struct', items: this.#rowGroups } })
    return footerBytes(structBytes(merged))
  }
}

function rowGroupsOf({ footer }: TablePart): readonly ThriftStruct[] {
  const field = footer.get(footerFields.rowGroups)
  if (field?.type !== 'list' || field.value.of !== 'struct') throw new ThriftMistake('its footer has no row groups')
  return field.value.items
}

function shiftedGroup(group: ThriftStruct, shift: number): ThriftStruct {
  const columns = group.get(groupFields.columns)
  if (columns?.type !== 'list' || columns.value.of !== 'struct') throw new ThriftMistake('a row group has no columns')
  const items = columns.value.items.map((chunk) => shiftedChunk(chunk, shift))
  const moved = shiftedPlaces(group, [groupFields.position], shift)
  return moved.set(groupFields.columns, { type: 'list', value: { of: 'struct', items } })
}

function shiftedChunk(chunk: ThriftStruct, shift: number): ThriftStruct {
  const metadata = chunk.get(chunkFields.metadata)
  if (metadata?.type !== 'struct') throw new ThriftMistake('a column has no metadata')
  const moved = shiftedPlaces(chunk, chunkFields.places, shift)
  return moved.set(chunkFields.metadata, {
    type: 'struct',
    value: shiftedPlaces(metadata.value, metadataPlaces, shift),
  })
}

function shiftedPlaces(struct: ThriftStruct, places: readonly number[], shift: number): Map<number, ThriftField> {
  const moved = new Map(struct)
  for (const id of places) {
    const field = struct.get(id)
    if (field?.type === 'i64') moved.set(id, { type: 'i64', value: field.value + shift })
  }
  return moved
}

function structBytes(struct: ThriftStruct): Buffer {
  const to = new ThriftWriter(1024).beginElement()
  writeThriftFields(to, struct)
  return to.end().finish()
}
