// STUB for trying out; replaced.
import type { OutputBytes } from './output-bytes.js'
import type { TypeSource } from './type-catalog.js'
export type TargetKind = number
export class TargetKinds {
  constructor(_source: TypeSource) {}
  resolve(columns: readonly { typeOid: number; typmod: number }[]): Promise<readonly TargetKind[]> {
    return Promise.resolve(columns.map(({ typeOid }) => typeOid))
  }
}
export function copyField(kind: TargetKind, bytes: Buffer, start: number, end: number, out: OutputBytes): void {
  const text = bytes.toString('utf8', start, end)
  let field = text === 'null' ? '\\N' : text
  if (text[0] === '"' && kind !== 114 && kind !== 3802) field = escape(JSON.parse(text) as string)
  else if (field !== '\\N') field = escape(text)
  out.ensure(field.length * 3)
  out.at += out.bytes.write(field, out.at, 'utf8')
}
function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')
}
