import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listFiles, repositoryRoot } from '../architecture/source-files.js'
import { codeBlocksOf } from './markdown.js'

const command = join(repositoryRoot, 'dist/cli/main.js')
const examples = listFiles(['examples']).filter((path) => path.endsWith('.json'))
const blocks = listFiles()
  .filter((path) => path.endsWith('.md'))
  .flatMap((path) =>
    codeBlocksOf(readFileSync(join(repositoryRoot, path), 'utf8')).map((block) => ({
      place: `${path}:${block.line}`,
      ...block,
    })),
  )
const runnable = blocks.filter(({ words }) => words[0] === 'sh' && words[1] === 'runnable')
const pipelines = blocks.filter(({ words, text }) => words[0] === 'jsonc' && text.includes('"sources"'))

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tailrace-documents-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function expectSuccess(program: string, args: readonly string[], secrets: Readonly<Record<string, string>> = {}): void {
  const env = { ...process.env, ...secrets }
  const run = spawnSync(program, args, { cwd: repositoryRoot, encoding: 'utf8', timeout: 60_000, env })
  expect(run.status, `${[program, ...args].join(' ')}\n${run.stdout}${run.stderr}`).toBe(0)
}

describe('what the documents show', () => {
  it('has examples, blocks and pipelines to try', () => {
    expect([examples.length, runnable.length, pipelines.length].every((count) => count > 0)).toBe(true)
  })

  it.each(examples)('%s is a valid pipeline file', (path) => {
    expectSuccess(process.execPath, [command, 'validate', path])
  })

  it.each(pipelines)('the pipeline at $place is valid', ({ text, line }) => {
    const file = join(directory, `pipeline-${line}.json`)
    writeFileSync(file, text)
    const names = [...text.matchAll(/"\$env": "(\w+)"/g)].map(([, name]) => [name, 'postgres://nobody@localhost/none'])
    expectSuccess(process.execPath, [command, 'validate', file], Object.fromEntries(names) as Record<string, string>)
  })

  it.each(runnable)('the commands at $place run', ({ text }) => {
    expectSuccess('bash', ['-euo', 'pipefail', '-c', text])
  })
})
