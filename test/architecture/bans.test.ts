import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeBans, emptyFileNames, offences, textBans } from './bans.js'
import type { SourceFile } from './source-files.js'
import { listFiles, productFolders, repositoryRoot, separate, sourceFiles } from './source-files.js'

function fileOf(path: string, text: string): SourceFile {
  return { path, text, lineCount: text.split('\n').length, ...separate(text) }
}

describe('the bans', () => {
  it('hold for the code of the product', () => {
    expect(sourceFiles(productFolders).flatMap((file) => offences(file, codeBans))).toEqual([])
  })

  it('hold for every text of the repository', () => {
    const isText = /\.(ts|mjs|js|md|json|jsonc|sh|yml|html|css)$|(^|\/)(Dockerfile|LICENSE|run)$/
    const own = ['test/architecture/bans.ts', 'test/architecture/bans.test.ts', 'package-lock.json']
    const paths = listFiles().filter((path) => isText.test(path) && !own.includes(path))
    const found = paths.flatMap((path) => {
      const text = readFileSync(join(repositoryRoot, path), 'utf8')
      return offences({ path, text, lineCount: 0, code: '', comments: '' }, textBans)
    })
    expect(found).toEqual([])
  })

  it('let no file have a name that says nothing', () => {
    expect(listFiles().filter((path) => emptyFileNames.test(path))).toEqual([])
  })

  it('let every file of the product be in kebab-case', () => {
    const paths = listFiles(productFolders).filter((path) => path.endsWith('.ts'))
    expect(paths.filter((path) => !/^[a-z0-9/-]+(\.[a-z]+)?\.ts$/.test(path))).toEqual([])
  })

  it('let every file of the product open with what it owns', () => {
    const isSelfEvident = /(^|\/)errors\.ts$/
    const files = sourceFiles(productFolders).filter((file) => !isSelfEvident.test(file.path))
    expect(files.filter((file) => !/^(#!.*\n)?(\/\/|\/\*)/.test(file.text)).map((file) => file.path)).toEqual([])
  })
})

describe('the check of bans', () => {
  it.each([
    'const at = Date.now()',
    'const at = new Date()',
    'await new Promise((done) => setTimeout(done, 5))',
    'const id = crypto.randomUUID()',
    'const chance = Math.random()',
    'const home = process.env.HOME',
    'process.exit(1)',
    'export default 1',
    "export * from './x.js'",
    'const value = raw as any',
    'function take(value: any) {}',
    'const all: Map<string, any> = new Map()',
    'enum Kind { A }',
    `try { go() } catch ${'{' + '}'}`,
    'const text = `${Date.now()} ms`',
  ])('objects to: %s', (text) => {
    expect(offences(fileOf('core/log/x.ts', text), codeBans)).toHaveLength(1)
  })

  it.each([
    'const day = new Date(timestampMs)',
    "const text = 'Date.now() and setTimeout()'",
    '// Date.now() is what the clock wraps',
    'const text = `Math.random() in a template`',
    'const pattern = /process.env/',
    'const wait = clock.setTimeout',
    'const half = total / 2; const process2 = 1 / 3',
    'const child = { process: 1 }',
  ])('lets pass: %s', (text) => {
    expect(offences(fileOf('core/log/x.ts', text), codeBans)).toEqual([])
  })

  it('lets the doors to the outside be doors', () => {
    expect(offences(fileOf('core/runtime/node/node-clock.ts', 'const at = Date.now()'), codeBans)).toEqual([])
    expect(offences(fileOf('core/runtime/world.ts', 'const at = Date.now()'), codeBans)).toHaveLength(1)
  })

  it('objects to what is left undone and to paths of one machine', () => {
    // Put together here, so that this file holds none of it itself.
    const text = [`// ${'to' + 'do'} later`.toUpperCase(), 'see issue 7', `cd ${['', 'work', 'tree'].join('/')}`].join(
      '\n',
    )
    expect(offences(fileOf('docs/x.md', text), textBans)).toHaveLength(3)
  })
})
