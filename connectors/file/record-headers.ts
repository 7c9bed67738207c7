// The headers of a file's records: what `metadata` asks for, and the marks of a line that came in pieces.
//
// Without position and line the headers are the same for every record and encoded once; nothing is made per record.

import { encodeHeaders, type EncodedHeaders, type RecordHeader } from '../../core/record/record-headers.js'

export interface PieceMarks {
  /** The beginning of the line, or group, was a record before. */
  readonly continued: boolean
  /** The rest of the line is left out. */
  readonly truncated: boolean
}

export const noMarks: PieceMarks = { continued: false, truncated: false }

const markValue = Buffer.from('true')

export class FileRecordHeaders {
  /** Must each record's headers be made for it? */
  readonly arePerRecord: boolean
  /** Those of a record without marks; undefined when they are made per record. */
  readonly usual: EncodedHeaders | null
  readonly #host: RecordHeader | undefined
  readonly #withPosition: boolean
  readonly #withLine: boolean
  readonly #marked = new Map<PieceMarks, EncodedHeaders | null>()

  constructor(metadata: readonly string[], hostName: string) {
    this.#host = metadata.includes('host') ? { key: 'host', value: Buffer.from(hostName) } : undefined
    this.#withPosition = metadata.includes('position')
    this.#withLine = metadata.includes('line')
    this.arePerRecord = this.#withPosition || this.#withLine
    this.usual = this.#encode(noMarks, 0, 0)
  }

  /** The headers of a record that begins at the position, in the line of this number (the first is 1). */
  of(marks: PieceMarks, position: number, line: number): EncodedHeaders | null {
    if (this.arePerRecord) return this.#encode(marks, position, line)
    if (marks === noMarks) return this.usual
    let encoded = this.#marked.get(marks)
    if (encoded === undefined) {
      encoded = this.#encode(marks, position, line)
      this.#marked.set(marks, encoded)
    }
    return encoded
  }

  #encode(marks: PieceMarks, position: number, line: number): EncodedHeaders | null {
    const list: RecordHeader[] = []
    if (this.#host !== undefined) list.push(this.#host)
    if (this.#withPosition) list.push({ key: 'position', value: Buffer.from(String(position)) })
    if (this.#withLine) list.push({ key: 'line', value: Buffer.from(String(line)) })
    if (marks.continued) list.push({ key: 'continued', value: markValue })
    if (marks.truncated) list.push({ key: 'truncated', value: markValue })
    return list.length === 0 ? null : encodeHeaders(list)
  }
}
