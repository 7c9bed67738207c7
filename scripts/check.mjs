// @ts-check
// npm run check: types, lint with types, format, unused code. All of them run; each is reported.

import { join } from 'node:path'
import { ensureInstalled, repositoryRoot, requireNode, run } from './prepare.mjs'

/** @type {Record<string, readonly string[]>} */
const checks = {
  types: ['typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'],
  lint: ['oxlint/bin/oxlint', '--type-aware', '--deny-warnings', '.'],
  format: ['@biomejs/biome/bin/biome', 'format', '.'],
  'unused code': ['knip/bin/knip.js', '--no-progress'],
}

requireNode()
ensureInstalled()
const failed = Object.entries(checks).filter(([name, [program = '', ...args]]) => {
  process.stdout.write(`\n— ${name}\n`)
  return run([process.execPath, join(repositoryRoot, 'node_modules', program), ...args]) !== 0
})
const verdict = failed.length === 0 ? 'all good' : `failed: ${failed.map(([name]) => name).join(', ')}`
process.stdout.write(`\ncheck: ${verdict}\n`)
process.exitCode = failed.length === 0 ? 0 : 1
