// The steps that one evaluation may take. Expressions have no loops but those over lists and maps, so that this bounds
// time and, as each element made is a step, memory. Evaluations never interleave: one count serves all of them.

import { expressionErrors } from './errors.js'

/** Far beyond any record's needs, and a fraction of a second of work. */
const mostSteps = 200_000

let stepsLeft = mostSteps

/** Called when an evaluation begins. */
export function beginBudget(): void {
  stepsLeft = mostSteps
}

/** Errors: expression_budget. */
export function spend(steps: number): void {
  stepsLeft -= steps
  if (stepsLeft < 0) throw overBudget(`more than ${mostSteps} steps`)
}

export function overBudget(message: string): Error {
  return expressionErrors.make('expression_budget', message)
}
