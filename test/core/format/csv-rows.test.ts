import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CsvRows } from '../../../core/format/csv-rows.js'

function rowsOf(text: string, separator?: string): unknown[] {
  const rows = new CsvRows(text, separator)
  const found: unknown[] = []
  while (rows.next()) found.push(rows.fault ?? rows.fields)
  return found
}

/** As a careful writer writes it. */
function written(fields: readonly string[], quotesAll: boolean): string {
  const needsQuotes = (field: string): boolean => quotesAll || /[",\r\n]/.test(field) || fields.join('') === ''
  return fields.map((field) => (needsQuotes(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')
}

describe('rows of CSV', () => {
  it('are read back as they were written', () => {
    const field = fc.oneof(fc.string(), fc.constantFrom('a', '', '"', ',', '\n', '\r\n', 'a"b', ' x '))
    const table = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 6 })
    fc.assert(
      fc.property(table, fc.boolean(), fc.constantFrom('\n', '\r\n'), (rows, quotesAll, end) => {
        const text = rows.map((fields) => written(fields, quotesAll)).join(end)
        expect(rowsOf(text)).toEqual(rows)
        expect(rowsOf(text + end)).toEqual(rows)
      }),
      { numRuns: 1_000 },
    )
  })

  it('pass over lines without anything, and take another separator', () => {
    expect(rowsOf('\n\r\na;b\n\n;\n', ';')).toEqual([
      ['a', 'b'],
      ['', ''],
    ])
  })

  it('that are none say why, and the walk goes on with the next line', () => {
    const text = 'a"b,c\n"d"e\n"f","g"\n"h'
    expect(rowsOf(text)).toEqual([
      'a quote stands inside a field that does not begin with one',
      'something follows a field in quotes',
      ['f', 'g'],
      'a field in quotes has no end',
    ])
  })

  it('know their lines and their place in the text', () => {
    const text = 'a,b\n"x\ny",z\r\nlast'
    const rows = new CsvRows(text)
    const places: unknown[] = []
    while (rows.next()) places.push([rows.line, text.slice(rows.start, rows.end)])
    expect(places).toEqual([
      [1, 'a,b'],
      [2, '"x\ny",z'],
      [4, 'last'],
    ])
  })

  it('come to an end, whatever the text is', () => {
    const piece = fc.constantFrom('"', ',', '\n', '\r', '\r\n', 'a', '""')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = pieces.join('')
        const rows = new CsvRows(text)
        let before = 0
        while (rows.next()) {
          expect(rows.start).toBeGreaterThanOrEqual(before)
          expect(rows.end).toBeGreaterThan(rows.start)
          before = rows.end
        }
        expect(before).toBeLessThanOrEqual(text.length)
      }),
      { numRuns: 2_000 },
    )
  })
})
