// The kinds of steps that there are. Declarations are light; what they do is loaded when a pipeline runs.

import { type Field, section } from '../../connector/fields.js'
import { recordStepDeclarations } from './kinds/declarations.js'
import { type StatefulDeclaration, statefulDeclarations } from './stateful/settings.js'
import { declareStep, type StepDeclaration } from './step-declaration.js'

const { throttle, dedupe, lookup, aggregate } = statefulDeclarations

const withState: readonly StepDeclaration[] = [
  stateful(throttle),
  stateful(dedupe),
  stateful(lookup, { reads: ({ table }) => [table] }),
  stateful(aggregate, { writes: ({ lateTo }) => (lateTo === undefined ? [] : [lateTo]) }),
]

export const stepDeclarations: readonly StepDeclaration[] = [...recordStepDeclarations, ...withState]

export function stepDeclarationOf(kind: string): StepDeclaration | undefined {
  return stepDeclarations.find((declaration) => declaration.kind === kind)
}

function stateful<S>(
  declaration: StatefulDeclaration<S>,
  topics: Pick<StepDeclaration<S>, 'reads' | 'writes'> = {},
): StepDeclaration {
  const field = section(declaration.fields, declaration) as unknown as Field<S>
  return declareStep<S>({ ...declaration, ...topics, field, places: 'transforms' })
}
