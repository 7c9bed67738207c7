import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repositoryRoot } from '../architecture/source-files.js'

// A repository in small: the real scripts over proofs that hold, fail and hang.
const proofs = {
  holds: { ci: 5, full: 10, budgetSeconds: 60, text: 'console.log(`args: ${process.argv.slice(2).join(" ")}`)' },
  fails: { ci: 5, full: 10, budgetSeconds: 60, text: 'process.exitCode = 3' },
  hangs: { ci: 5, full: 10, budgetSeconds: 0.2, text: 'setInterval(() => {}, 1000)' },
}

let root = ''

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tailrace-prove-'))
  for (const path of ['scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json']) {
    cpSync(join(repositoryRoot, path), join(root, path), { recursive: true })
  }
  // What is installed counts as locked: nothing may be installed through the link.
  cpSync(join(repositoryRoot, 'node_modules/.package-lock.json'), join(root, 'package-lock.json'))
  symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'))
  mkdirSync(join(root, 'test/proofs'), { recursive: true })
  const sizes: Record<string, object> = {}
  for (const [name, { text, ...row }] of Object.entries(proofs)) {
    sizes[name] = row
    writeFileSync(join(root, 'test/proofs', `${name}.ts`), `${text}\n`)
  }
  writeFileSync(join(root, 'prove.sizes.json'), JSON.stringify(sizes))
})
afterAll(() => rmSync(root, { recursive: true }))

function prove(...args: readonly string[]): {
  readonly code: number | null
  readonly out: string
  readonly err: string
} {
  const run = spawnSync(process.execPath, [join(root, 'scripts/prove.mjs'), ...args], { cwd: root, encoding: 'utf8' })
  return { code: run.status, out: run.stdout, err: run.stderr }
}

describe('npm run prove', () => {
  it('gives a proof its CI size and the seed', () => {
    const { code, out, err } = prove('holds', '--seed', '7')
    expect(out + err).toContain('args: --size 5 --seed 7')
    expect(out).toMatch(/^passed holds: .* size 5, seed 7$/m)
    expect(out).toMatch(/^1 passed, 0 failed\n$/m)
    expect(code).toBe(0)
  })

  it('gives it the full size, or any number, when asked', () => {
    expect(prove('holds', '--size', 'full').out).toContain('args: --size 10 ')
    expect(prove('holds', '--size', '3').out).toContain('args: --size 3 ')
  })

  it('runs all of them and fails when one fails or is over its budget', () => {
    const { code, out } = prove()
    expect(out).toMatch(/^passed holds: /m)
    expect(out).toMatch(/^failed fails: .*: exit code 3$/m)
    expect(out).toMatch(/^failed hangs: .*: over its budget of 0.2 s$/m)
    expect(out).toMatch(/^1 passed, 2 failed\n$/m)
    expect(code).toBe(1)
  })

  it.each([
    [['nothing'], 'no such proof: nothing'],
    [['holds', '--size', 'huge'], '--size is ci, full or a number, not huge'],
    [['--seed', 'x'], '--seed is a number, not x'],
    [['--sizes'], 'Unknown option'],
  ])('refuses %s', (args, message) => {
    const { code, err } = prove(...args)
    expect(err).toContain(message)
    expect(code).toBe(2)
  })

  it('refuses to run while a proof has no sizes', () => {
    const orphan = join(root, 'test/proofs/orphan.ts')
    writeFileSync(orphan, '')
    expect(prove().err).toContain('prove.sizes.json has no row for orphan')
    rmSync(orphan)
  })
})
