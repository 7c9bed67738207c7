// What is wrong with an expression, for who checks a file before it runs.

import { TailraceError } from '../errors/tailrace-error.js'
import { compileCondition, Expression } from './expression.js'
import { compiledPattern } from './functions.js'

export interface ExpressionProblem {
  readonly message: string
  /** The character of the mistake in the expression, from 0. */
  readonly position: number
}

/** Undefined when nothing is. `condition` asks that it may give a condition. */
export function expressionProblem(text: string, as: 'value' | 'condition' = 'value'): ExpressionProblem | undefined {
  return problemOf(() => (as === 'condition' ? compileCondition(text) : new Expression(text)))
}

/** What is wrong with a regular expression; undefined when nothing is. */
export function patternProblem(text: string): ExpressionProblem | undefined {
  return problemOf(() => compiledPattern(text))
}

function problemOf(compile: () => unknown): ExpressionProblem | undefined {
  try {
    compile()
    return undefined
  } catch (error) {
    if (!(error instanceof TailraceError)) throw error
    const { position } = error.details
    return { message: error.message, position: typeof position === 'number' ? position : 0 }
  }
}
