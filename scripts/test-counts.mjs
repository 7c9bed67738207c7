// @ts-check
// Reads a JSON report of vitest and prints `PASSED FAILED` on one line. A test that was skipped because a program is
// missing counts as failed: in CI it would otherwise stay unseen that something is no longer tested.

import { existsSync, readFileSync } from 'node:fs'

const [path = ''] = process.argv.slice(2)
if (!existsSync(path)) {
  process.stdout.write('0 1\n')
  process.exit()
}
/** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, testResults: { name: string, assertionResults: { status: string, fullName: string }[] }[] }} */
const report = JSON.parse(readFileSync(path, 'utf8'))
for (const { name, assertionResults } of report.testResults) {
  for (const { status, fullName } of assertionResults) {
    if (status === 'pending' || status === 'skipped') process.stderr.write(`skipped: ${name}: ${fullName}\n`)
  }
}
process.stdout.write(`${report.numPassedTests} ${report.numFailedTests + report.numPendingTests}\n`)
