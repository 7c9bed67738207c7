// What a kind of step says of itself, as a connector's declaration does: its settings with schema, default and
// documentation, and what of them has to be looked at when a file is read. Light: it imports no library of its own.

import type { SettingProblem } from '../../connector/declaration.js'
import type { Field } from '../../connector/fields.js'

/** An expression in the settings of a step, and where it stands. */
export interface ExpressionPlace {
  /** From the step's own settings down; empty when the settings are the expression. */
  readonly path: readonly string[]
  readonly text: string
  /** It must give true or false. */
  readonly isCondition?: boolean
  /** It is no expression but a regular expression, RE2's. */
  readonly isPattern?: boolean
}

export interface StepDeclaration<S = unknown> {
  /** The one key of the step's object in a file. */
  readonly kind: string
  readonly summary: string
  /** What stands behind the key. */
  readonly field: Field<S>
  /** `transforms`: it keeps a state, or makes several records of one, so that it cannot stand on a source or a sink. `no-sinks`: it means nothing there. */
  readonly places: 'anywhere' | 'transforms' | 'no-sinks'
  expressions(settings: S): readonly ExpressionPlace[]
  /** Rules that a schema cannot say; paths from the step's own settings down. */
  check?(settings: S): readonly SettingProblem[]
  /** Topics that records go to besides the transform's own. */
  writes?(settings: S): readonly string[]
  /** Topics that are read besides those in `from`. */
  reads?(settings: S): readonly string[]
}

/** Gives a declaration its types; the list holds the result with the settings' type erased. */
export function declareStep<S>(declaration: StepDeclaration<S>): StepDeclaration {
  return declaration as unknown as StepDeclaration
}
