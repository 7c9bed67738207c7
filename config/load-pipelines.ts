// From files to plans: read, parse, check against the schema, resolve secrets, check as a whole. Mistakes of all files
// are collected, so that one run shows them all.

import { messageOf } from '../core/errors/tailrace-error.js'
import type { ConnectorDeclaration } from '../core/connector/declaration.js'
import type { PipelinePlan } from '../core/pipeline/pipeline-plan.js'
import { parseDocument } from './document.js'
import { draftOf, type Draft, type DraftInputs } from './draft.js'
import { patternProblems } from './pattern-checks.js'
import { buildPlan } from './plan-builder.js'
import { invalidPipeline, sortProblems, type Problem } from './problem.js'
import type { SecretReader } from './references.js'
import { semanticProblems } from './semantic-checks.js'
import { expressionProblems } from './step-checks.js'
import { stepFileProblems } from './step-files.js'
import { SchemaValidator } from './validate.js'

export interface LoadOptions {
  readonly declarations: readonly ConnectorDeclaration[]
  /** The door to files and the environment. */
  readonly reader: SecretReader
  /** Absolute: edges must not touch it. Undefined when it is not known yet. */
  readonly dataDirectory?: string
}

export interface LoadedPipelines {
  /** One for each file, in the order given; empty when there are problems. */
  readonly plans: readonly PipelinePlan[]
  readonly problems: readonly Problem[]
}

/** The plans of these files, or everything that is wrong with them. */
export async function loadPipelines(files: readonly string[], options: LoadOptions): Promise<LoadedPipelines> {
  const { declarations, reader: secrets, dataDirectory } = options
  const inputs: DraftInputs = { declarations, secrets, validator: new SchemaValidator(declarations) }
  const problems: Problem[] = []
  const drafts: Draft[] = []
  for (const file of files) {
    const loaded = await loadDraft(file, inputs)
    problems.push(...loaded.problems)
    if (loaded.draft !== undefined) drafts.push(loaded.draft)
  }
  problems.push(...semanticProblems({ drafts, dataDirectory, allRead: drafts.length === files.length }))
  problems.push(...(await patternProblems(drafts)), ...(await expressionProblems(drafts)))
  problems.push(...(await stepFileProblems(drafts, secrets)))
  if (problems.length > 0) return { plans: [], problems: sortProblems(problems, files) }
  const read = new Set(drafts.flatMap(({ edges }) => edges.flatMap(({ from }) => from)))
  const plans = drafts.map((draft) => {
    const others = drafts.filter((other) => other !== draft)
    const declaredElsewhere = new Set(others.flatMap(({ topics }) => topics.map(({ name }) => name)))
    return buildPlan(draft, { declaredElsewhere, read })
  })
  return { plans, problems: [] }
}

/** The plans, or `invalid_pipeline` with every problem. */
export async function requirePipelines(
  files: readonly string[],
  options: LoadOptions,
): Promise<readonly PipelinePlan[]> {
  const { plans, problems } = await loadPipelines(files, options)
  if (problems.length > 0) throw invalidPipeline(problems)
  return plans
}

async function loadDraft(
  file: string,
  inputs: DraftInputs,
): Promise<{ readonly draft: Draft | undefined; readonly problems: readonly Problem[] }> {
  let bytes: Buffer
  try {
    bytes = await inputs.secrets.readFile(file)
  } catch (error) {
    const problem = { file, position: undefined, path: [], message: messageOf(error) }
    return { draft: undefined, problems: [problem] }
  }
  const parsed = parseDocument(file, bytes)
  if (parsed.document === undefined) return { draft: undefined, problems: parsed.problems }
  const { draft, problems } = await draftOf(parsed.document, inputs)
  return { draft, problems: [...parsed.problems, ...problems] }
}
