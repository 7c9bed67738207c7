import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FileNames, namesProblem } from '../../../../connectors/lake/compact/file-names.js'
import { pathValue } from '../../../../connectors/lake/path-value.js'
import { readPathTemplate } from '../../../../connectors/lake/path-template.js'

const binding = { pipeline: 'shop', sink: 'lake', topic: 'orders.eu', partition: 3 }
const digits = (offset: number): string => String(offset).padStart(20, '0')

function namesOf(path: string, extension = '.ndjson', bound = binding): FileNames {
  return new FileNames(readPathTemplate(path).template, bound, extension)
}

describe('the names of a partition’s files', () => {
  const names = namesOf('{topic}/dt={time:yyyy-MM-dd}/{level}/{partition}-{first}-{last}', '.ndjson.gz')
  const one = `orders.eu/dt=2026-11-22/info/3-${digits(7)}-${digits(9)}.ndjson.gz`

  it('tell the offset and the group', () => {
    const group = '2026-11-22/info'
    expect(names.read(one)).toEqual({ group, firstOffset: 7, throughOffset: 7 })
    expect(names.read(one.replace('info', 'a%2Fb'))?.group).toBe('2026-11-22/a%2Fb')
    expect(names.read(one.replace('2026-11-22', '__none__'))?.group).toBe('__none__/info')
  })

  it.each([
    ['another partition', one.replace('/3-', '/13-')],
    ['another topic', one.replace('orders.eu', 'ordersxeu')],
    ['no whole offset', one.replace(digits(7), '7')],
    ['another extension', one.replace('.gz', '')],
    ['something in front', `x/${one}`],
    ['something behind', `${one}.bak`],
    ['a mark without an offset', one.replace('.ndjson', '.through-12.ndjson')],
    ['a range that ends before it begins', one.replace('.ndjson', `.through-${digits(6)}.ndjson`)],
  ])('are not those with %s', (_, name) => {
    expect(names.read(name)).toBeUndefined()
  })

  it('name what several become, also of what several have become before', () => {
    const merged = names.merged(one, 40)
    expect(merged).toBe(one.replace('.ndjson', `.through-${digits(40)}.ndjson`))
    expect(names.read(merged!)).toEqual({ group: '2026-11-22/info', firstOffset: 7, throughOffset: 40 })
    expect(names.merged(merged!, 90)).toBe(one.replace('.ndjson', `.through-${digits(90)}.ndjson`))
  })

  it('keep an extension of the user’s choice', () => {
    const own = namesOf('{partition}/{first}.json', '.gz')
    const name = `3/${digits(1)}.json.gz`
    expect(own.merged(name, 2)).toBe(`3/${digits(1)}.through-${digits(2)}.json.gz`)
    expect(own.read(own.merged(name, 2)!)).toEqual({ group: '', firstOffset: 1, throughOffset: 2 })
  })

  it('are not given when they would be too long', () => {
    const own = namesOf(`{partition}-{first}-${'x'.repeat(210)}`)
    expect(own.merged(`3-${digits(1)}-${'x'.repeat(210)}.ndjson`, 2)).toBeUndefined()
  })

  it('are read as they were made, whatever records hold', () => {
    const path = '{topic}/{a}-{b}/{partition}-{first}'
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(), fc.nat(), (a, b, offset, more) => {
        const own = namesOf(path)
        const folder = `${pathValue(a)}-${pathValue(b)}`
        const name = `orders.eu/${folder}/3-${digits(offset)}.ndjson`
        const other = `orders.eu/${folder}/3-${digits(offset + 1 + more)}.ndjson`
        expect(own.read(name)).toMatchObject({ firstOffset: offset, throughOffset: offset })
        expect(own.read(other)?.group).toBe(own.read(name)?.group)
        const merged = own.merged(name, offset + more)!
        expect(own.read(merged)).toEqual({ ...own.read(name), throughOffset: offset + more })
        expect(namesOf(path, '.ndjson', { ...binding, partition: 30 }).read(name)).toBeUndefined()
      }),
    )
  })
})

describe('a path whose files may be merged', () => {
  const problemOf = (path: string): string | undefined => namesProblem(readPathTemplate(path).template)

  it.each([
    '{topic}/{partition}-{first}',
    'a/dt={time:yyyy-MM-dd}/{level}/{topic}-{partition}-{first}-{last}',
    '{level}/p{partition}/{first}.json',
  ])('has its partition apart: %s', (path) => {
    expect(problemOf(path)).toBeUndefined()
  })

  it.each([
    ['{topic}/{level}-{partition}-{first}', 'field of the record'],
    ['{topic}/{partition}-{level}-{first}', 'field of the record'],
    ['{topic}{partition}/{first}', 'apart from other placeholders'],
    ['{topic}/v1{partition}-{first}', 'apart from other placeholders'],
    ['{partition}/{first}-{level}.json', 'must not end with a field'],
    ['x.through-y/{partition}-{first}', 'must not hold ".through-"'],
  ])('does not look like %s', (path, problem) => {
    expect(problemOf(path)).toContain(problem)
  })
})
