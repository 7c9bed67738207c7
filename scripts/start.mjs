// @ts-check
// npm start            installs, builds and runs examples/quickstart.json, with a small generator that writes logs
// npm start -- FILE…   installs, builds and runs these pipeline files; options of `tailrace run` go along

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, repositoryRoot, requireNode } from './prepare.mjs'
import { startQuickstartLogs } from './quickstart-logs.mjs'

const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

requireNode()
ensureInstalled()
ensureBuilt()

const given = process.argv.slice(2)
const runsQuickstart = given.length === 0 || given[0]?.startsWith('-') === true
const files = runsQuickstart ? [join(repositoryRoot, 'examples/quickstart.json')] : []
if (runsQuickstart) {
  process.stderr.write(
    'The quickstart tails logs/**/*.log into lake/. Append a line there, and look for it a few seconds later.\n',
  )
}
const stopLogs = runsQuickstart ? startQuickstartLogs(join(repositoryRoot, 'logs')) : () => {}

// npm changes into the repository; a path that a person types is meant from where they stand.
const child = spawn(process.execPath, [join(repositoryRoot, 'dist/cli/main.js'), 'run', ...files, ...given], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
  stdio: 'inherit',
})

for (const signal of signals) {
  process.on(signal, () => {
    stopLogs()
    // A terminal sends its signals to the whole foreground group: the child has this one already.
    if (signal === 'SIGTERM' || !process.stdin.isTTY) child.kill(signal)
  })
}

child.on('error', (error) => {
  process.stderr.write(`tailrace did not start: ${error.message}\n`)
  process.exit(1)
})
child.on('exit', (code, signal) => {
  stopLogs()
  process.exitCode = code ?? 1
  if (signal !== null) process.stderr.write(`tailrace was ended by ${signal}\n`)
})
