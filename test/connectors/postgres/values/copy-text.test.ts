import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nullKind, TupleView } from '../../../../connectors/postgres/pgoutput/tuple-view.js'
import { readCopyRow } from '../../../../connectors/postgres/values/copy-text.js'

/** The fields of a line that lies between others. */
function fieldsOf(line: string, row = new TupleView()): (string | null)[] {
  const before = Buffer.from('1\t2\n')
  const bytes = Buffer.concat([before, Buffer.from(`${line}\n`), Buffer.from('3\t\\N\n')])
  readCopyRow(bytes, before.length, bytes.length - 5, row)
  const at = (column: number) => row.bytes.toString('utf8', row.starts[column], row.ends[column])
  return Array.from({ length: row.count }, (_, column) => (row.kinds[column] === nullKind ? null : at(column)))
}

const escapes: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}
const printed = (value: string | null): string =>
  value?.replaceAll(/[\b\f\n\r\t\v\\]/g, (byte) => escapes[byte]!) ?? '\\N'

describe('a line of COPY', () => {
  it.each([
    ['fields', 'a\tb', ['a', 'b']],
    ['a null and a text that looks like one', '\\N\t\\\\N', [null, '\\N']],
    ['empty fields', '\t', ['', '']],
    ['one empty field', '', ['']],
    ['escapes', '\\b\\f\\n\\r\\t\\v\\\\', ['\b\f\n\r\t\v\\']],
  ])('with %s', (_, line, fields) => {
    expect(fieldsOf(line)).toEqual(fields)
  })

  it('is what was written, in one view for rows of any width', () => {
    const letter = fc.constantFrom('a', 'é', '\t', '\n', '\\', 'N', '.', '\v', '\r', '\b', '\f', '😀')
    const text = fc.array(letter, { maxLength: 6 }).map((letters) => letters.join(''))
    const row = new TupleView(1)
    fc.assert(
      fc.property(fc.array(fc.option(text), { minLength: 1, maxLength: 50 }), (fields) => {
        expect(fieldsOf(fields.map(printed).join('\t'), row)).toEqual(fields)
      }),
    )
  })
})
