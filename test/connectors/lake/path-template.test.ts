import { describe, expect, it } from 'vitest'
import { constantPrefix, readPathTemplate } from '../../../connectors/lake/path-template.js'

const problemsOf = (text: string): readonly string[] => readPathTemplate(text).problems

describe('a path template', () => {
  it.each([
    '{partition}-{first}',
    '{topic}/{partition}-{first}',
    '{topic}/dt={time:yyyy-MM-dd}/hour={time:HH}/{partition}-{first}-{last}.jsonl',
    '{pipeline}/{sink}/{time:yyyy/MM/dd/HH/mm}/{partition}/{first}',
    'logs/{pod.name}/{@level}/{partition}_{first}.log.gz',
  ])('may be %s', (text) => {
    expect(problemsOf(text)).toEqual([])
  })

  it.each([
    ['{topic}/{first}', 'must hold {partition}'],
    ['{topic}/{partition}', 'must hold {first}'],
    ['/{partition}-{first}', 'begins or ends with "/"'],
    ['{partition}-{first}/', 'begins or ends with "/"'],
    ['a//{partition}-{first}', 'has "//"'],
    ['../{partition}-{first}', 'begins with "."'],
    ['a/../{partition}-{first}', 'begins with "."'],
    ['a/./{partition}-{first}', 'begins with "."'],
    ['.tailrace/{partition}-{first}', 'begins with "."'],
    ['.{name}/{partition}-{first}', 'begins with "."'],
    ['{partition}-{first}\u0000', 'no name of a file may have'],
    ['a\\b/{partition}-{first}', 'no name of a file may have'],
    ['{partition}-{first', 'no name of a file may have'],
    ['partition}-{first}', 'no name of a file may have'],
    ['{}/{partition}-{first}', '{} is neither'],
    ['{a b}/{partition}-{first}', '{a b} is neither'],
    ['{a..b}/{partition}-{first}', '{a..b} is neither'],
    ['{time}/{partition}-{first}', 'is no format of time'],
    ['{time:%Y}/{partition}-{first}', 'is no format of time'],
    ['{time:yyyy//MM}/{partition}-{first}', 'is no format of time'],
    ['{time:../yyyy}/{partition}-{first}', 'is no format of time'],
    ['{a}{b}{c}/{partition}-{first}', 'could become 288 bytes long'],
    [`${'x'.repeat(250)}{partition}-{first}`, 'could become 281 bytes long'],
    [`${'{a}{b}/'.repeat(6)}{partition}-{first}`, 'could become 1190 bytes long; 1024 are possible'],
  ])('%j is refused', (text, why) => {
    expect(problemsOf(text).join('; ')).toContain(why)
  })

  it('tells everything that is wrong at once', () => {
    expect(problemsOf('{}/{time:x}/\u0001')).toHaveLength(3)
  })

  it('knows what all its names begin with', () => {
    const prefix = (text: string): string =>
      constantPrefix(readPathTemplate(text).template, { pipeline: 'shop', sink: 'lake' })
    expect(prefix('logs/{pipeline}/{sink}-{topic}/{partition}-{first}')).toBe('logs/shop/lake-')
    expect(prefix('{topic}/{partition}-{first}')).toBe('')
  })
})
