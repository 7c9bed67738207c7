import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonMembers, readText } from '../../../../connectors/postgres/sink/json-members.js'

function walk(text: string): [string, string][] {
  const bytes = Buffer.from(text)
  const members = new JsonMembers()
  members.walk(bytes, 0, bytes.length)
  return Array.from({ length: members.count }, (_, index) => [
    readText(bytes, members.nameStarts[index]! - 1, members.nameEnds[index]! + 1),
    bytes.toString('utf8', members.valueStarts[index], members.valueEnds[index]),
  ])
}

describe('the members of a JSON object', () => {
  it('are those that JSON.parse finds, with or without space', () => {
    const object = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue())
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 1), (value, space) => {
        const found = walk(JSON.stringify(value, undefined, space))
        expect(found.map(([name, text]) => [name, JSON.parse(text)])).toEqual(
          Object.entries(JSON.parse(JSON.stringify(value)) as object),
        )
      }),
    )
  })

  it.each([
    '',
    '[]',
    '1',
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1',
    '{"a":1,}',
    '{"a":"x}',
    '{"a":[1}',
    '{} x',
    '{a:1}',
    '{"a":1 2}',
    `{"a":${'['.repeat(65)}${']'.repeat(65)}}`,
  ])('are refused in %s', (text) => {
    expect(() => walk(text)).toThrow(expect.objectContaining({ code: 'postgres_record_unfit' }))
  })
})
