import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SourceFile } from './source-files.js'
import { productFolders, repositoryRoot, sourceFiles } from './source-files.js'

interface LintReport {
  readonly diagnostics: readonly {
    readonly code: string
    readonly message: string
    readonly filename: string
    readonly labels: readonly { readonly span: { readonly line: number } }[]
  }[]
}

/** Functions are measured by the linter's parser; the limits stand in function-limits.json, which .oxlintrc.json extends. */
function oversizedFunctions(paths: readonly string[]): readonly string[] {
  const linter = join(repositoryRoot, 'node_modules/oxlint/bin/oxlint')
  const limits = join(repositoryRoot, 'test/architecture/function-limits.json')
  const run = spawnSync(process.execPath, [linter, '-c', limits, '--format', 'json', ...paths], {
    cwd: repositoryRoot,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const report = JSON.parse(run.stdout) as LintReport
  return report.diagnostics
    .filter((one) => one.code.startsWith('eslint(max-'))
    .map((one) => `${one.filename}:${one.labels[0]?.span.line}: ${one.message}`)
    .sort()
}

function lineCountAt(files: readonly SourceFile[], share: number): number {
  const counts = files.map((file) => file.lineCount).sort((a, b) => a - b)
  return counts[Math.floor((counts.length - 1) * share)] ?? 0
}

describe('sizes', () => {
  const product = sourceFiles(productFolders)
  const all = [...product, ...sourceFiles(['test', 'bench', 'scripts'])]

  it('no file is above 600 lines', () => {
    const tooLong = all.filter((file) => file.lineCount > 600)
    expect(tooLong.map((file) => `${file.path}: ${file.lineCount} lines`)).toEqual([])
  })

  it('the median file of the product has at most 150 lines, and nine of ten at most 400', () => {
    expect(lineCountAt(product, 0.5)).toBeLessThanOrEqual(150)
    expect(lineCountAt(product, 0.9)).toBeLessThanOrEqual(400)
  })

  it('no function is above 70 lines or takes more than four parameters', () => {
    expect(oversizedFunctions([...productFolders, 'test', 'bench', 'scripts'])).toEqual([])
  })

  it('the measure sees a function of 71 lines and one with five parameters', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tailrace-sizes-'))
    try {
      const body = 'count++\n'.repeat(69)
      const text = `let count = 0\nexport function long() {\n${body}}\nexport function wide(a, b, c, d, e) {}\n`
      writeFileSync(join(directory, 'planted.ts'), text)
      expect(oversizedFunctions([directory])).toEqual([
        expect.stringContaining('too many lines (71)'),
        expect.stringContaining('too many parameters (5)'),
      ])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
