import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxJsonDepth, parseJsonObject, stringifyJson } from '../../../core/format/json-object.js'
import { parseJson } from '../../../core/format/json-parser.js'
import { type JsonObject, ParseFailure } from '../../../core/format/parsed.js'

function parsed(text: string): JsonObject {
  const value = parseJsonObject(text)
  if (value instanceof ParseFailure) throw new Error(value.describe())
  return value
}

function failure(text: string): string {
  const value = parseJsonObject(text)
  return value instanceof ParseFailure ? `${value.fault} ${value.position}` : 'no failure'
}

/** The tree with the prototypes that toEqual compares, and without bigints. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const copy = {}
  for (const [name, member] of Object.entries(value)) {
    Object.defineProperty(copy, name, { value: plain(member), enumerable: true, writable: true, configurable: true })
  }
  return copy
}

const spaces = fc.constantFrom('', ' ', '\t', '\r\n  ')
const anyObject = fc.dictionary(
  fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', 'constructor', 'toString')),
  fc.jsonValue({ maxDepth: 4 }),
)

describe('a JSON object', () => {
  it('is what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(anyObject, fc.constantFrom(undefined, 2), spaces, spaces, (object, indent, before, after) => {
        const text = before + JSON.stringify(object, undefined, indent) + after
        expect(plain(parsed(text))).toEqual(plain(JSON.parse(text)))
      }),
      { numRuns: 500 },
    )
  })

  it('is the same from the exact parser as from JSON.parse, and is refused by both', () => {
    const nearJson = fc.oneof(
      fc.json({ maxDepth: 3 }),
      fc
        .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', ']', '"', '\\', '0', '-', '.', 'e', '\u0001', 'tru'))
        .map(([text, where, part]) => {
          const at = where % (text.length + 1)
          return text.slice(0, at) + part + text.slice(at + (where % 2))
        }),
    )
    fc.assert(
      fc.property(nearJson, (text) => {
        let expected: unknown
        try {
          expected = JSON.parse(text)
        } catch {
          expect(parseJson(text, maxJsonDepth)).toBeInstanceOf(ParseFailure)
          return
        }
        const value = parseJson(text, maxJsonDepth)
        if (value instanceof ParseFailure) expect(value.fault).toBe('number-range')
        else expect(plain(value)).toEqual(plain(expected))
      }),
      { numRuns: 3000 },
    )
  })

  it('never fails on a text by throwing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('{}[]":,\\u0123-.eE tfnx \u0000\ud800')) }),
        (text) => {
          parseJsonObject(text)
          parseJsonObject(`{${text}}`)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('has no prototype at any level, so that every name is a field like any other', () => {
    for (const number of ['1', '9007199254740993']) {
      const value = parsed(`{"__proto__": {"polluted": [{"a": ${number}}]}, "constructor": 2}`)
      expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
      const inner = value['__proto__'] as JsonObject
      const [element] = inner['polluted'] as JsonObject[]
      for (const object of [value, inner, element!]) expect(Object.getPrototypeOf(object)).toBeNull()
      expect(value['toString']).toBeUndefined()
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    }
  })

  it('has the last value of a field that is named twice', () => {
    expect(parsed('{"a":1,"b":2,"a":3}')).toEqual(parsed('{"a":3,"b":2}'))
    expect(parsed('{"a":1,"a":9007199254740993}')).toEqual(parsed('{"a":9007199254740993}'))
  })
})

describe('numbers', () => {
  it('keep every digit of an integer, on the way in and out', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 128n), max: 2n ** 128n }), (integer) => {
        const text = `{"id":${integer},"list":[${integer},{"deep":${integer}}],"text":"${integer}"}`
        expect(stringifyJson(parsed(text))).toBe(text)
      }),
    )
  })

  it('are bigints only where a double would round them', () => {
    const value = parsed(
      '{"safe":9007199254740991,"beyond":9007199254740992,"decimal":9007199254740994.0,"power":1e20}',
    )
    expect(value['safe']).toBe(9007199254740991)
    expect(value['beyond']).toBe(9007199254740992n)
    expect(value['decimal']).toBe(9007199254740994)
    expect(value['power']).toBe(1e20)
  })

  it('beyond all doubles are a failure, not Infinity, which could not be written again', () => {
    expect(failure('{"a":1e400}')).toBe('number-range 5')
    expect(failure(`{"a":[-${'9'.repeat(400)}]}`)).toBe('number-range 6')
  })
})

describe('a text that is no JSON object', () => {
  it.each([
    ['', 'no-object 0'],
    ['plain text', 'no-object 0'],
    ['  [1,2]', 'no-object 2'],
    ['"text"', 'no-object 0'],
    ['null', 'no-object 0'],
    ['{"a":1', 'syntax 6'],
    ['{"a":1}}', 'syntax 7'],
    ['{"a" 1}', 'syntax 5'],
    ['{"a":1,}', 'syntax 7'],
    ['{a:1}', 'syntax 1'],
    ['{"a":tru}', 'syntax 5'],
    ['{"a":01}', 'syntax 6'],
    ['{"a":"\\x"}', 'syntax 6'],
    ['{"a":"\\u12g4"}', 'syntax 6'],
    ['{"a":"line\nbreak"}', 'syntax 10'],
    ['{"a":1} {"b":2}', 'syntax 8'],
    ['{"a":"open', 'syntax 10'],
  ])('%j fails at its mistake: %s', (text, expected) => {
    expect(failure(text)).toBe(expected)
  })

  it('says what is wrong in words', () => {
    expect((parseJsonObject('{"a":1,}') as ParseFailure).describe()).toBe('its syntax is broken (at character 7)')
  })

  it('may nest to the limit and no deeper', () => {
    const nested = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`
    const arrays = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
    for (const make of [nested, arrays]) {
      expect(failure(make(maxJsonDepth))).toBe('no failure')
      expect(failure(make(maxJsonDepth + 1))).toMatch(/^too-deep/)
      expect(failure(make(200_000))).toMatch(/^too-deep/)
    }
  })
})

describe('stringifyJson', () => {
  it('writes what JSON.stringify writes', () => {
    fc.assert(
      fc.property(anyObject, (object) => {
        expect(stringifyJson(object as JsonObject)).toBe(JSON.stringify(object))
      }),
    )
  })

  it('writes everything around a bigint as JSON.stringify would', () => {
    fc.assert(
      fc.property(anyObject, (object) => {
        const text = stringifyJson({ before: 1n, object: object as JsonObject, null: null })
        expect(text).toBe(`{"before":1,"object":${JSON.stringify(object)},"null":null}`)
      }),
    )
  })
})
