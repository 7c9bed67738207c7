import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnNames } from '../../../../connectors/lake/formats/columns.js'
import { NdjsonFormat } from '../../../../connectors/lake/formats/ndjson.js'
import { setBaseOffset } from '../../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../../core/record/encode-batch.js'
import { formatted, formattedBatch, valueRecord } from './format-run.js'

const origin = { topic: 'shop.orders', partition: 3 }

function lineOf(value: Uint8Array | string | null): string {
  return formatted(new NdjsonFormat([], origin), [valueRecord(value)]).toString()
}

describe('ndjson', () => {
  it.each([
    ['{"a":1}', '{"a":1}\n'],
    ['{"big":12345678901234567890123,"a":1,"a":2}', '{"big":12345678901234567890123,"a":1,"a":2}\n'],
    [' {"a": 1} \r\n', '{"a": 1}\n'],
    ['{\n  "a": 1,\r\n  "b": "\\n"\n}', '{   "a": 1,    "b": "\\n" }\n'],
    ['{}', '{}\n'],
    ['{ \n }', '{}\n'],
    ['[1]', '{"message":"[1]"}\n'],
    ['"text"', '{"message":"\\"text\\""}\n'],
    ['{"a":1', '{"message":"{\\"a\\":1"}\n'],
    ['', '{"message":""}\n'],
    ['a\tb\u0001\n日本', '{"message":"a\\tb\\u0001\\n日本"}\n'],
    [null, '{"message":null}\n'],
    [Buffer.from([0x61, 0xff]), '{"messageBase64":"Yf8="}\n'],
    [Buffer.from('{"a":"\xff"}', 'latin1'), '{"messageBase64":"eyJhIjoi/yJ9"}\n'],
  ])('writes %j as one line', (value, line) => {
    expect(lineOf(value)).toBe(line)
  })

  it('adds columns behind the members of the value', () => {
    const format = new NdjsonFormat(columnNames, origin)
    const record = {
      key: Buffer.from('k"1'),
      value: Buffer.from('{"a":1}'),
      timestampMs: Date.UTC(2026, 10, 22, 16, 25, 43, 123),
      headers: [
        { key: 'trace', value: Buffer.from('abc') },
        { key: 'raw', value: Buffer.from([0xff]) },
        { key: 'none', value: null },
      ],
    }
    expect(formatted(format, [record]).toString()).toBe(
      '{"a":1,"_key":"k\\"1","_headers":[{"key":"trace","value":"abc"},{"key":"raw","valueBase64":"/w=="},{"key":"none","value":null}],' +
        '"_topic":"shop.orders","_partition":3,"_offset":0,"_time":"2026-11-22T16:25:43.123Z"}\n',
    )
  })

  it('adds columns to what is no object, has no members, no key or no time', () => {
    const format = new NdjsonFormat(['key', 'offset', 'time'], origin)
    const records = [
      { key: null, value: Buffer.from('{}'), timestampMs: -1 },
      { key: Buffer.from([0xfe]), value: Buffer.from('text'), timestampMs: 0 },
      { key: Buffer.from(''), value: null, timestampMs: 1 },
    ]
    expect(formatted(format, records).toString().split('\n')).toEqual([
      '{"_key":null,"_offset":0,"_time":null}',
      '{"message":"text","_keyBase64":"/g==","_offset":1,"_time":"1970-01-01T00:00:00.000Z"}',
      '{"message":null,"_key":"","_offset":2,"_time":"1970-01-01T00:00:00.001Z"}',
      '',
    ])
  })

  it('writes any time and any offset as the platform would', () => {
    const format = new NdjsonFormat(['offset', 'time'], origin)
    const near = fc.integer({ min: -3000, max: 3000 })
    const time = fc.oneof(near, fc.integer({ min: -4_000_000_000_000_000, max: 4_000_000_000_000_000 }))
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 8 }), fc.maxSafeNat(), (times, firstOffset) => {
        const batch = encodeBatch(times.map((timestampMs) => ({ ...valueRecord('{}'), timestampMs })))
        const first = Math.min(firstOffset, Number.MAX_SAFE_INTEGER - times.length)
        setBaseOffset(batch, 0, first)
        const lines = formattedBatch(format, batch).toString().split('\n').slice(0, -1)
        expect(lines).toEqual(
          times.map((ms, index) => {
            const iso = ms === -1 ? 'null' : `"${new Date(ms).toISOString()}"`
            return `{"_offset":${first + index},"_time":${iso}}`
          }),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('gives every record one line that says what it was, in blocks of any size', () => {
    const value = fc.oneof(
      fc.constant(null),
      fc.uint8Array({ maxLength: 40 }),
      fc.string({ unit: 'binary', maxLength: 40 }).map((text) => Buffer.from(text)),
      fc
        .object({
          maxDepth: 2,
          maxKeys: 3,
          withNullPrototype: false,
          values: [fc.string(), fc.integer(), fc.boolean()],
        })
        .map((object) => Buffer.from(JSON.stringify(object, null, 1))),
    )
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1500, max: 3000 }),
        fc.boolean(),
        (values, capacity, withColumns) => {
          const format = new NdjsonFormat(withColumns ? columnNames : [], origin)
          const lines = formatted(format, values.map(valueRecord), capacity).toString().split('\n')
          expect(lines.pop()).toBe('')
          expect(lines.map((line) => meaning(JSON.parse(line) as Record<string, unknown>))).toEqual(
            values.map(meaningOfValue),
          )
        },
      ),
      { numRuns: 500 },
    )
  })
})

/** The record's value again, without columns. */
function meaning(line: Record<string, unknown>): unknown {
  const members = Object.entries(line).filter(
    ([name]) => !name.startsWith('_') || !columnNames.some((column) => name === `_${column}`),
  )
  return JSON.stringify(Object.fromEntries(members))
}

function meaningOfValue(value: Uint8Array | null): unknown {
  if (value === null) return '{"message":null}'
  const bytes = Buffer.from(value)
  const text = bytes.toString()
  if (!Buffer.from(text).equals(bytes)) return JSON.stringify({ messageBase64: bytes.toString('base64') })
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return meaning(parsed as Record<string, unknown>)
  } catch {
    // No JSON: a message.
  }
  return JSON.stringify({ message: text })
}
