// @ts-check
// npm run bench [-- NAME… [OPTIONS]]: runs the programs of bench/ one at a time, so that none disturbs another.
// A program is a file directly in bench/; what several of them share stands in folders below.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, repositoryRoot, requireNode, run } from './prepare.mjs'

requireNode()
ensureInstalled()
ensureBuilt()

const programs = readdirSync(join(repositoryRoot, 'bench'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replace(/\.ts$/, ''))
  .sort()
const given = process.argv.slice(2)
const optionsFrom = given.findIndex((argument) => argument.startsWith('-'))
const names = optionsFrom === -1 ? given : given.slice(0, optionsFrom)
const options = optionsFrom === -1 ? [] : given.slice(optionsFrom)
const unknown = names.filter((name) => !programs.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`No such benchmark: ${unknown.join(', ')}. There are: ${programs.join(', ')}.\n`)
  process.exit(2)
}

const failed = (names.length > 0 ? names : programs).filter((name) => {
  process.stdout.write(`\n— ${name}\n`)
  return run([process.execPath, join(repositoryRoot, 'dist/bench', `${name}.js`), ...options]) !== 0
})
if (failed.length > 0) process.stderr.write(`\nfailed: ${failed.join(', ')}\n`)
process.exitCode = failed.length === 0 ? 0 : 1
