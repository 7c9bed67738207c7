// Makes the steps without state of an edge from its plan. What a kind needs is loaded with the first step of it.

import { InvariantError } from '../../errors/invariant.js'
import { messageOf } from '../../errors/tailrace-error.js'
import type { Files } from '../../runtime/files.js'
import type { StepPlan } from '../pipeline-plan.js'
import type { ModuleSettings, ValidateSettings } from './kinds/declarations.js'
import { stepErrors } from './kinds/errors.js'
import type { RecordStep } from './record-step.js'

export interface StepContext {
  /** Where relative paths of settings start. */
  readonly baseDirectory: string
  readonly files: Pick<Files, 'readAll'>
}

/** `settings` are those of the kind, as its declaration reads them. */
type Maker = (settings: never, context: StepContext) => Promise<RecordStep>

const makers: Readonly<Record<string, Maker>> = {
  filter: async (settings) => (await import('./kinds/expression-steps.js')).filterStep(settings),
  set: async (settings) => (await import('./kinds/expression-steps.js')).setStep(settings),
  route: async (settings) => (await import('./kinds/expression-steps.js')).routeStep(settings),
  sample: async (settings) => (await import('./kinds/expression-steps.js')).sampleStep(settings),
  rename: async (settings) => (await import('./kinds/field-steps.js')).renameStep(settings),
  drop: async (settings) => (await import('./kinds/field-steps.js')).dropStep(settings),
  flatten: async (settings) => (await import('./kinds/field-steps.js')).flattenStep(settings),
  unnest: async (settings) => (await import('./kinds/field-steps.js')).unnestStep(settings),
  split: async (settings) => (await import('./kinds/field-steps.js')).splitStep(settings),
  parse: async (settings) => (await import('./kinds/value-steps.js')).parseStep(settings),
  convert: async (settings) => (await import('./kinds/value-steps.js')).convertStep(settings),
  redact: async (settings) => (await import('./kinds/redact-step.js')).redactStep(settings),
  validate: makeValidateStep,
  module: async (settings: ModuleSettings, { baseDirectory }) =>
    (await import('./kinds/module-step.js')).moduleStep(settings, baseDirectory),
}

/** In their order. Errors: expression_invalid, regex_invalid, schema_unusable, module_unusable. */
export async function makeRecordSteps(
  plans: readonly StepPlan[],
  context: StepContext,
): Promise<readonly RecordStep[]> {
  const steps: RecordStep[] = []
  for (const plan of plans) steps.push(await makeRecordStep(plan, context))
  return steps
}

async function makeRecordStep({ kind, settings }: StepPlan, context: StepContext): Promise<RecordStep> {
  const make = Object.hasOwn(makers, kind) ? makers[kind] : undefined
  if (make === undefined) throw new InvariantError(`there is no kind of step called ${kind}`)
  return make(settings as never, context)
}

async function makeValidateStep(settings: ValidateSettings, context: StepContext): Promise<RecordStep> {
  const { validateStep } = await import('./kinds/validate-step.js')
  const { schema, file } = settings
  if (file === undefined) return validateStep(schema ?? {}, 'the schema in the file')
  const path = `${context.baseDirectory}/${file}`
  let read: unknown
  try {
    read = JSON.parse((await context.files.readAll(path)).toString())
  } catch (cause) {
    throw stepErrors.make('schema_unusable', `${path}: ${messageOf(cause)}`, { cause })
  }
  if (typeof read === 'object' && read !== null) return validateStep(read as Readonly<Record<string, unknown>>, path)
  throw stepErrors.make('schema_unusable', `${path} holds no JSON object`)
}
