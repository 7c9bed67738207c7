import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CsvFormat } from '../../../../connectors/lake/formats/csv.js'
import { parseCsvText } from './csv-text.js'
import { formatted, valueRecord } from './format-run.js'

const origin = { topic: 'app.logs', partition: 3 }

function linesOf(format: CsvFormat, values: readonly (string | Uint8Array | null)[]): string[][] {
  return parseCsvText(formatted(format, values.map(valueRecord)).toString())
}

describe('the format csv', () => {
  it('opens each file with the names of fields and columns', () => {
    const format = new CsvFormat({ fields: ['level', 'pod.name', 'a "b"'], columns: ['offset', 'time'] }, origin)
    expect(format.opening.toString()).toBe('level,pod.name,"a ""b""",_offset,_time\r\n')
  })

  it('tells null and what is missing from an empty text', () => {
    const format = new CsvFormat({ fields: ['a', 'b', 'c'], columns: [] }, origin)
    expect(formatted(format, [valueRecord('{"a":null,"b":""}')]).toString()).toBe(',"",\r\n')
  })

  it('keeps every digit of an integer, and writes what has parts as JSON', () => {
    const format = new CsvFormat({ fields: ['id', 'ok', 'tags', 'pod.name', 'pod'], columns: [] }, origin)
    const value = '{"id":12345678901234567890,"ok":true,"tags":["a","b"],"pod":{"name":"x"}}'
    expect(linesOf(format, [value])).toEqual([['12345678901234567890', 'true', '["a","b"]', 'x', '{"name":"x"}']])
  })

  it('takes values that are no object as a message', () => {
    const format = new CsvFormat({ fields: ['message'], columns: ['topic', 'partition', 'offset'] }, origin)
    expect(linesOf(format, ['plain, text', '[1]', Buffer.from([0xff, 0xfe]), null])).toEqual([
      ['plain, text', 'app.logs', '3', '0'],
      ['[1]', 'app.logs', '3', '1'],
      ['//4=', 'app.logs', '3', '2'],
      ['', 'app.logs', '3', '3'],
    ])
  })

  it('gives back any text, whatever it holds', () => {
    const format = new CsvFormat({ fields: ['a', 'b'], columns: [] }, origin)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (a, b) => {
        expect(linesOf(format, [JSON.stringify({ a, b })])).toEqual([[a, b]])
      }),
    )
  })
})
