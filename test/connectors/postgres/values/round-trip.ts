// Values of a real server on the whole way: COPY text, our JSON, our COPY text, a second table of the same type.

import { copyIn } from '../../../../connectors/postgres/sink/copy-in.js'
import { nullKind, TupleView } from '../../../../connectors/postgres/pgoutput/tuple-view.js'
import { TargetKinds } from '../../../../connectors/postgres/values/copy-field.js'
import { readCopyRow } from '../../../../connectors/postgres/values/copy-text.js'
import { OutputBytes } from '../../../../connectors/postgres/values/output-bytes.js'
import { type ColumnType, TypeCatalog } from '../../../../connectors/postgres/values/type-catalog.js'
import type { Session } from '../../../../connectors/postgres/wire/connect.js'
import type { CopyOut } from '../../../../connectors/postgres/wire/copy-out.js'

const tab = 0x09
const lineFeed = 0x0a
const never = new AbortController().signal

export interface TwoTables {
  /** Reads catalogs, and writes the target. */
  readonly session: Session
  /** Reads the source. */
  readonly copy: CopyOut
  readonly source: string
  /** Has the same columns. */
  readonly target: string
}

/** Copies `source` into `target`; the JSON of each row's values on the way. */
export async function roundTrip({ session, copy, source, target }: TwoTables): Promise<string[][]> {
  const columns = await session.query<{ readonly oid: string; readonly typmod: number }>(
    `SELECT atttypid::text AS oid, atttypmod AS typmod FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum`,
    [source],
  )
  const references = columns.map(({ oid, typmod }) => ({ typeOid: Number(oid), typmod }))
  const types = await new TypeCatalog(session).resolve(references)
  const writers = await new TargetKinds(session).resolve(references)
  const out = new OutputBytes()
  const row = new TupleView()
  const values: string[][] = []
  await copy.copy(`COPY ${source} TO STDOUT`)
  for (let step = copy.next(); step !== 'end'; step = copy.next()) {
    if (step === 'none') {
      await copy.wait(never)
      continue
    }
    readCopyRow(copy.bytes, copy.start, copy.end, row)
    const texts = types.map((type, column) => jsonOf(type, row, column))
    for (const [column, text] of texts.entries()) {
      if (column > 0) writeByte(tab, out)
      // Between other bytes, as a value lies in a record.
      const bytes = Buffer.from(`{"a":${text},"b":"\\n"}`)
      writers[column]!(bytes, 5, 5 + Buffer.byteLength(text), out)
    }
    writeByte(lineFeed, out)
    values.push(texts)
  }
  await copyIn(session, target, out.bytes.subarray(0, out.at))
  return values
}

function jsonOf({ encode }: ColumnType, row: TupleView, column: number): string {
  if (row.kinds[column] === nullKind) return 'null'
  const json = new OutputBytes()
  encode(row.bytes, row.starts[column]!, row.ends[column]!, json)
  return json.bytes.toString('utf8', 0, json.at)
}

function writeByte(byte: number, out: OutputBytes): void {
  out.ensure(1)
  out.bytes[out.at++] = byte
}
