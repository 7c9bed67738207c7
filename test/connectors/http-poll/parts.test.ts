import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodyPath, PathFinder, pathProblem, scalarOf } from '../../../connectors/http-poll/body-path.js'
import { HighMark, type StoredMark } from '../../../connectors/http-poll/high-mark.js'
import { nextLink } from '../../../connectors/http-poll/link-header.js'
import { earlier, rankOf } from '../../../connectors/http-poll/rank.js'
import { fillBody } from '../../../connectors/http-poll/request-body.js'

describe('a path into a body', () => {
  const finder = new PathFinder()
  const found = (text: string, path: string): unknown => {
    const bytes = Buffer.from(text)
    if (!finder.find(bytes, 0, bytes.length, bodyPath(path))) return undefined
    return JSON.parse(bytes.toString('utf8', finder.start, finder.end)) as unknown
  }

  it('leads where JSON.parse and a walk lead, through names and elements of any kind', () => {
    const names = fc.oneof(fc.string(), fc.constantFrom('a', 'b', '0', '1', '__proto__', 'a.b', 'ä/~'))
    const walk = fc.array(fc.oneof(names, fc.nat(3).map(String)), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), walk, (text, steps) => {
        const pointer = steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
        let at: unknown = JSON.parse(text)
        for (const step of steps) {
          const isIndex = !Array.isArray(at) || /^(?:0|[1-9]\d*)$/.test(step)
          const isInside = typeof at === 'object' && at !== null && Object.hasOwn(at, step) && isIndex
          at = isInside ? (at as Record<string, unknown>)[step] : undefined
        }
        expect(found(text, pointer)).toEqual(at)
      }),
    )
  })

  it('takes the last of a name that comes twice, escapes, and spaces anywhere', () => {
    expect(found('{"a":1, "\\u0061" : [ {"b" : 2} ] }', 'a.0.b')).toBe(2)
    expect(found(' { "a/b" : { "c~" : true } } ', '/a~1b/c~0')).toBe(true)
    expect(found('{"":{"":3}}', '//')).toBe(3)
    expect([found('[]', '0'), found('1', 'a'), found('{"a":{}}', 'a.b'), found('[1]', '00')]).toEqual(
      Array(4).fill(undefined),
    )
  })

  it('is refused when it is none', () => {
    expect(['a.b', '/a/0', '/', 'a'].map(pathProblem)).toEqual(Array(4).fill(undefined))
    expect(['a..b', '.', '/a~2', '/~'].filter((path) => pathProblem(path) === undefined)).toEqual([])
  })

  it('gives numbers with all of their digits, and texts without escapes', () => {
    const scalar = (text: string) => scalarOf(Buffer.from(text), 0, Buffer.byteLength(text))
    expect(scalar('-12345678901234567890.50')).toEqual({ text: '-12345678901234567890.50', isNumber: true })
    expect(scalar('"\\u00e4\\n"')).toEqual({ text: 'ä\n', isNumber: false })
    expect([scalar('true'), scalar('null'), scalar('{}'), scalar('[1]')]).toEqual(Array(4).fill(undefined))
  })
})

describe('the header Link', () => {
  it.each([
    ['<https://a/?p=2>; rel="next"', 'https://a/?p=2'],
    ['<a,b;c>; rel=next', 'a,b;c'],
    ['</1>; rel=prev, </3>; title="x, \\"<y>; rel=next"; REL="Last NEXT"', '/3'],
    ['</1>;rel=prev;rel=next', undefined],
    ['</1>; rel="next-page"', undefined],
    ['/2; rel=next', undefined],
    ['<unclosed; rel=next', undefined],
    ['', undefined],
  ])('%s', (header, target) => {
    expect(nextLink(header)).toBe(target)
  })

  it('is read in a moment, whatever it is', () => {
    expect(nextLink(`<a>${';a=  '.repeat(100_000)}!`)).toBeUndefined()
  })
})

describe('values of a cursor', () => {
  it('have an order by their type', () => {
    const text = (value: string) => ({ text: value, isNumber: false })
    expect(rankOf(text('2026-01-01T00:00:00+01:00'), 'time')).toBe(Date.UTC(2025, 11, 31, 23))
    expect(rankOf({ text: '1767225600', isNumber: true }, 'time')).toBe(Date.UTC(2026, 0, 1))
    expect(rankOf(text('9007199254740993'), 'number')).toBe(9007199254740993n)
    expect(rankOf(text('1e3'), 'number')).toBe(1000)
    expect([rankOf(text('x'), 'number'), rankOf(text(''), 'number'), rankOf(text('x'), 'time')]).toEqual(
      Array(3).fill(undefined),
    )
  })

  it('are moved back in the form that they have', () => {
    const moved = (value: string, isNumber: boolean) => earlier({ text: value, isNumber }, 1_500).text
    expect(moved('2026-01-01T00:00:10.25+01:00', false)).toBe('2025-12-31T23:00:08.750Z')
    expect(moved('1767225600', true)).toBe('1767225598')
    expect(moved('1767225600000', true)).toBe('1767225598500')
    expect(moved('1767225600000123', true)).toBe('1767225598500000')
    expect(moved('1767225600000123456', false)).toBe('1767225598500000000')
  })
})

describe('the mark of a cursor', () => {
  const settings = { path: 'at', type: 'number', parameter: undefined, initial: undefined, overlap: 0 } as const

  it('takes each record once, whatever order, page cuts and crashes between pages there are', () => {
    const values = fc.array(fc.nat(6), { maxLength: 30 })
    const rounds = fc.array(values, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(rounds, fc.infiniteStream(fc.nat(4)), (arrivals, choices) => {
        let mark = new HighMark(settings, undefined)
        const log: string[] = []
        const server: { readonly identity: string; readonly at: number }[] = []
        for (const batch of arrivals) {
          // What comes later never lies below what was there.
          const floor = Math.max(0, ...server.map(({ at }) => at))
          for (const at of batch)
            server.push({ identity: `${floor + at}/${choices.next().value}`.padEnd(12), at: floor + at })
          const since = Number(mark.since?.text ?? -1)
          const found = server.filter(({ at }) => at >= since)
          if (choices.next().value! > 2) found.reverse()
          for (const { identity, at } of found) {
            if (!mark.isBelow(at) && !(mark.knowsAny && mark.isKnown(identity))) {
              mark.take({ text: String(at), isNumber: true }, at, identity)
              log.push(identity)
            }
            if (choices.next().value === 0)
              mark = new HighMark(settings, JSON.parse(JSON.stringify(mark.stored())) as StoredMark)
          }
          mark.endRound()
        }
        // Records without an id may be equal: then it is their number that counts.
        expect([...log].sort()).toEqual(server.map(({ identity }) => identity).sort())
      }),
    )
  })
})

describe('the body of a request', () => {
  const since = { text: '12345678901234567890', isNumber: true }

  it('gets values as what they are where they stand alone, and as text elsewhere', () => {
    const body = { a: '{since}', b: ['{page}', 'p={page}&s={since}'], c: { d: '{other}', e: 1 } }
    expect(fillBody(body, { since, page: undefined }, 'application/json')).toBe(
      '{"a":12345678901234567890,"b":[null,"p=&s=12345678901234567890"],"c":{"d":"{other}","e":1}}',
    )
  })

  it('writes them into a text as its type wants them', () => {
    const page = { text: 'a"&b', isNumber: false }
    expect(fillBody('{"p": "{page}"}', { since, page }, 'application/json')).toBe('{"p": "a\\"&b"}')
    expect(fillBody('p={page}', { since, page }, 'application/x-www-form-urlencoded')).toBe('p=a%22%26b')
    expect(fillBody('<p>{page}</p>', { since, page }, 'text/plain')).toBe('<p>a"&b</p>')
  })
})
