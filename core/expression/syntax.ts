// Reads the text of an expression: the Common Expression Language, as @marcbachmann/cel-js parses it. Only its syntax
// trees are used; what they mean is decided here (compile.ts), so that no value and no function of the package is ever
// in reach of a record.

import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js'
import { expressionErrors } from './errors.js'

export type { ASTNode }

const longestExpression = 10_000

const limits = { maxAstNodes: 2_000, maxDepth: 50, maxListElements: 500, maxMapEntries: 200, maxCallArguments: 8 }
const environment = new Environment({ limits })

/** The tree of the text. Errors: expression_invalid. */
export function parseExpression(text: string): ASTNode {
  if (text.length > longestExpression) {
    throw invalidAt(text, longestExpression, `${text.length} characters; ${longestExpression} are the most`)
  }
  try {
    return environment.parse(text).ast
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    throw invalidAt(text, error.range?.start ?? 0, error.summary)
  }
}

/** `expression_invalid` with the character of the mistake, from 0, in `details.position`. */
export function invalidAt(text: string, position: number, message: string): Error {
  const before = text.slice(0, position)
  const line = before.split('\n').length
  const column = position - before.lastIndexOf('\n')
  const place = line === 1 ? `character ${column}` : `line ${line}, character ${column}`
  return expressionErrors.make('expression_invalid', `${message} (at ${place} of the expression)`, {
    details: { position, text },
  })
}
