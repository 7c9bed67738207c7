import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folderRules, ruleOf } from './imports.js'
import type { ImportStatement } from './import-statements.js'
import { importsOf } from './import-statements.js'
import type { SourceFile } from './source-files.js'
import { productFolders, repositoryRoot, separate, sourceFiles } from './source-files.js'

const files = sourceFiles(productFolders)

/** Why an import is against the table; undefined when it is fine. */
function objection(file: SourceFile, statement: ImportStatement): string | undefined {
  const rule = ruleOf(file.path)
  if (rule === undefined) return `${file.path} lies in a folder without a row in the table`
  const where = `${file.path}:${statement.line} imports ${statement.specifier}`
  if (statement.target !== undefined) {
    if (!existsSync(join(repositoryRoot, statement.target))) return `${where}, which leads nowhere`
    const folder = ruleOf(statement.target)?.folder ?? statement.target
    if (folder === rule.folder || rule.may.includes(folder)) return undefined
    if (statement.typesOnly && rule.types?.includes(folder)) return undefined
    return `${where}; ${rule.folder} may not import ${statement.typesOnly ? 'types' : 'values'} of ${folder}`
  }
  if (statement.specifier.startsWith('node:')) {
    const isFine = rule.node === 'all' || rule.node?.includes(statement.specifier) === true
    return isFine ? undefined : `${where}; ${rule.folder} may not`
  }
  const name = /^(@[^/]+\/)?[^/]+/.exec(statement.specifier)?.[0] ?? ''
  return rule.packages?.includes(name) ? undefined : `${where}; ${rule.folder} may not`
}

function fileOf(path: string, text: string): SourceFile {
  return { path, text, lineCount: text.split('\n').length, ...separate(text) }
}

function objectionsTo(path: string, text: string): readonly (string | undefined)[] {
  const file = fileOf(path, text)
  return importsOf(file).map((statement) => objection(file, statement))
}

describe('the import table', () => {
  it('holds for every file of the product', () => {
    const objections = files.flatMap((file) => importsOf(file).map((statement) => objection(file, statement)))
    expect(objections.filter((text) => text !== undefined)).toEqual([])
  })

  it('has a row for every folder with files in it', () => {
    expect(files.filter((file) => ruleOf(file.path) === undefined).map((file) => file.path)).toEqual([])
  })

  it('names only what exists', () => {
    const named = folderRules.flatMap((rule) => [rule.folder, ...rule.may, ...(rule.types ?? [])])
    expect([...new Set(named)].filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([])
  })

  it('has no cycle of run-time imports', () => {
    const settled = new Set<string>()
    const visit = (folder: string, path: readonly string[]): void => {
      expect(path, `cycle: ${[...path, folder].join(' → ')}`).not.toContain(folder)
      if (settled.has(folder)) return
      for (const next of folderRules.find((rule) => rule.folder === folder)?.may ?? []) visit(next, [...path, folder])
      settled.add(folder)
    }
    for (const rule of folderRules) visit(rule.folder, [])
  })

  it('keeps client libraries out of everything that the registry of connectors imports at once', () => {
    const byPath = new Map(files.map((file) => [file.path, file]))
    const reached = new Set<string>()
    const packages: string[] = []
    // Ranges of addresses: a small table, that declarations ask about the URLs of a file.
    const isLight = (specifier: string): boolean => specifier === 'ipaddr.js'
    const visit = (path: string): void => {
      const file = byPath.get(path)
      if (file === undefined || reached.has(path)) return
      reached.add(path)
      for (const statement of importsOf(file)) {
        if (statement.typesOnly || statement.dynamic) continue
        if (statement.target !== undefined) visit(statement.target)
        else if (!statement.specifier.startsWith('node:') && !isLight(statement.specifier))
          packages.push(`${path} imports ${statement.specifier}`)
      }
    }
    visit('connectors/registry.ts')
    expect(packages).toEqual([])
  })
})

describe('the check of imports', () => {
  it('sees every form of import and tells types from values', () => {
    const text = [
      "import type { A } from '../runtime/world.js'",
      "import { type B } from '../runtime/world.js'",
      "import { type C, d } from '../runtime/world.js'",
      "import 'node:fs'",
      "export { e } from '../errors/invariant.js'",
      "const f = await import('chokidar')",
      "type G = import('../runtime/world.js').World",
      "// import { no } from 'node:net'",
      'const text = "import { no } from \'node:net\'"',
    ].join('\n')
    const seen = importsOf(fileOf('core/connector/x.ts', text))
    const form = seen.map(({ specifier, typesOnly, dynamic }) => `${specifier} ${typesOnly} ${dynamic}`)
    expect(form.sort()).toEqual([
      '../errors/invariant.js false false',
      '../runtime/world.js false false',
      '../runtime/world.js true false',
      '../runtime/world.js true false',
      '../runtime/world.js true true',
      'chokidar false true',
      'node:fs false false',
    ])
  })

  it('objects to a value where only types may go, to a door of Node and to a foreign package', () => {
    expect(objectionsTo('core/connector/x.ts', "import type { World } from '../runtime/world.js'")).toEqual([undefined])
    expect(objectionsTo('core/connector/x.ts', "import { World } from '../runtime/world.js'")).not.toContain(undefined)
    expect(objectionsTo('core/log/x.ts', "import { openSync } from 'node:fs'")).not.toContain(undefined)
    expect(objectionsTo('core/log/x.ts', "import pino from 'pino'")).not.toContain(undefined)
    expect(objectionsTo('core/engine/log-engine.ts', "import './memory/nowhere.js'")).not.toContain(undefined)
  })
})
