import { describe, expect, it } from 'vitest'
import { parseCsvRow } from '../../../core/format/csv-row.js'
import { ParseFailure } from '../../../core/format/parsed.js'

const columns = ['time', 'level', 'message']

describe('a row of CSV', () => {
  it('is an object of texts by the names of its columns', () => {
    expect(parseCsvRow('1,info,"it said ""no"", twice"', columns, ',')).toEqual({
      time: '1',
      level: 'info',
      message: 'it said "no", twice',
    })
    expect(parseCsvRow('1;;a,b\r\n', columns, ';')).toEqual({ time: '1', level: '', message: 'a,b' })
    expect(parseCsvRow('1,2,"over\ntwo lines"', columns, ',')).toMatchObject({ message: 'over\ntwo lines' })
  })

  it.each([
    ['another number of fields', '1,2'],
    ['too many fields', '1,2,3,4'],
    ['nothing', ''],
    ['two rows', '1,2,3\n4,5,6'],
    ['a quote without an end', '1,2,"3'],
    ['a quote within a field', '1,2,3"4'],
  ])('is not %s', (_, text) => {
    expect(parseCsvRow(text, columns, ',')).toBeInstanceOf(ParseFailure)
  })
})
