// @ts-check
// Reads a JSON report of vitest and prints `PASSED FAILED` on one line; what was skipped is named on stderr. A test that
// needs a program fails in CI by itself when the program is missing, so what is left are skips like that of root, whom
// no file mode refuses anything.

import { existsSync, readFileSync } from 'node:fs'

/**
 * @typedef {{ name: string, assertionResults: { status: string, fullName: string }[] }} FileResult
 * @typedef {{ numPassedTests: number, numFailedTests: number, testResults: FileResult[] }} Report
 */

const [path = ''] = process.argv.slice(2)
if (existsSync(path)) {
  /** @type {Report} */
  const report = JSON.parse(readFileSync(path, 'utf8'))
  for (const { name, assertionResults } of report.testResults) {
    for (const { status, fullName } of assertionResults) {
      if (status === 'pending' || status === 'skipped') process.stderr.write(`skipped: ${name}: ${fullName}\n`)
    }
  }
  process.stdout.write(`${report.numPassedTests} ${report.numFailedTests}\n`)
} else {
  process.stdout.write('0 1\n')
}
