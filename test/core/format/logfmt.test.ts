import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseLogfmt } from '../../../core/format/logfmt.js'
import { ParseFailure } from '../../../core/format/parsed.js'

function outcome(text: string): unknown {
  const value = parseLogfmt(text)
  return value instanceof ParseFailure ? `${value.fault} ${value.position}` : Object.fromEntries(Object.entries(value))
}

const key = fc.string({ unit: fc.constantFrom(...Array.from('abz.-_/@é€😀\\')), minLength: 1, maxLength: 8 })
const text = fc.string({ unit: fc.constantFrom(...Array.from('ab ="\\\n\t\u0001é😀{}')), maxLength: 12 })

describe('logfmt', () => {
  it.each([
    // As a Heroku router writes it.
    [
      'at=info method=GET path="/a b" host=x.example.com fwd="1.2.3.4" dyno=web.1 connect=1ms status=200 bytes=1548',
      {
        at: 'info',
        method: 'GET',
        path: '/a b',
        host: 'x.example.com',
        fwd: '1.2.3.4',
        dyno: 'web.1',
        connect: '1ms',
        status: '200',
        bytes: '1548',
      },
    ],
    // As Go's slog writes it.
    [
      'time=2026-11-22T10:30:00.000+01:00 level=WARN msg="say \\"hi\\"\\n\\ttwice\\\\" user.id=7',
      { time: '2026-11-22T10:30:00.000+01:00', level: 'WARN', msg: 'say "hi"\n\ttwice\\', 'user.id': '7' },
    ],
    ['cached a=1 done', { cached: true, a: '1', done: true }],
    ['empty= quoted="" x=y=z', { empty: '', quoted: '', x: 'y=z' }],
    ['  a=1 \t b=2\r\n', { a: '1', b: '2' }],
    ['a=1 a=2', { a: '2' }],
    ['u="\\u00e9\\u20AC\\/"', { u: 'é€/' }],
  ])('%j', (line, expected) => {
    expect(outcome(line)).toEqual(expected)
  })

  it.each([
    ['', 'no-pairs 0'],
    ['just some prose', 'no-pairs 0'],
    ['=value', 'syntax 0'],
    ['a=1 =2', 'syntax 4'],
    ['a="open', 'syntax 2'],
    ['a="open\\"', 'syntax 2'],
    ['a="b"c=1', 'syntax 2'],
    ['a="b""c"', 'syntax 2'],
    ['a=b"c"', 'syntax 3'],
    ['say "hi" a=1', 'syntax 4'],
    ['a="\\u12"', 'syntax 2'],
  ])('%j fails: %s', (line, expected) => {
    expect(outcome(line)).toBe(expected)
  })

  it('gives back what was written, in quotes or without', () => {
    const bare = fc.string({ unit: fc.constantFrom(...Array.from('abz=.é😀\\{}')), maxLength: 8 })
    const pair = fc.oneof(
      fc.tuple(key, text).map(([name, value]) => ({ name, value, written: `${name}=${JSON.stringify(value)}` })),
      fc.tuple(key, bare).map(([name, value]) => ({ name, value, written: `${name}=${value}` })),
    )
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1 }), (pairs) => {
        const expected = Object.fromEntries(pairs.map(({ name, value }) => [name, value]))
        expect(outcome(pairs.map(({ written }) => written).join(' '))).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('takes any text without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('a="\\ u0\n')) }), (line) => {
        parseLogfmt(line)
      }),
      {
        numRuns: 2000,
      },
    )
  })

  it('has no prototype', () => {
    expect(Object.getPrototypeOf(parseLogfmt('__proto__=x'))).toBeNull()
    expect(Object.entries(parseLogfmt('__proto__=x constructor'))).toEqual([
      ['__proto__', 'x'],
      ['constructor', true],
    ])
  })
})
