// An expression of a pipeline file: compiled once, worked out for any number of records.

import type { JsonValue } from '../format/parsed.js'
import { beginBudget } from './budget.js'
import { compileTree } from './compile.js'
import type { Evaluator, Frame, Scope } from './scope.js'
import { invalidAt, parseExpression } from './syntax.js'
import { failed, type TypeName, toJson, typeOf, type Value } from './value.js'

export class Expression {
  readonly text: string
  /** What it gives, as far as that does not depend on the record. */
  readonly type: TypeName | undefined
  private readonly run: Evaluator
  private readonly frame: Frame = { scope: undefined as never, locals: [] }

  /** Errors: expression_invalid, with the character of the mistake, from 0, in `details.position`. */
  constructor(text: string) {
    beginBudget()
    const { run, type } = compileTree(parseExpression(text), text)
    this.text = text
    this.type = type
    this.run = run
  }

  /** For a record, as JSON. Errors: expression_failed, expression_budget, and those of the scope. */
  json(scope: Scope): JsonValue {
    const value = this.value(scope)
    return typeof value === 'string' || typeof value === 'boolean' ? value : toJson(value)
  }

  /** As a condition. Errors: as `json`; expression_failed when it is none. */
  holds(scope: Scope): boolean {
    const value = this.value(scope)
    if (typeof value === 'boolean') return value
    throw failed(`"${this.text}" gives ${typeOf(value)} and no condition`)
  }

  private value(scope: Scope): Value {
    beginBudget()
    this.frame.scope = scope
    return this.run(this.frame)
  }
}

/** An expression that is asked as a condition. Errors: expression_invalid. */
export function compileCondition(text: string): Expression {
  const expression = new Expression(text)
  if (expression.type === undefined || expression.type === 'bool') return expression
  throw invalidAt(text, 0, `a condition is needed here, not ${expression.type}`)
}
