// What `tailrace test` does: every case of some pipeline files, one after the other, and what did not come out as it
// should have. Every value can be sent as JSON.

import { type TestCase, testCasesOf } from '../../config/test-cases.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { PipelinePlan } from '../../core/pipeline/pipeline-plan.js'
import { hubErrors } from '../errors.js'
import { requirePlansToTest } from '../pipeline-files.js'
import { type CaseRecord, caseRecordOf, comparable } from './case-records.js'
import { type Difference, differencesBetween } from './matching.js'
import { runCase } from './run-case.js'

/** One place of a list where something else came than was expected. */
export interface Mismatch {
  readonly list: 'out' | 'deadLetters'
  /** From 0. */
  readonly index: number
  /** `missing`: it was expected and nothing came. `unexpected`: it came and nothing was expected. */
  readonly kind: 'missing' | 'unexpected' | 'different'
  /** What came; undefined when nothing did. */
  readonly found: CaseRecord | undefined
  readonly expected: CaseRecord | undefined
  readonly differences: readonly Difference[]
}

export interface CaseResult {
  readonly file: string
  readonly pipeline: string
  readonly name: string
  readonly passed: boolean
  readonly mismatches: readonly Mismatch[]
  /** Why the case could not be run to its end. */
  readonly failure: string | undefined
}

export interface TestReport {
  readonly passed: number
  readonly failed: number
  readonly cases: readonly CaseResult[]
}

/** Errors: invalid_pipeline, no_test_cases. */
export async function testFiles(files: readonly string[]): Promise<TestReport> {
  const plans = await requirePlansToTest(files)
  const cases: CaseResult[] = []
  for (const [index, plan] of plans.entries()) {
    for (const one of testCasesOf(plan.document)) cases.push(await resultOf(files[index] ?? plan.file, plan, one))
  }
  if (cases.length === 0) throw hubErrors.make('no_test_cases', `${files.join(', ')}: no "tests"`)
  const passed = cases.filter((one) => one.passed).length
  return { passed, failed: cases.length - passed, cases }
}

async function resultOf(file: string, plan: PipelinePlan, one: TestCase): Promise<CaseResult> {
  const named = { file, pipeline: plan.name, name: one.name }
  try {
    const mismatches = await mismatchesOf(plan, one)
    return { ...named, passed: mismatches.length === 0, mismatches, failure: undefined }
  } catch (error) {
    if (!(error instanceof TailraceError)) throw error
    return { ...named, passed: false, mismatches: [], failure: error.message }
  }
}

/** Where the outcome of a case is not what it says. */
async function mismatchesOf(plan: PipelinePlan, one: TestCase): Promise<readonly Mismatch[]> {
  const { out, deadLetters } = await runCase(plan, one)
  return [...compared('out', one, out), ...compared('deadLetters', one, deadLetters)]
}

function compared(list: Mismatch['list'], one: TestCase, came: readonly CaseRecord[]): readonly Mismatch[] {
  const wanted = one[list].map((item) => comparable(caseRecordOf(item)))
  const count = Math.max(wanted.length, came.length)
  return Array.from({ length: count }, (_, index) => index).flatMap((index): readonly Mismatch[] => {
    const [expected, found] = [wanted[index], came[index]]
    if (expected === undefined) return [{ list, index, kind: 'unexpected', expected, found, differences: [] }]
    if (found === undefined) return [{ list, index, kind: 'missing', expected, found, differences: [] }]
    const differences = recordDifferences(expected, found, one.match)
    return differences.length === 0 ? [] : [{ list, index, kind: 'different', expected, found, differences }]
  })
}

/** Parts of a record that the case does not name may be anything. */
function recordDifferences(expected: CaseRecord, found: CaseRecord, match: TestCase['match']): readonly Difference[] {
  return Object.entries(expected).flatMap(([part, value]) =>
    differencesBetween(value, (found as Readonly<Record<string, unknown>>)[part], match, part),
  )
}
