// What `tailrace test` prints: a line for each case, below a failed one what came instead of what was expected.

import type { CaseResult, Mismatch, TestReport } from '../hub/admin-vocabulary.js'
import { visible } from './output.js'

export function testReportText({ cases, passed, failed }: TestReport): string {
  return [...cases.flatMap(caseLines), `${passed} passed, ${failed} failed`].join('\n')
}

function caseLines({ file, name, passed, mismatches, failure }: CaseResult): readonly string[] {
  const first = `${passed ? 'ok    ' : 'FAILED'}  ${visible(name)} (${file})`
  if (failure !== undefined) return [first, `  could not be run: ${visible(failure)}`]
  return [first, ...mismatches.flatMap(mismatchLines)]
}

const listNames = { out: 'record', deadLetters: 'dead letter' } as const

function mismatchLines({ list, index, kind, expected, found, differences }: Mismatch): readonly string[] {
  const what = `${listNames[list]} ${index + 1}`
  if (kind === 'missing') return [`  ${what} is missing`, `    expected ${shown(expected)}`]
  if (kind === 'unexpected') return [`  ${what} was not expected`, `    came     ${shown(found)}`]
  return [
    `  ${what} is another`,
    ...differences.flatMap((one) => [
      `    ${one.path}`,
      `      expected ${visible(one.expected ?? 'nothing')}`,
      `      came     ${visible(one.found ?? 'nothing')}`,
    ]),
  ]
}

function shown(record: unknown): string {
  return visible(JSON.stringify(record))
}
