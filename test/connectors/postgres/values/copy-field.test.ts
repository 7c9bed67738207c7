import { describe, expect, it } from 'vitest'
import { postgresErrors } from '../../../../connectors/postgres/errors.js'
import { type FieldWriter, TargetKinds } from '../../../../connectors/postgres/values/copy-field.js'
import type { TypeRow } from '../../../../connectors/postgres/values/type-rows.js'
import { field } from './one-value.js'

const rows: readonly TypeRow[] = [
  type('25', 'text', {}),
  type('23', 'int4', {}),
  type('17', 'bytea', {}),
  type('3802', 'jsonb', {}),
  type('1009', '_text', { element: '25', isArray: true }),
  type('3807', '_jsonb', { element: '3802', isArray: true }),
  type('90001', 'pair', { kind: 'c', fields: '[["a","23"],["b","25"]]' }),
  type('90002', 'hstore', { schema: 'public' }),
]

function type(oid: string, name: string, more: Partial<TypeRow>): TypeRow {
  const isOwn = Number(oid) > 90_000
  const base = { kind: 'b', element: '0', isArray: false, delimiter: ',', base: '0', isVariable: true, storage: 'x' }
  return { oid, name, schema: isOwn ? 'public' : 'pg_catalog', fields: null, ...base, ...more }
}

const oids = new Map(rows.map(({ oid, name }) => [name, Number(oid)]))
const catalog = {
  query: <Row>(_text: string, values?: readonly unknown[]) =>
    Promise.resolve(rows.filter(({ oid }) => (values![0] as number[]).includes(Number(oid))) as Row[]),
}
const [text, bytea, jsonb, texts, documents, pair, hstore] = (await new TargetKinds(catalog).resolve(
  ['text', 'bytea', 'jsonb', '_text', '_jsonb', 'pair', 'hstore'].map((name) => ({
    typeOid: oids.get(name)!,
    typmod: -1,
  })),
)) as [FieldWriter, FieldWriter, FieldWriter, FieldWriter, FieldWriter, FieldWriter, FieldWriter]

const long = 'x'.repeat(100)

describe('a JSON value becomes a field of COPY', () => {
  it.each([
    ['null', text, 'null', '\\N'],
    ['the text null', text, '"null"', 'null'],
    ['a number, digit by digit', text, '-12345678901234567890.120e+5', '-12345678901234567890.120e+5'],
    ['true', text, 'true', 'true'],
    ['false', text, 'false', 'false'],
    ['an object for a column of text', text, '{"a": "x\\n"}', '{"a": "x\\\\n"}'],
    ['an array for a column of text', text, '["é"]', '["é"]'],
    ['what COPY takes for null', text, '"\\\\N"', '\\\\N'],
    ['what COPY takes for the end', text, '"\\\\."', '\\\\.'],
    ['escapes', text, '"\\b\\f\\n\\r\\t\\"\\/\\\\"', '\\b\\f\\n\\r\\t"/\\\\'],
    ['escapes by number', text, '"\\u0041\\u005c\\u000a\\u00e9\\ud83d\\ude00\\u0001"', 'A\\\\\\né😀\u0001'],
    ['escapes far inside', text, `"${long}\\n${long}\\\\"`, `${long}\\n${long}\\\\`],
    ['base64', bytea, '"AP8="', '\\\\x00ff'],
    ['hexadecimal digits', bytea, '"\\\\x00FF"', '\\\\x00FF'],
    ['nothing in base64', bytea, '""', '\\\\x'],
    ['JSON', jsonb, '{"a":"\\n\\\\"}', '{"a":"\\\\n\\\\\\\\"}'],
    ['a text in JSON', jsonb, '"null"', '"null"'],
    ['an array', texts, '["a", null,"NULL","q\\"\\\\"]', '{"a",NULL,"NULL","q\\\\"\\\\\\\\"}'],
    ['dimensions', texts, '[["a"],["b"]]', '{{"a"},{"b"}}'],
    ['an array as text', texts, '"[0:0]={a}"', '[0:0]={a}'],
    ['an array of JSON', documents, '[[1, 2],{"a":1.50}]', '{"[1, 2]","{\\\\"a\\\\":1.50}"}'],
    ['a row, whose members have any order', pair, '{"b":"x, \\"y\\"","a":1}', '("1","x, ""y""")'],
    ['a row that lacks members', pair, '{}', '(,)'],
    ['an object for hstore', hstore, '{"a":"1","b":null,"c":2}', '"a"=>"1","b"=>NULL,"c"=>"2"'],
  ])('%s', (_, write, json, copied) => {
    expect(field(write, json)).toBe(copied)
  })
})

describe('what is no JSON is refused', () => {
  it.each([
    ['an escape that COPY takes for null', text, '"\\N"'],
    ['an escape that COPY takes for the end', text, '"\\."'],
    ['an escape that COPY takes for a byte', text, '"\\x41"'],
    ['a raw line end in a short text', text, '"a\nb"'],
    ['a raw line end in a long text', text, `"${long}\n${long}"`],
    ['a raw tab', text, `"${long}\t"`],
    ['a word', text, 'none'],
    ['a word of another length', text, 'undefined'],
    ['half of a pair', text, '"\\ud83dx"'],
    ['a pair the wrong way round', text, '"\\ude00\\ud83d"'],
    ['half of a pair in an array', texts, '["\\ud83d"]'],
    ['digits that are none', text, '"\\u00g0"'],
    ['too few digits', text, '"\\u00"'],
    ['a colon in an array', texts, '["a":1]'],
    ['a brace that ends an array', texts, '[1}'],
    ['a missing element', texts, '[1,,2]'],
    ['a text that is no base64', bytea, '"AP8"'],
    ['a number for bytea', bytea, '7'],
    ['bytes that are no UTF-8', texts, Buffer.from([0x5b, 0x22, 0xc3, 0x22, 0x5d])],
  ])('%s', (_, write, json) => {
    expect(() => field(write, json)).toThrow(
      expect.toSatisfy((error) => postgresErrors.is(error, 'postgres_record_unfit')),
    )
  })

  it.each([
    ['a text', text, '"a\\u0000b"'],
    ['an array', texts, '["a\\u0000b"]'],
    ['hstore', hstore, '{"a\\u0000":"b"}'],
  ])('U+0000 in %s has an error of its own', (_, write, json) => {
    expect(() => field(write, json)).toThrow(
      expect.toSatisfy((error) => postgresErrors.is(error, 'postgres_text_has_nul')),
    )
  })
})
