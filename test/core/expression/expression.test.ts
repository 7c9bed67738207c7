import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import { Expression } from '../../../core/expression/expression.js'
import { expressionProblem } from '../../../core/expression/expression-problem.js'
import type { JsonValue } from '../../../core/format/parsed.js'
import { stringifyJson } from '../../../core/format/json-object.js'
import { scopeOf } from './scope.js'

const log = JSON.stringify({
  level: 'error',
  status: 503,
  took: 1.5,
  big: 0,
  ok: true,
  none: null,
  tags: ['a', 'b'],
  http: { method: 'GET', path: '/x', 'log.level': 'warn' },
}).replace('"big":0', '"big":9007199254740993')

function evaluate(text: string, value = log): JsonValue {
  return new Expression(text).json(scopeOf(value))
}

function codeOf(text: string, value = log): string {
  try {
    evaluate(text, value)
  } catch (error) {
    if (error instanceof TailraceError) return error.code
    throw error
  }
  return 'none'
}

describe('numbers of expressions', () => {
  it.each([
    ['status + 1', 504],
    ['status / 2', 251.5],
    ['int(status / 2)', 251],
    ['status % 2', 1],
    ['status * 1.5', 754.5],
    ['took + 1', 2.5],
    ['-status', -503],
    ['status == 503.0', true],
    ['status in [500, 503]', true],
    ['took < 2 && status >= 500', true],
    ['tags[1]', 'b'],
    ['tags[status - 502]', 'b'],
    ['abs(-3)', 3],
    ['max(status, 600)', 600],
    ['round(took)', 2],
  ])('%s is %j', (text, result) => {
    expect(evaluate(text)).toEqual(result)
  })

  it('keeps integers beyond 2^53 exact, and writes them as they are', () => {
    expect(stringifyJson(evaluate('big + 1'))).toBe('9007199254740994')
    expect(stringifyJson(evaluate('big * big'))).toBe((9007199254740993n ** 2n).toString())
    expect(evaluate('big - 9007199254740992')).toBe(1)
    expect(evaluate('big == 9007199254740993 && big != 9007199254740992')).toBe(true)
    expect(stringifyJson(evaluate('9007199254740992 + status'))).toBe('9007199254741495')
  })

  it('adds, subtracts and multiplies any integers as bigints do', () => {
    const integer = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n })
    fc.assert(
      fc.property(integer, integer, fc.constantFrom('+', '-', '*'), (left, right, operator) => {
        const exact = operator === '+' ? left + right : operator === '-' ? left - right : left * right
        const value = `{"left":${left},"right":${right}}`
        expect(stringifyJson(evaluate(`left ${operator} right`, value))).toBe(String(exact))
      }),
    )
  })

  it('refuses a division by zero and what is no number in JSON', () => {
    expect(codeOf('status / (status - 503)')).toBe('expression_failed')
    expect(codeOf('status % (status - 503)')).toBe('expression_failed')
    expect(codeOf('1e308 * status')).toBe('expression_failed')
  })
})

describe('what an expression sees of a record', () => {
  it.each([
    ['level', 'error'],
    ['http.method', 'GET'],
    ["http['log.level']", 'warn'],
    ['value.status', 503],
    ['key', 'the key'],
    ['headers.host', 'a'],
    ['topic', 'app.logs'],
    ['string(time)', '2026-11-23T06:30:00.000Z'],
    ['time', '2026-11-23T06:30:00.000Z'],
    ["time - timestamp('2026-11-23T06:00:00Z')", '1800s'],
    ["time > timestamp('2026-11-23T06:00:00Z') + duration('29m59s')", true],
    ['time.getHours()', 6],
    ['raw.contains(\'"GET"\')', true],
    ["raw.startsWith('{')", true],
    ['none == null', true],
    ["status == '503'", false],
    ['[level, status, {"a": tags}]', ['error', 503, { a: ['a', 'b'] }]],
  ])('%s is %j', (text, result) => {
    expect(evaluate(text)).toEqual(result)
  })

  it('fails for a field that is missing, unless the expression asks whether it is there', () => {
    expect(codeOf('missing > 1')).toBe('expression_failed')
    expect(codeOf('missing == null')).toBe('expression_failed')
    expect(codeOf('http.missing.deeper == 1')).toBe('expression_failed')
    expect(codeOf('tags[2]')).toBe('expression_failed')
    expect(evaluate('has(missing)')).toBe(false)
    expect(evaluate('has(http.missing.deeper)')).toBe(false)
    expect(evaluate('has(none)')).toBe(true)
    expect(evaluate('has(missing) && missing > 1')).toBe(false)
    expect(evaluate("orElse(missing, 'x')")).toBe('x')
    expect(evaluate("orElse(none, 'x')")).toBe('x')
    expect(evaluate("orElse(level, 'x')")).toBe('error')
  })

  it('lets the other side of || and && decide where one fails', () => {
    expect(evaluate('missing > 1 || status == 503')).toBe(true)
    expect(evaluate('missing > 1 && status == 1')).toBe(false)
    expect(codeOf('missing > 1 || status == 1')).toBe('expression_failed')
  })

  it('goes over lists and the names of maps', () => {
    expect(evaluate("tags.exists(t, t == 'b')")).toBe(true)
    expect(evaluate("tags.all(t, t == 'b')")).toBe(false)
    expect(evaluate("tags.exists_one(t, t == 'b')")).toBe(true)
    expect(evaluate("tags.map(t, t + '!')")).toEqual(['a!', 'b!'])
    expect(evaluate("tags.map(t, t != 'a', t + '!')")).toEqual(['b!'])
    expect(evaluate('tags.filter(t, tags.exists(u, u > t))')).toEqual(['a'])
    expect(evaluate('http.filter(name, name.size() == 4)')).toEqual(['path'])
    expect(evaluate('tags.map(level, level)')).toEqual(['a', 'b'])
  })
})

describe('functions of expressions', () => {
  it.each([
    ["level.matches('^err(or)?$')", true],
    ["'a,b'.split(',')", ['a', 'b']],
    ["['a', 'b'].join('-')", 'a-b'],
    ["'aXbX'.replace('X', '..')", 'a..b..'],
    ["'Ärger'.upperAscii()", 'ÄRGER'],
    ["'😀a'.size()", 2],
    ["'abc'.substring(1, 2)", 'b'],
    ["int('42') + 1", 43],
    ["double('1.5')", 1.5],
    ["bool('true')", true],
    ['string(big)', '9007199254740993'],
    ["duration('1h30m').getMinutes()", 90],
    ["millis(duration('250ms'))", 250],
    ['type(tags)', 'list'],
    ['timestamp(1763880000).getFullYear()', 2025],
  ])('%s is %j', (text, result) => {
    expect(evaluate(text)).toEqual(result)
  })
})

describe('mistakes in an expression', () => {
  it.each([
    ['level ==', 8],
    ['level == "a', 9],
    ["level in ['a'] && nope(status)", 18],
    ["status && ok + 'a' == 1 && 5", 27],
    ["'a' + 1", 0],
    ["level.matches('(')", 14],
    ['1 / 0', 0],
    ['size()', 0],
    ['has(1)', 0],
    ["1 ? 'a' : 'b'", 0],
    ["ok || -'a' == 1", 6],
  ])('%s is a mistake at %i', (text, position) => {
    expect(expressionProblem(text)?.position).toBe(position)
  })

  it('says where in an expression of several lines', () => {
    expect(expressionProblem('status > 1 &&\n  nope(1)')?.message).toContain('line 2, character 3')
  })

  it('wants a condition where one is asked for', () => {
    expect(expressionProblem('status + 1', 'condition')?.message).toBeUndefined()
    expect(expressionProblem('status * 1', 'condition')?.message).toContain('a condition is needed')
    expect(expressionProblem("status >= 500 && raw.contains('x')", 'condition')).toBeUndefined()
  })
})
