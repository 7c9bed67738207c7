import { describe, expect, it } from 'vitest'
import { type Parsed, ParseFailure } from '../../../core/format/parsed.js'
import { RegexGroups } from '../../../core/format/regex-groups.js'

const accessLog = new RegexGroups(
  '^(?P<client>\\S+) \\S+ (?<user>\\S+) \\[(?<time>[^\\]]+)\\] "(?<method>[A-Z]+) (?<path>\\S+)(?: (?<protocol>HTTP/[0-9.]+))?" (?<status>\\d{3})',
)

/** The fields, in an object that toEqual can compare. */
function fieldsOf(parsed: Parsed): unknown {
  return Object.fromEntries(Object.entries(parsed))
}

function mistake(pattern: string): unknown {
  try {
    new RegexGroups(pattern)
    return 'no error'
  } catch (error) {
    const { code, details } = error as { code: string; details: { position: number } }
    return [code, details.position]
  }
}

describe('named groups', () => {
  it('become the fields of an object without a prototype', () => {
    const parsed = accessLog.parse(
      '192.168.2.20 - frank [28/Jul/2006:10:27:10 -0300] "GET /cgi-bin/try/ HTTP/1.0" 200 3395',
    )
    expect(Object.getPrototypeOf(parsed)).toBeNull()
    expect(fieldsOf(parsed)).toEqual({
      client: '192.168.2.20',
      user: 'frank',
      time: '28/Jul/2006:10:27:10 -0300',
      method: 'GET',
      path: '/cgi-bin/try/',
      protocol: 'HTTP/1.0',
      status: '200',
    })
  })

  it('are null where they took no part', () => {
    expect(accessLog.parse('::1 - - [now] "GET /" 404')).toMatchObject({ protocol: null, status: '404' })
  })

  it('are a failure, not an error, where the pattern does not match', () => {
    const failure = accessLog.parse('no access log')
    expect(failure).toBeInstanceOf(ParseFailure)
    expect(failure).toMatchObject({ fault: 'no-match' })
  })

  it('are found anywhere in the text, unless the pattern says where', () => {
    expect(fieldsOf(new RegexGroups('(?<word>[a-z]+)').parse('12 ab cd'))).toEqual({ word: 'ab' })
    expect(new RegexGroups('^(?<word>[a-z]+)').parse('12 ab cd')).toBeInstanceOf(ParseFailure)
    expect(fieldsOf(new RegexGroups('(?<all>.+)').parse('é😀'))).toEqual({ all: 'é😀' })
  })

  it('are found in linear time by a pattern that takes JavaScript’s engine for ever', () => {
    const pattern = new RegexGroups('^(?<a>(?:x+x+)+)y$')
    expect(pattern.parse('x'.repeat(5_000))).toBeInstanceOf(ParseFailure)
    expect(fieldsOf(pattern.parse(`${'x'.repeat(5_000)}y`))).toEqual({ a: 'x'.repeat(5_000) })
  })
})

describe('a pattern that cannot be used', () => {
  it.each([
    ['(?<a>\\d+) (?<b>[a', 15],
    ['(?<a>x)(?=y)', 7],
    ['(?<a>x)\\1', 7],
    ['(?<a>x)**', 7],
    ['(?<a>x)[z-a]', 8],
    ['(?<a>x)(?<a>y)', 10],
    ['(?<a>x', 0],
    ['(?<a>[(\\)]x)(y', 12],
    ['(?<a>x))', 7],
    ['(?<a-b>x)', 0],
    ['(x)', 0],
  ])('%j is regex_invalid with the character of its mistake: %i', (pattern, position) => {
    expect(mistake(pattern)).toEqual(['regex_invalid', position])
  })
})
