import { posix } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { RecordCursor } from '../../../core/record/record-cursor.js'
import { BoundPath } from '../../../connectors/lake/bound-path.js'
import { readPathTemplate } from '../../../connectors/lake/path-template.js'
import { pathValue } from '../../../connectors/lake/path-value.js'

const range = { firstOffset: 42, nextOffset: 100 }

interface Case {
  readonly text: string
  readonly value?: string | null
  readonly timestampMs?: number
  readonly topic?: string
}

function nameOf({ text, value = null, timestampMs = 0, topic = 'orders' }: Case): string {
  const binding = { pipeline: 'shop', sink: 'lake', topic, partition: 3 }
  const path = new BoundPath(readPathTemplate(text).template, binding, '')
  const cursor = new RecordCursor()
  cursor.reset(encodeBatch([{ key: null, value: value === null ? null : Buffer.from(value), timestampMs }]))
  cursor.next()
  return path.nameOf(path.groupOf(cursor), range)
}

const fieldTemplate = '{a}/{partition}-{first}'
const fieldName = (value: unknown): string => nameOf({ text: fieldTemplate, value: JSON.stringify({ a: value }) })
const behind = '/3-00000000000000000042'

describe('the name of a file', () => {
  it('follows from topic, partition, range, time and names of pipeline and sink', () => {
    const text = '{pipeline}.{sink}/{topic}/dt={time:yyyy-MM-dd}/{time:HH/mm}/{partition}-{first}-{last}.log'
    expect(nameOf({ text, timestampMs: Date.UTC(2026, 0, 2, 3, 4, 59, 999) })).toBe(
      'shop.lake/orders/dt=2026-01-02/03/04/3-00000000000000000042-00000000000000000099.log',
    )
  })

  it.each([
    ['{"a":"x"}', 'x'],
    ['{"a":12.5}', '12.5'],
    ['{"a":true}', 'true'],
    ['{"a":{"b":{"c":"deep"}}}', '__none__'],
    ['{"a":null}', '__none__'],
    ['{"a":["x"]}', '__none__'],
    ['{"b":1}', '__none__'],
    ['["a"]', '__none__'],
    ['no json', '__none__'],
    [null, '__none__'],
    ['{"a":""}', '__empty__'],
    ['{"__proto__":{"a":"x"}}', '__none__'],
  ])('takes a field of %j as %s', (value, folder) => {
    expect(nameOf({ text: fieldTemplate, value })).toBe(folder + behind)
  })

  it('reaches inner fields, and none of a prototype', () => {
    const value = '{"a":{"b":{"c":"deep"}}}'
    expect(nameOf({ text: '{a.b.c}/{partition}-{first}', value })).toBe(`deep${behind}`)
    expect(nameOf({ text: '{constructor.name}/{partition}-{first}', value })).toBe(`__none__${behind}`)
  })

  it.each([-1, 253402300800000, Number.MAX_SAFE_INTEGER])('has no time for the time stamp %d', (timestampMs) => {
    expect(nameOf({ text: '{time:yyyy-MM}/{time:dd/HH}/{partition}-{first}', timestampMs })).toBe(
      `__none__/__none__/__none__${behind}`,
    )
  })

  it.each(hostileNames())('stays below the root for the field %j', (hostile) => {
    const name = fieldName(hostile)
    expect(name.endsWith(behind)).toBe(true)
    const folder = name.slice(0, -behind.length)
    expect(folder).toMatch(/^[A-Za-z0-9_%~-][A-Za-z0-9._%~-]*$/)
    expect(Buffer.byteLength(folder)).toBeLessThanOrEqual(96)
    expect(posix.join('/root', name)).toBe(`/root/${name}`)
  })

  it('stays below the root for any two values side by side', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('.', '/', '\0', '%', 'a') }),
        (a, b) => {
          const name = nameOf({ text: '{a}{b}/{b}{a}/{partition}-{first}', value: JSON.stringify({ a, b }) })
          expect(posix.normalize(name)).toBe(name)
          expect(name.split('/')).toHaveLength(3)
          expect(name.startsWith('.')).toBe(false)
        },
      ),
    )
  })

  it('is refused for a topic that makes it too long', () => {
    const text = '{topic}-{partition}-{first}'
    expect(nameOf({ text, topic: 't'.repeat(200) })).toHaveLength(223)
    expect(() => nameOf({ text, topic: 't'.repeat(249) })).toThrow(expect.objectContaining({ code: 'lake_path_unfit' }))
  })

  it('keeps long values apart', () => {
    const long = 'x'.repeat(5000)
    expect(pathValue(`${long}1`)).not.toBe(pathValue(`${long}2`))
    expect(pathValue(`${long}1`)).toBe(pathValue(`${long}1`))
    for (let length = 60; length < 120; length++)
      expect(pathValue('ä'.repeat(length))).toMatch(/^(%C3%A4|%C3)*~[0-9a-f]{8}$/)
  })
})

/** More than 120 values that have led others out of their folders, or broken them. */
function hostileNames(): readonly string[] {
  const dots = [
    '.',
    '..',
    '...',
    '../',
    '..\\',
    './',
    '../..',
    '/..',
    '..;',
    '.. ',
    ' ..',
    '..%00',
    '.tailrace',
    '.hidden',
  ]
  const traversals = [
    'etc/passwd',
    '../etc/passwd',
    '../../root',
    '/etc/passwd',
    '\\\\server\\share',
    'C:\\x',
    'C:',
    'file:///etc',
    '~',
    '~root',
    '$HOME',
    '`id`',
    '$(id)',
    '{a}',
    '{first}',
    '{partition}',
  ]
  const encoded = [
    '%2e%2e%2f',
    '%2e%2e/',
    '..%2f',
    '%252e%252e%252f',
    '..%c0%af',
    '%c0%ae%c0%ae/',
    '..%5c',
    '%00',
    '%0a',
    '%',
  ]
  const controls = Array.from({ length: 33 }, (_, code) => `a${String.fromCharCode(code)}b`)
  const separators = [
    'a/b',
    'a//b',
    '/',
    '//',
    '\\',
    'a\\b',
    '\u2215',
    '\u2044',
    '\uff0f',
    '\uff3c',
    '\u29f8',
    '\u2025',
    '\uff0e\uff0e',
    '\u202e',
    '\u200b',
    '\ufeff',
    '\u00a0',
    '\u2028',
    '\u2029',
    '\ud800',
    '\udfff',
    'ÿþ',
  ]
  const names = [
    'con',
    'NUL',
    'aux.txt',
    'a:b',
    'a*b',
    'a?b',
    'a"b',
    "a'b",
    'a<b',
    'a>b',
    'a|b',
    'a;b',
    'a&b',
    'a#b',
    '-rf',
    '--',
    'a ',
    ' a',
    'a.',
    'name.json.tmp',
    'hub.json',
    '日本語',
    'naïve',
    '🎉',
    'é',
    'é',
  ]
  const long = [97, 255, 256, 1024, 4096, 100_000].flatMap((length) =>
    ['x', '.', '/', 'ä'].map((unit) => unit.repeat(length)),
  )
  return [...dots, ...traversals, ...encoded, ...controls, ...separators, ...names, ...long]
}
