import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodyProblems, BodyTemplate } from '../../../connectors/webhook/body-template.js'
import { TemplateRecord } from '../../../connectors/webhook/template-record.js'

function recordOf(value: string | null, more: { readonly key?: string; readonly trace?: string } = {}): TemplateRecord {
  return new TemplateRecord(
    { topic: 'orders', partition: 3, offset: 42 },
    {
      key: more.key === undefined ? null : Buffer.from(more.key),
      value: value === null ? null : Buffer.from(value),
      timestampMs: Date.parse('2026-11-22T10:00:00Z'),
      headers: more.trace === undefined ? [] : [{ key: 'trace', value: Buffer.from(more.trace) }],
    },
  )
}

const filled = (body: unknown, record: TemplateRecord): unknown => JSON.parse(new BodyTemplate(body).fill(record))

describe('the body of a request', () => {
  const record = recordOf('{"id":7,"total":12.5,"tags":["a"],"who":{"name":"Zoë \\"Q\\""},"big":9007199254740993}', {
    key: 'k1',
    trace: 't-1',
  })

  it('takes the JSON value of a field that stands alone', () => {
    const body = {
      id: '{value.id}',
      all: ['{value.tags}', '{value.who}'],
      none: '{value.nothing}',
      fixed: [1, true, null],
    }
    expect(filled(body, record)).toEqual({
      id: 7,
      all: [['a'], { name: 'Zoë "Q"' }],
      none: null,
      fixed: [1, true, null],
    })
    expect(new BodyTemplate('{value.big}').fill(record)).toBe('9007199254740993')
  })

  it('takes text within text, and what is known besides the value', () => {
    const body = {
      text: 'order {value.id} of {value.who.name}',
      at: '{time}',
      place: '{topic}/{partition}/{offset}',
      n: '{offset}',
      key: '{key}',
      trace: '{header.trace}',
    }
    expect(filled(body, record)).toEqual({
      text: 'order 7 of Zoë "Q"',
      at: '2026-11-22T10:00:00.000Z',
      place: 'orders/3/42',
      n: 42,
      key: 'k1',
      trace: 't-1',
    })
  })

  it('takes the whole value, as JSON or as a text', () => {
    expect(filled({ was: '{value}' }, recordOf('[1, 2]'))).toEqual({ was: [1, 2] })
    expect(filled({ was: '{value}' }, recordOf('no "JSON"'))).toEqual({ was: 'no "JSON"' })
    expect(filled({ was: '{value}' }, recordOf(null))).toEqual({ was: null })
    expect(filled({ key: '{key}', trace: '{header.trace}' }, recordOf(null))).toEqual({ key: null, trace: null })
  })

  it('cannot be made without a field that a text needs', () => {
    const fill = (body: unknown): unknown => filled(body, record)
    expect(() => fill('order {value.nothing}!')).toThrow(expect.objectContaining({ code: 'webhook_record_unfit' }))
    expect(() => fill('order {value.tags}!')).toThrow(expect.objectContaining({ code: 'webhook_record_unfit' }))
  })

  it('is never more than what the file says, whatever a record holds', () => {
    const body = { a: 'x{value.text}y', b: '{value.text}', c: ['{key}'] }
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // Half a surrogate pair has no bytes in UTF-8.
        fc.pre(Buffer.from(text).toString() === text)
        expect(filled(body, recordOf(JSON.stringify({ text }), { key: text }))).toEqual({
          a: `x${text}y`,
          b: text,
          c: [text],
        })
      }),
    )
  })

  it('is checked with the file, with where its mistakes are', () => {
    expect(bodyProblems({ a: ['{value.x}', { b: '{nope}' }], '{key}': 1 })).toEqual([
      {
        path: ['a', '1', 'b'],
        message: '"{nope}" is none of {topic}, {partition}, {offset}, {time}, {key}, {value.FIELD}, {header.NAME}',
      },
      { path: ['{key}'], message: 'has a name with braces: only texts are filled in' },
    ])
    expect(bodyProblems('{value}')).toEqual([])
    expect(bodyProblems('all of {value}')).toHaveLength(1)
  })
})
