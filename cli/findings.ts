// Findings of `doctor` and `validate --connect`, for people.

import type { DoctorFinding } from '../hub/admin-vocabulary.js'

const marks = { good: 'ok     ', warning: 'warning', problem: 'PROBLEM' } as const

/** One line for each finding, its hint below it. */
export function findingsText(findings: readonly DoctorFinding[]): string {
  return findings
    .flatMap(({ level, subject, message, hint }) => [
      `${marks[level]}  ${subject}: ${message}`,
      ...(hint === undefined || hint === '' ? [] : [`         ${hint}`]),
    ])
    .join('\n')
}
