import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeText } from '../../../../connectors/postgres/values/json-text.js'
import { OutputBytes } from '../../../../connectors/postgres/values/output-bytes.js'
import {
  writeBool,
  writeBytea,
  writeChar,
  writeFloat,
  writeInt8,
  writeJson,
  writeTimestamp,
  writeTimestampTz,
} from '../../../../connectors/postgres/values/scalars.js'
import { encoded } from './one-value.js'

describe('a value becomes JSON', () => {
  it.each([
    ['bool', writeBool, 't', 'true'],
    ['bool', writeBool, 'f', 'false'],
    ['int8', writeInt8, '-1', '-1'],
    ['int8', writeInt8, '9007199254740991', '9007199254740991'],
    ['int8', writeInt8, '-9007199254740991', '-9007199254740991'],
    ['int8', writeInt8, '9007199254740992', '"9007199254740992"'],
    ['int8', writeInt8, '-9223372036854775808', '"-9223372036854775808"'],
    ['float8', writeFloat, '1e-05', '1e-05'],
    ['float8', writeFloat, '-0', '-0'],
    ['float8', writeFloat, 'NaN', '"NaN"'],
    ['float8', writeFloat, '-Infinity', '"-Infinity"'],
    ['bytea', writeBytea, '\\x', '""'],
    ['bytea', writeBytea, '\\x00', '"AA=="'],
    ['bytea', writeBytea, '\\x00ff', '"AP8="'],
    ['bytea', writeBytea, '\\x00ff10', '"AP8Q"'],
    ['timestamp', writeTimestamp, '2024-02-29 10:00:00.123456', '"2024-02-29T10:00:00.123456"'],
    ['timestamp', writeTimestamp, '0044-03-15 10:00:00 BC', '"0044-03-15 10:00:00 BC"'],
    ['timestamp', writeTimestamp, '-infinity', '"-infinity"'],
    ['timestamptz', writeTimestampTz, '2024-02-29 10:00:00+00', '"2024-02-29T10:00:00Z"'],
    ['timestamptz', writeTimestampTz, '0044-03-15 10:00:00+00 BC', '"0044-03-15 10:00:00+00 BC"'],
    ['timestamptz', writeTimestampTz, 'infinity', '"infinity"'],
    ['json', writeJson, '{"a":\r\n [1.50, "\\n"]}', '{"a":   [1.50, "\\n"]}'],
    ['"char"', writeChar, 'a', '"a"'],
    ['"char"', writeChar, '\\303', '"\\\\303"'],
  ])('%s: %3$s', (_, encode, text, json) => {
    expect(encoded(encode, text)).toBe(json)
  })

  it('"char": a byte above 127 is never written as it is', () => {
    const out = new OutputBytes()
    writeChar(Buffer.from([0xc3]), 0, 1, out)
    expect(out.bytes.toString('latin1', 0, out.at)).toBe('"\\\\303"')
  })

  it('text is what JSON.parse gives back, however long and whatever it holds', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 })
    fc.assert(
      fc.property(text, (value) => {
        expect(JSON.parse(encoded(writeText, value))).toBe(value)
      }),
    )
  })

  it('bytea is base64 of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const value = Buffer.from(bytes)
        expect(encoded(writeBytea, `\\x${value.toString('hex')}`)).toBe(`"${value.toString('base64')}"`)
      }),
    )
  })

  it('room that one large value took is let go, and what was written before stays while it grows', () => {
    const out = new OutputBytes()
    const large = Buffer.alloc(3 * 1024 * 1024, 0x01)
    writeText(Buffer.from('before'), 0, 6, out)
    writeText(large, 0, large.length, out)
    expect(out.bytes.toString('latin1', 0, 8)).toBe('"before"')
    expect(out.at).toBe(8 + large.length * 6 + 2)
    out.reset()
    expect(out.bytes.length).toBeLessThan(1024 * 1024)
  })
})
