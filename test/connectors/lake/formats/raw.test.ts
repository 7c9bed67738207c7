import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RawFormat } from '../../../../connectors/lake/formats/raw.js'
import { formatted, valueRecord } from './format-run.js'

describe('raw', () => {
  it('writes each value and a line feed, whatever the value holds', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.uint8Array({ maxLength: 90 })), { minLength: 1, maxLength: 40 }), (values) => {
        const expected = values.flatMap((value) => [Buffer.from(value ?? []), Buffer.from('\n')])
        expect(formatted(new RawFormat(), values.map(valueRecord), 100)).toEqual(Buffer.concat(expected))
      }),
    )
  })

  it('writes an empty line for a record without a value', () => {
    expect(formatted(new RawFormat(), [valueRecord('a'), valueRecord(null), valueRecord('b')]).toString()).toBe(
      'a\n\nb\n',
    )
  })
})
