import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nullKind, TupleView } from '../../../../connectors/postgres/pgoutput/tuple-view.js'
import { readCopyRow } from '../../../../connectors/postgres/values/copy-text.js'

/** As the server writes a field: PostgreSQL manual, COPY, "Text Format". */
function fieldText(value: string | null): string {
  if (value === null) return '\\N'
  const letters: Record<string, string> = {
    '\b': 'b',
    '\f': 'f',
    '\n': 'n',
    '\r': 'r',
    '\t': 't',
    '\v': 'v',
    '\\': '\\',
  }
  return value.replace(/[\b\f\n\r\t\v\\]/g, (one) => `\\${letters[one]}`)
}

function read(view: TupleView, text: string, around = ''): (string | null)[] {
  const bytes = Buffer.from(`${around}${text}${around}`)
  const start = Buffer.byteLength(around)
  readCopyRow(bytes, start, start + Buffer.byteLength(text), view)
  return Array.from({ length: view.count }, (_, column) => {
    if (view.kinds[column] === nullKind) return null
    return view.bytes.toString('utf8', view.starts[column], view.ends[column])
  })
}

const piece = fc.constantFrom('\\', 'N', '\t', '\n', 'a', '.', 'ä', '\b', '\v', 'n', '')
const value = fc.option(
  fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
  ),
)

describe('a row of COPY in text form', () => {
  it('is read as the values that it was written from, row after row into the same view', () => {
    const view = new TupleView(2)
    const law = fc.property(
      fc.array(value, { minLength: 1, maxLength: 40 }),
      fc.boolean(),
      fc.constantFrom('', '\\N', '\t', 'x'),
      (row, hasLineEnd, around) => {
        const text = `${row.map(fieldText).join('\t')}${hasLineEnd ? '\n' : ''}`
        expect(read(view, text, around)).toEqual(row)
      },
    )
    fc.assert(law)
  })

  it('has at most as many columns as a server can send', () => {
    expect(read(new TupleView(), 'x\t'.repeat(1663) + 'x')).toHaveLength(1664)
    expect(() => read(new TupleView(), 'x\t'.repeat(5000))).toThrow(/more than 1664 columns/)
  })
})
