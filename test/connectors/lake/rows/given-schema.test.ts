import { describe, expect, it } from 'vitest'
import { readGivenSchema, SchemaMistake } from '../../../../connectors/lake/rows/given-schema.js'

function typesOf(properties: Readonly<Record<string, unknown>>): unknown {
  const schema = readGivenSchema({ type: 'object', properties })
  if (schema instanceof SchemaMistake) throw new Error(`${schema.path.join('.')} ${schema.message}`)
  return Object.fromEntries(schema.columns.map(({ name, type }) => [name, type]))
}

function mistakeOf(schema: unknown): string {
  const mistake = readGivenSchema(schema)
  return mistake instanceof SchemaMistake ? `${mistake.path.join('.')}: ${mistake.message}` : 'none'
}

describe('a table by JSON Schema', () => {
  it('has the types of its properties', () => {
    expect(
      typesOf({
        flag: { type: 'boolean', description: 'said in words' },
        id: { type: ['integer', 'null'] },
        small: { type: 'integer', format: 'int32' },
        port: { type: 'integer', minimum: 0, maximum: 65_535 },
        took: { type: 'number' },
        price: { type: 'number', format: 'decimal(10,2)' },
        at: { type: 'string', format: 'date-time' },
        day: { type: 'string', format: 'date' },
        hour: { type: 'string', format: 'time' },
        request: { type: 'string', format: 'uuid' },
        body: { type: 'string', contentEncoding: 'base64' },
        tags: { type: 'array', items: { type: 'string' } },
        http: { properties: { path: { type: 'string' } }, required: ['path'] },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        anything: {},
      }),
    ).toEqual({
      flag: { kind: 'boolean' },
      id: { kind: 'int64' },
      small: { kind: 'int32' },
      port: { kind: 'int32' },
      took: { kind: 'double' },
      price: { kind: 'decimal', precision: 10, scale: 2 },
      at: { kind: 'timestamp', isUtc: true },
      day: { kind: 'date' },
      hour: { kind: 'time' },
      request: { kind: 'uuid' },
      body: { kind: 'binary' },
      tags: { kind: 'list', element: { kind: 'string' } },
      http: { kind: 'struct', fields: [{ name: 'path', type: { kind: 'string' } }] },
      labels: { kind: 'map', value: { kind: 'string' } },
      anything: { kind: 'json' },
    })
  })

  it.each([
    ['text', ': must be an object'],
    [{ type: 'string' }, ': must describe an object with "properties"'],
    [{ properties: {} }, 'properties: names no property'],
    [{ properties: { a: { type: 'text' } } }, 'properties.a.type: "text" is no type of JSON'],
    [
      { properties: { a: { type: ['string', 'integer'] } } },
      'properties.a.type: must be one type, or one besides "null"',
    ],
    [
      { properties: { a: { type: 'string', pattern: 'x' } } },
      'properties.a.pattern: says nothing about a column of type string',
    ],
    [{ properties: { a: { $ref: '#/x' } } }, 'properties.a.$ref: says nothing about a column of type any'],
    [
      { properties: { a: { type: 'number', format: 'decimal(39,2)' } } },
      'properties.a.format: has at most 38 digits, and not more of them behind the point',
    ],
    [
      { properties: { a: { type: 'string', format: 'email' } } },
      'properties.a.format: "email" is none of date, time, date-time, uuid, decimal(P,S)',
    ],
    [
      { properties: { a: {} }, additionalProperties: true },
      'additionalProperties: cannot be true: only what is named has a column',
    ],
    [{ properties: { '': {} } }, 'properties: has a property without a name'],
  ])('is refused where it describes none: %j', (schema, mistake) => {
    expect(mistakeOf(schema)).toBe(mistake)
  })
})
