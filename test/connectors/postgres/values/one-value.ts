// One value on its way, from text to text.

import type { FieldWriter } from '../../../../connectors/postgres/values/copy-field.js'
import { OutputBytes } from '../../../../connectors/postgres/values/output-bytes.js'
import type { ValueEncoder } from '../../../../connectors/postgres/values/value-encoder.js'

/** The JSON of a value that the server prints like this. What lies around it in its frame is no part of it. */
export function encoded(encode: ValueEncoder, text: string): string {
  const out = new OutputBytes()
  const bytes = Buffer.from(text)
  encode(Buffer.concat([Buffer.from('"{'), bytes, Buffer.from('"}')]), 2, 2 + bytes.length, out)
  return out.bytes.toString('utf8', 0, out.at)
}

/** The field of COPY that a JSON value becomes. */
export function field(write: FieldWriter, json: string | Buffer): string {
  const out = new OutputBytes()
  const bytes = Buffer.from(json)
  write(Buffer.concat([Buffer.from('{"a":'), bytes, Buffer.from(',"b":"\\n\\"}')]), 5, 5 + bytes.length, out)
  return out.bytes.toString('utf8', 0, out.at)
}
