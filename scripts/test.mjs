// @ts-check
// npm test [-- ARGUMENTS OF VITEST]: installs, builds and runs the tests.

import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, repositoryRoot, requireNode, run } from './prepare.mjs'

requireNode()
ensureInstalled()
ensureBuilt()
const vitest = join(repositoryRoot, 'node_modules/vitest/vitest.mjs')
process.exitCode = run([process.execPath, vitest, 'run', ...process.argv.slice(2)])
