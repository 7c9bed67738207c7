import { defineErrors } from '../errors/tailrace-error.js'

/** What expressions may answer: the first when a file is read, the others for one record. */
export const expressionErrors = defineErrors({
  expression_invalid: {
    retry: 'never',
    summary: 'An expression cannot be compiled.',
    hint: 'Correct the expression at the place named; docs/steps.md lists operators, variables and functions.',
  },
  expression_failed: {
    retry: 'never',
    summary: 'An expression has no value for a record.',
    hint: 'Guard fields that may be missing with has(field) or orElse(field, value); convert types with int(), double() or string().',
  },
  expression_budget: {
    retry: 'never',
    summary: 'An expression would take more steps or memory for a record than it may.',
    hint: 'Work on less: shorter lists, fewer nested loops, smaller texts.',
  },
})
