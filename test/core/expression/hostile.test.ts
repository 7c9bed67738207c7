// Expressions and records made to break out or to take for ever. Whatever comes, the answer is a JSON value or an error
// of expressions, nothing beyond the record is in reach, and no prototype changes.

import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import { Expression } from '../../../core/expression/expression.js'
import type { JsonValue } from '../../../core/format/parsed.js'
import { stringifyJson } from '../../../core/format/json-object.js'
import { scopeOf } from './scope.js'

const record =
  '{"a":{"b":1},"list":[1,"x",{"c":2}],"text":"text","n":5,"f":1.5,"flag":true,"none":null,"__proto__":{"own":1}}'

const codes = ['expression_invalid', 'expression_failed', 'expression_budget']

/** The value, or the code of the error. Throws anything else that is thrown. */
function answer(text: string, value = record): JsonValue {
  try {
    const result = new Expression(text).json(scopeOf(value))
    stringifyJson(result)
    return result
  } catch (error) {
    if (error instanceof TailraceError && codes.includes(error.code)) return error.code
    throw error
  }
}

const intrinsics = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Number.prototype]
const before = intrinsics.map((prototype) => Object.getOwnPropertyNames(prototype).join())

afterEach(() => {
  expect(intrinsics.map((prototype) => Object.getOwnPropertyNames(prototype).join())).toEqual(before)
})

/** What values are asked for; each payload below is one of these and a way to come further. */
const roots = ['a', 'list', 'text', 'n', 'flag', 'value', 'headers', 'time', 'raw', "''", '[]', '{}', "'a'.size()"]
const members = [
  'constructor',
  '__proto__',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  '__lookupGetter__',
  'length',
  'then',
  'caller',
  'apply',
]
const globals = [
  'process',
  'globalThis',
  'global',
  'window',
  'require',
  'module',
  'exports',
  'Function',
  'Object',
  'Reflect',
  'Proxy',
  'Symbol',
  'eval',
  'import',
  'this',
  'arguments',
  'undefined',
  'NaN',
  'console',
  'Buffer',
  'fetch',
  'google',
  'cel',
  'optional',
  'constructor',
  'toString',
]

/** Shapes that broke out of the expression languages of others, and of sandboxes that run code. */
const programs = [
  "a.constructor.constructor('return process')()",
  "''.constructor.fromCharCode(97)",
  "[].constructor.constructor('return this')()",
  "text.constructor('return process.env')",
  '(function(){return this})()',
  '(() => process)()',
  '`${process.env}`',
  '{{7*7}}',
  '${7*7}',
  '#{7*7}',
  'process.mainModule.require("child_process").execSync("id")',
  'this.constructor.constructor("return process")()',
  'list.map(x, x.constructor)',
  'list.map(constructor, constructor)',
  'list.map(__proto__, __proto__)',
  'list.exists(x, x.__proto__ == null)',
  "a['__proto__']['polluted']",
  "a['constructor']['prototype']",
  "{'__proto__': {'x': 1}}.x",
  "{'constructor': 1}.constructor.constructor",
  'new Date()',
  'a = 1',
  'a.b = 1',
  'a; b',
  'a ?? b',
  'a?.b',
  'delete a.b',
  'typeof a',
  'a instanceof b',
  'throw a',
  'await a',
  'async a',
  'yield a',
  'while (true) {}',
  'for (;;) {}',
  '$.a',
  '$eval("1")',
  '$sift(a)',
  '$function("a")',
  'bytes(text)',
  'bytes(text).json()',
  "b'abc'",
  "b'{}'.json()",
  'google.protobuf.Timestamp',
  'type(a)(1)',
  'cel.bind(x, a, x)',
  'optional.of(a)',
  'optional.none().value()',
  'dyn(a)',
  'a.?b',
  'list[?0]',
  "timestamp('x')",
  'timestamp(1e300)',
  "timestamp('9999-12-31T23:59:59Z') + duration('1000000000d')",
  "duration('99999999999999999999999999d')",
  "duration('')",
  "duration('-')",
  "time.getHours('../../etc/passwd')",
  'int(1.0 / 3 * 1e308 * 10)',
  "int('0x10')",
  "int('999999999999999999999999999999999999999999999999999')",
  "double('Infinity')",
  "double('NaN')",
  'string(list)',
  "text.matches('(a+)+$')",
  "text.matches('(?=a)')",
  "text.matches('\\\\1')",
  "text.matches('((a{1,100}){1,100}){1,100}')",
  "text.matches('[')",
  'text.matches(text)',
  'text.matches(5)',
  "text.replace('', 'x')",
  'text.substring(-1)',
  'text.substring(0, 1e9)',
  'text.substring(0.5)',
  "text.split('', 1)",
  'list[-1]',
  'list[1.5]',
  "list['length']",
  "list['__proto__']",
  "text['length']",
  'text[0]',
  'n.b',
  'none.b',
  'flag[0]',
  'a[list]',
  'list[a]',
  '-text',
  '!text',
  '!n',
  'n && flag',
  'text + n',
  'list + a',
  'a + a',
  'a < a',
  'list < list',
  'none < none',
  'flag + flag',
  "n in 'text'",
  'n in n',
  'a in a',
  '5 % 0',
  '5 / 0',
  '5.5 % 2',
  '-9223372036854775808 - 1',
  '9223372036854775807 * 9223372036854775807',
  'n.map(x, x)',
  'text.map(x, x)',
  'list.map(x.y, x)',
  'list.map(1, x)',
  'list.map(x)',
  'list.map()',
  'has(1)',
  'has()',
  'has(a.b, a)',
  'has(text.size())',
  'orElse(1, 2)',
  'orElse(a)',
  'size()',
  'size(1)',
  'size(none)',
  'min(1)',
  "min(1, 'a')",
  'nope()',
  'a.nope()',
  'hasOwnProperty(a)',
  "a.hasOwnProperty('b')",
  'toString()',
  'a.toString()',
  'constructor()',
  'a.constructor()',
  '__proto__()',
  'a.__proto__()',
  '',
  ' ',
  '(',
  ')',
  '((((((((((',
  "'",
  '"',
  '\\',
  '\u0000',
  '\ud800',
  '//',
  '/* */',
  '1..2',
  '1e',
  '0x',
  '1u',
  '.5.',
  '[,]',
  '{:}',
  '{1: 2}',
  '{a: 1}',
  '{null: 1}',
  '[1, 2',
  'a.',
  '.a',
  'a b',
  'true()',
  'null.a',
  'in',
  'as',
  'a.in',
]

const deep = [
  `${'('.repeat(10_000)}1${')'.repeat(10_000)}`,
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  `${'!'.repeat(9_000)}true`,
  `${'-'.repeat(9_000)}1`,
  `a${'.b'.repeat(4_000)}`,
  `1${' + 1'.repeat(2_400)}`,
  `true${' && true'.repeat(1_000)}`,
  `flag ? 1 : ${'flag ? 1 : '.repeat(800)}1`,
  `[${'1,'.repeat(3_000)}1]`,
  `{${Array.from({ length: 900 }, (_, at) => `'${at}':1`).join(',')}}`,
  'x'.repeat(20_000),
]

describe('expressions that want out', () => {
  const reached = roots.flatMap((root) => members.map((member) => `${root}.${member}`))
  const indexed = roots.flatMap((root) => members.slice(0, 4).map((member) => `${root}['${member}']`))
  const payloads = [...reached, ...indexed, ...globals, ...programs, ...deep]

  it(`reach nothing, in ${payloads.length} forms`, () => {
    expect(payloads.length).toBeGreaterThan(200)
    const allowed = new Set(['value.__proto__', "value['__proto__']"])
    const through = payloads.filter((text) => {
      const result = answer(text)
      return (
        [...reached, ...indexed, ...globals].includes(text) && !codes.includes(result as string) && !allowed.has(text)
      )
    })
    expect(through).toEqual([])
  })

  it('see a field called __proto__ as a field', () => {
    expect(answer('value.__proto__.own')).toBe(1)
    expect(answer('own')).toBe('expression_failed')
  })

  it('are as harmless with those names in loops and maps', () => {
    expect(stringifyJson(answer("{'__proto__': {'x': 1}, 'constructor': 2}"))).toBe(
      '{"__proto__":{"x":1},"constructor":2}',
    )
    expect(answer('[1].map(constructor, constructor + 1)')).toEqual([2])
  })
})

describe('expressions that want to go on for ever', () => {
  const numbers = `{"list":[${Array.from({ length: 2_000 }, (_, at) => at).join()}],"text":"${'ab'.repeat(50_000)}"}`

  it.each([
    'list.map(a, list.map(b, list.map(c, a + b + c)))',
    'list.all(a, list.all(b, list.all(c, a + b + c >= 0)))',
    'list.map(a, text).map(t, t.size())',
    'list.map(a, text)',
    'list.map(a, list) == list.map(a, list.filter(b, true))',
    'list.map(a, [list, list, list, list, list, list])',
    "list.map(a, text.replace('a', 'aaaa'))",
    "list.map(a, text.split('a'))",
    'list.exists(a, text.matches("(a|b)*c"))',
    'text + text + text + text + text + text + text + text + text + text + text + text',
    "text.replace('a', text)",
    'list.map(a, text + text).join()',
    `${'[list]'}${'.map(x, [x, x, x, x, x, x, x, x])'.repeat(3)}.map(x, x == x)`,
  ])('%s ends', (text) => {
    const result = answer(text, numbers)
    expect(typeof result === 'string' ? codes.includes(result) : typeof result).not.toBe(false)
  })

  it('says when it was too much', () => {
    expect(answer('list.map(a, list.map(b, a + b))', numbers)).toBe('expression_budget')
  })
})

describe('random programs', () => {
  const token = fc.oneof(
    fc.constantFrom(...'()[]{}.,:?!+-*/%<>=&|\'"'.split(''), '&&', '||', '==', '!=', '<=', '>=', ' in ', ' '),
    fc.constantFrom(
      'a',
      'b',
      'list',
      'text',
      'n',
      'value',
      'raw',
      'time',
      'key',
      'headers',
      'true',
      'null',
      '1',
      '2.5',
      "'x'",
    ),
    fc.constantFrom(
      '.map(x, ',
      '.exists(x, ',
      'has(',
      'orElse(',
      'size(',
      '.matches(',
      '.split(',
      '__proto__',
      'constructor',
    ),
  )

  it('give a value or an error of expressions', () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 14 }), (tokens) => {
        answer(tokens.join(''))
      }),
      { numRuns: 5_000 },
    )
  })

  /** Programs that parse, so that they come as far as to run. */
  const { program } = fc.letrec<{ program: string }>((tie) => ({
    program: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(
        'a',
        'a.b',
        'list',
        'text',
        'n',
        'f',
        'flag',
        'none',
        'time',
        'value',
        'raw',
        '0',
        '7',
        "'x'",
        '[]',
        '{}',
      ),
      fc
        .tuple(
          tie('program'),
          fc.constantFrom('+', '-', '*', '/', '%', '==', '<', '>=', '&&', '||', 'in'),
          tie('program'),
        )
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc.tuple(tie('program'), tie('program'), tie('program')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc
        .tuple(tie('program'), fc.constantFrom('map', 'filter', 'exists', 'all', 'exists_one'), tie('program'))
        .map(([list, loop, body]) => `${list}.${loop}(n, ${body})`),
      fc
        .tuple(fc.constantFrom('size', 'string', 'int', 'double', 'type', 'timestamp', 'abs'), tie('program'))
        .map(([name, argument]) => `${name}(${argument})`),
      fc.tuple(tie('program'), tie('program')).map(([list, index]) => `${list}[${index}]`),
      fc.tuple(tie('program'), tie('program')).map(([left, right]) => `[${left}, {'k': ${right}}]`),
    ),
  }))

  it('that parse give a value or an error of expressions as well', () => {
    let values = 0
    fc.assert(
      fc.property(program, (text) => {
        if (!codes.includes(answer(text) as string)) values++
      }),
      { numRuns: 5_000 },
    )
    expect(values).toBeGreaterThan(500)
  })
})
