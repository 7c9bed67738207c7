// One column of a row group: a page of its dictionary, if it has one, and the pages of its values; each is
//
//   PageHeader in Thrift's compact protocol · what the page holds, compressed
//
// Pages are of the first kind (DATA_PAGE): every reader has them, while several read the second kind in part only. A
// header carries the CRC-32 of what follows it.

import { crc32 } from 'node:zlib'
import type { LeafColumn } from '../table/leaf-column.js'
import { StatisticsCollector } from './column-statistics.js'
import type { ColumnStatistics } from './column-statistics.js'
import { encodings, pageTypes } from './format-numbers.js'
import { pageBody } from './page-body.js'
import type { PageCompression } from './page-compression.js'
import { PageCuts } from './page-cuts.js'
import type { PageRange } from './page-cuts.js'
import { ThriftWriter } from './thrift-writer.js'
import { valueForm } from './value-form.js'
import type { Dictionary } from './value-form.js'

export interface ColumnChunk {
  readonly leaf: LeafColumn
  /** In order; some may be views of the leaf's memory. */
  readonly pieces: readonly Buffer[]
  /** Of the dictionary's page with its header; 0 when there is none. */
  readonly dictionaryBytes: number
  readonly sizeBytes: number
  /** Headers and pages, had they not been compressed. */
  readonly plainSizeBytes: number
  /** How many pages hold numbers, and how many plain values. */
  readonly numberedPages: number
  readonly plainPages: number
  readonly entryCount: number
  readonly statistics: ColumnStatistics
}

interface Page {
  readonly pieces: readonly Buffer[]
  readonly sizeBytes: number
  readonly plainSizeBytes: number
}

/**
 * For a leaf that has been settled and has entries; it must not be changed until the pieces are written. `turn` gives the
 * event loop a turn behind each page, or the few that are compressed at once: a page takes some milliseconds.
 */
export async function columnChunk(
  leaf: LeafColumn,
  compression: PageCompression,
  turn: () => Promise<void>,
): Promise<ColumnChunk> {
  const form = valueForm(leaf)
  const cuts = new PageCuts(leaf, form)
  const statistics = new StatisticsCollector(leaf, form)
  const pages: Page[] = []
  if (form.dictionary !== undefined) pages.push(await dictionaryPage(form.dictionary, compression))
  const ranges: PageRange[] = []
  for (let cut = cuts.next(); cut !== undefined; ) {
    const underWay: Promise<Page>[] = []
    for (; cut !== undefined && underWay.length < compression.atOnce; cut = cuts.next()) {
      statistics.addPage(cut)
      ranges.push(cut)
      underWay.push(packPage(pageBody(leaf, form, cut), compression, valuesHeader(cut)))
    }
    pages.push(...(await Promise.all(underWay)))
    await turn()
  }
  const numberedPages = ranges.filter(({ isNumbered }) => isNumbered).length
  return {
    leaf,
    pieces: pages.flatMap(({ pieces }) => pieces),
    dictionaryBytes: form.dictionary === undefined ? 0 : pages[0]!.sizeBytes,
    sizeBytes: sumOf(pages.map(({ sizeBytes }) => sizeBytes)),
    plainSizeBytes: sumOf(pages.map(({ plainSizeBytes }) => plainSizeBytes)),
    numberedPages,
    plainPages: ranges.length - numberedPages,
    entryCount: leaf.entryCount,
    statistics: statistics.finish(),
  }
}

/** What a header says about its kind of page. */
interface Header {
  readonly type: number
  readonly write: (to: ThriftWriter) => void
}

function dictionaryPage({ values, count }: Dictionary, compression: PageCompression): Promise<Page> {
  return packPage([values.slice(0, values.usedBytes)], compression, {
    type: pageTypes.dictionary,
    write: (to) => to.beginStruct(7).i32(1, count).i32(2, encodings.plain).end(),
  })
}

function valuesHeader({ start, end, isNumbered }: PageRange): Header {
  return {
    type: pageTypes.values,
    write: (to) =>
      to
        .beginStruct(5)
        .i32(1, end.entry - start.entry)
        .i32(2, isNumbered ? encodings.rleDictionary : encodings.plain)
        .i32(3, encodings.rle)
        .i32(4, encodings.rle)
        .end(),
  }
}

async function packPage(body: readonly Buffer[], compression: PageCompression, header: Header): Promise<Page> {
  const packed = await compression.pack(body.filter(({ length }) => length > 0))
  const plainBytes = lengthOf(body)
  const packedBytes = lengthOf(packed)
  const to = new ThriftWriter(64)
  to.beginElement().i32(1, header.type).i32(2, plainBytes).i32(3, packedBytes).i32(4, checksumOf(packed))
  header.write(to)
  const headerPiece = to.end().finish()
  return {
    pieces: [headerPiece, ...packed],
    sizeBytes: headerPiece.length + packedBytes,
    plainSizeBytes: headerPiece.length + plainBytes,
  }
}

/** CRC-32 as the signed integer that the header wants. No piece is empty: node:zlib may begin anew with one. */
function checksumOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => crc32(piece, sum), 0) | 0
}

function lengthOf(pieces: readonly Buffer[]): number {
  return sumOf(pieces.map(({ length }) => length))
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
