import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileGlobs, expandBraces } from '../../../connectors/file/glob.js'
import { PathScope } from '../../../connectors/file/path-scope.js'

function scope(include: string | readonly string[], exclude: readonly string[] = []): PathScope {
  return new PathScope({ include: [include].flat(), exclude }, '/base')
}

describe('globs', () => {
  it.each([
    ['/var/log/*.log', '/var/log/app.log', true],
    ['/var/log/*.log', '/var/log/sub/app.log', false],
    ['/var/log/*.log', '/var/log/.hidden.log', false],
    ['/var/log/.*.log', '/var/log/.hidden.log', true],
    ['/var/log/**/*.log', '/var/log/app.log', true],
    ['/var/log/**/*.log', '/var/log/a/b/c/app.log', true],
    ['/var/log/**/*.log', '/var/log/.git/app.log', false],
    ['/var/log/**', '/var/log/a/b', true],
    ['/var/**/app/*.log', '/var/log/app/x.log', true],
    ['/var/**/app/*.log', '/var/app/app/app/x.log', true],
    ['/var/**/app/*.log', '/var/log/apps/x.log', false],
    ['/var/log/app?.log', '/var/log/app1.log', true],
    ['/var/log/app?.log', '/var/log/app.log', false],
    ['/var/log/app[0-9].log', '/var/log/app7.log', true],
    ['/var/log/app[!0-9].log', '/var/log/app7.log', false],
    ['/var/log/app[]x].log', '/var/log/app].log', true],
    ['/var/log/{a,b{c,d}}.log', '/var/log/bd.log', true],
    ['/var/log/{a,b{c,d}}.log', '/var/log/b.log', false],
    ['/var/{log,tmp/x}/*.log', '/var/tmp/x/y.log', true],
    ['/var/log/a\\*b', '/var/log/a*b', true],
    ['/var/log/a\\*b', '/var/log/axb', false],
    ['/var/log/*a*b*c*', '/var/log/xaxbxc', true],
    ['logs/*.log', '/base/logs/x.log', true],
    ['./logs/../logs/*.log', '/base/logs/x.log', true],
    ['../*.log', '/x.log', true],
  ])('%s and %s: %s', (pattern, path, expected) => {
    expect(scope(pattern).includes(path)).toBe(expected)
  })

  it('refuses a pattern that cannot be understood, with the pattern in the message', () => {
    for (const pattern of ['/a/{b,c', '/a/[b', '/a/b\\']) {
      expect(() => compileGlobs(pattern, { matchHidden: false })).toThrow(JSON.stringify(pattern))
    }
    expect(() => expandBraces('{a,b}'.repeat(20))).toThrow('alternatives')
  })

  it('takes a time that is linear in the name, whatever the stars', () => {
    const name = 'a'.repeat(250)
    expect(scope(`/x/${'a*'.repeat(100)}b`).includes(`/x/${name}`)).toBe(false)
  })

  it('agrees with a regular expression on names without special meaning', () => {
    const piece = fc.constantFrom('a', 'b', '*', '?')
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 8 }),
        (pieces, name) => {
          const expression = pieces.map((one) => (one === '*' ? '[^]*' : one === '?' ? '[^]' : one)).join('')
          const expected = new RegExp(`^${expression}$`).test(name)
          expect(scope(`/x/${pieces.join('')}`).includes(`/x/${name}`)).toBe(expected)
        },
      ),
    )
  })
})

describe('a scope', () => {
  it('lets an exclude without a slash, or with ** in front, hold anywhere', () => {
    expect(scope('/var/log/**', ['*.tmp']).includes('/var/log/a/x.tmp')).toBe(false)
    expect(scope('/var/log/**', ['**/*.tmp']).includes('/var/log/a/.x.tmp')).toBe(false)
    expect(scope('/var/log/**', ['*.tmp']).includes('/var/log/a/x.log')).toBe(true)
    expect(scope('/base/log/**', ['log/old/*']).includes('/base/log/old/x')).toBe(false)
  })

  it('prunes directories that an exclude names, or all below which it names', () => {
    for (const exclude of ['archive', '**/archive', '/var/log/archive', '/var/log/archive/**']) {
      expect(scope('/var/log/**', [exclude]).prunes('/var/log/archive'), exclude).toBe(true)
      expect(scope('/var/log/**', [exclude]).includes('/var/log/archive/a/x.log'), exclude).toBe(false)
    }
    expect(scope('/var/log/**', ['/var/log/archive/*.gz']).prunes('/var/log/archive')).toBe(false)
  })

  it('says whether a file made below a directory could be read', () => {
    const logs = scope(['/var/log/app/**/*.log', '/srv/*/out.txt'], ['/var/log/app/archive/**'])
    expect(logs.reads('/var/log/app')).toBe(true)
    expect(logs.reads('/var/log/app/deep/er')).toBe(true)
    expect(logs.reads('/var')).toBe(true)
    expect(logs.reads('/srv/x')).toBe(true)
    expect(logs.reads('/srv/x/y')).toBe(false)
    expect(logs.reads('/var/log/other')).toBe(false)
    expect(logs.reads('/var/log/app/archive')).toBe(false)
    expect(logs.reads('/var/log/app/archive/deep')).toBe(false)
  })
})
