// Pipeline files of this machine, with the connectors of this installation.

import { declarations } from '../connectors/registry.js'
import { differences, type AppliedPipeline, type Change } from '../config/difference.js'
import { connectorPage, settingRows, type SettingRow } from '../config/describe.js'
import { loadPipelines, requirePipelines, type LoadedPipelines, type LoadOptions } from '../config/load-pipelines.js'
import { editorSchema } from '../config/pipeline-schema.js'
import { problemText } from '../config/problem.js'
import type { JsonSchema } from '../core/connector/fields.js'
import type { AppliedPlan } from '../core/pipeline/applied-plan.js'
import type { PipelinePlan } from '../core/pipeline/pipeline-plan.js'
import { nodeWorld } from '../core/runtime/node-world.js'
import { hubErrors } from './errors.js'

/** The plans of the files; `invalid_pipeline` with every mistake of all of them. */
export function requirePlans(files: readonly string[], dataDirectory?: string): Promise<readonly PipelinePlan[]> {
  return requirePipelines(files, optionsFor(dataDirectory))
}

/** The plans of the files, or every mistake in them. */
export function loadPlans(files: readonly string[], dataDirectory: string): Promise<LoadedPipelines> {
  return loadPipelines(files, optionsFor(dataDirectory))
}

/** As `requirePlans`, where secrets are not there to be used: one that is missing is made up. */
export function requirePlansToTest(files: readonly string[]): Promise<readonly PipelinePlan[]> {
  const options = optionsFor(undefined)
  const { variable, readFile } = options.reader
  const reader: LoadOptions['reader'] = {
    variable: (name) => variable(name) ?? madeUp,
    readFile: (path) => (files.includes(path) ? readFile(path) : readFile(path).catch(() => Buffer.from(madeUp))),
  }
  return requirePipelines(files, { ...options, reader })
}

/** What no secret is. */
const madeUp = 'made-up-for-a-test'

/** The plans of pipelines as they last ran, with secrets as they are now, and what is wrong with them by now. */
export async function plansOfDocuments(
  applied: readonly AppliedPlan[],
): Promise<{ readonly plans: readonly PipelinePlan[]; readonly problems: readonly string[] }> {
  const texts = new Map(applied.map(({ file, document }) => [file, JSON.stringify(document)]))
  const options = optionsFor(undefined)
  const { readFile } = options.reader
  const reader: LoadOptions['reader'] = {
    ...options.reader,
    readFile(path) {
      const text = texts.get(path)
      return text === undefined ? readFile(path) : Promise.resolve(Buffer.from(text))
    },
  }
  const { plans, problems } = await loadPipelines([...texts.keys()], { ...options, reader })
  return { plans, problems: problems.map(problemText) }
}

/** What running the plans changes against what ran last. */
export function changesBetween(previous: readonly AppliedPipeline[], next: readonly PipelinePlan[]): readonly Change[] {
  return differences(previous, next, declarations)
}

export interface ConnectorSummary {
  readonly type: string
  readonly role: string
  readonly delivery: string
  readonly summary: string
}

export function connectorSummaries(): readonly ConnectorSummary[] {
  return declarations.map(({ type, role, delivery, summary }) => ({ type, role, delivery, summary }))
}

export interface ConnectorDocumentation extends ConnectorSummary {
  readonly settings: readonly SettingRow[]
  /** The page in Markdown. */
  readonly page: string
}

/** One entry for each role of the type; unknown_connector. */
export function connectorDocumentation(type: string): readonly ConnectorDocumentation[] {
  const found = declarations.filter((declaration) => declaration.type === type)
  if (found.length === 0) {
    const known = declarations.map((declaration) => `"${declaration.type}"`).join(', ')
    throw hubErrors.make('unknown_connector', `there is no connector "${type}", but ${known}`)
  }
  return found.map((declaration) => {
    const { role, delivery, summary, fields } = declaration
    return { type, role, delivery, summary, settings: settingRows(fields), page: connectorPage(declaration) }
  })
}

/** The JSON Schema of the pipeline file, for editors. */
export function pipelineFileSchema(): JsonSchema {
  return editorSchema(declarations)
}

function optionsFor(dataDirectory: string | undefined): LoadOptions {
  const { files } = nodeWorld()
  return {
    declarations,
    dataDirectory,
    reader: { variable: (name) => process.env[name], readFile: (path) => files.readAll(path) },
  }
}
