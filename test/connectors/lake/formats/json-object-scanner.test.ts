import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonObjectScanner, maxDepth } from '../../../../connectors/lake/formats/json-object-scanner.js'
import { TextRange } from '../../../../connectors/lake/formats/json-text.js'

const scanner = new JsonObjectScanner()
const range = new TextRange()

function isObject(text: string | Uint8Array): boolean {
  const bytes = Buffer.from(text as string)
  // Bytes of others around it must not count.
  const framed = Buffer.concat([Buffer.from('{"'), bytes, Buffer.from('"}')])
  range.set(framed, 2, 2 + bytes.length)
  return scanner.scan(range)
}

/** What the parser of the platform says. */
function parsesAsObject(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

const snippets = [
  '{}',
  ' { } ',
  '{"a":1}',
  '{"a":{"b":[1,2,{"c":null}]},"d":"e"}\n',
  '{"a":[]}',
  '{"a":{}}',
  '{"a":[[],[[]],{}]}',
  '{"a":-0.5e+10,"b":0,"c":1E5}',
  '{"\\u00e9\\n\\"\\\\\\/":"\\ud800"}',
  '{"ä":"日本語 🎉"}',
  '{"a":true,"b":false,"c":null}',
  '{\r\n  "a": 1,\n  "b": [\n    2\n  ]\n}\r\n',
  '',
  ' ',
  '{',
  '}',
  '{]',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{,"a":1}',
  '{"a":1 "b":2}',
  '{"a":1}}',
  '{"a":1}{"a":2}',
  '{"a":1} x',
  '{"a":[1,]}',
  '{"a":[,1]}',
  '{"a":[1}]',
  '{"a":[1]',
  '{a:1}',
  "{'a':1}",
  '{"a":01}',
  '{"a":1.}',
  '{"a":.5}',
  '{"a":1e}',
  '{"a":+1}',
  '{"a":--1}',
  '{"a":-}',
  '{"a":tru}',
  '{"a":truex}',
  '{"a":nul',
  '{"a":NaN}',
  '{"a":"\n"}',
  '{"a":"\u0000"}',
  '{"a":"\u007f"}',
  '{"a":"\\x"}',
  '{"a":"\\u12g4"}',
  '{"a":"\\u123',
  '{"a":"unfinished',
  '{"a":"\\',
  '{"a":1}\u00a0',
  '\ufeff{"a":1}',
  '[]',
  '[{"a":1}]',
  '"{}"',
  'null',
  '1',
  '{"a":1}\u000b',
]

describe('the scanner of JSON objects', () => {
  it.each(snippets)('agrees with the parser of the platform about %j', (text) => {
    expect(isObject(text)).toBe(parsesAsObject(Buffer.from(text)))
  })

  it('agrees with it about anything that was an object before a few bytes changed', () => {
    const edit = fc.tuple(
      fc.nat(),
      fc.constantFrom('set', 'insert', 'remove'),
      fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[],:"\\ \n019-.eEtfnu'))),
    )
    const value = fc.dictionary(fc.string({ unit: 'binary', maxLength: 9 }), fc.jsonValue({ maxDepth: 4 }), {
      maxKeys: 6,
    })
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1, 2), fc.array(edit, { maxLength: 3 }), (object, indent, edits) => {
        const bytes = [...Buffer.from(JSON.stringify(object, null, indent))]
        for (const [place, kind, byte] of edits) {
          bytes.splice(place % (bytes.length + 1), kind === 'insert' ? 0 : 1, ...(kind === 'remove' ? [] : [byte]))
        }
        expect(isObject(Uint8Array.from(bytes))).toBe(parsesAsObject(Uint8Array.from(bytes)))
      }),
      { numRuns: 2500 },
    )
  })

  it('agrees with it about arbitrary bytes inside a string', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (inside) => {
        const bytes = Buffer.concat([Buffer.from('{"key":"12345'), inside, Buffer.from('"}')])
        expect(isObject(bytes)).toBe(parsesAsObject(bytes))
      }),
      { numRuns: 2500 },
    )
  })

  it('says where the object lies and whether lines end in it', () => {
    range.set(Buffer.from(' \n{"a":1}\n '), 0, 11)
    expect(scanner.scan(range)).toBe(true)
    expect([scanner.start, scanner.end, scanner.hasLineEnds, scanner.isEmpty]).toEqual([2, 9, false, false])
    range.set(Buffer.from('{"a":\r1}'), 0, 8)
    expect(scanner.scan(range)).toBe(true)
    expect([scanner.hasLineEnds, scanner.isEmpty]).toEqual([true, false])
    range.set(Buffer.from('{ }'), 0, 3)
    expect(scanner.scan(range)).toBe(true)
    expect(scanner.isEmpty).toBe(true)
  })

  it('takes nesting up to its limit, and none that is deeper', () => {
    const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
    expect(isObject(nested(maxDepth))).toBe(true)
    expect(isObject(nested(maxDepth + 1))).toBe(false)
  })
})
