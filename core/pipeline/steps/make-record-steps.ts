// Makes the steps without state of an edge from its plan.

import { InvariantError } from '../../errors/invariant.js'
import type { StepPlan } from '../pipeline-plan.js'
import type { RecordStep } from './record-step.js'

export interface StepContext {
  /** Where relative paths of settings start. */
  readonly baseDirectory: string
}

type Maker = (settings: never, context: StepContext) => RecordStep | Promise<RecordStep>

const makers: Readonly<Record<string, Maker>> = {}

/** In their order. Errors: those of expressions and of modules. */
export async function makeRecordSteps(
  plans: readonly StepPlan[],
  context: StepContext,
): Promise<readonly RecordStep[]> {
  const steps: RecordStep[] = []
  for (const plan of plans) steps.push(await makeRecordStep(plan, context))
  return steps
}

async function makeRecordStep({ kind, settings }: StepPlan, context: StepContext): Promise<RecordStep> {
  const make = makers[kind]
  if (make === undefined) throw new InvariantError(`there is no kind of step called ${kind}`)
  return make(settings as never, context)
}
