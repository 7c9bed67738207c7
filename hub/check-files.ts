// What `validate` does: every mistake in some pipeline files, and what their connectors see when they may look.

import type { DoctorFinding } from '../core/admin/admin-service.js'
import type { TailraceError } from '../core/errors/tailrace-error.js'
import type { PipelinePlan, StepPlan } from '../core/pipeline/pipeline-plan.js'
import type { ModuleSettings } from '../core/pipeline/steps/kinds/declarations.js'
import { nodeWorld } from '../core/runtime/node-world.js'
import { dataDirectoryOf, hubIdOf } from './data-directory.js'
import { adviseEdges, examineEdges } from './examine.js'
import { loadPlans } from './pipeline-files.js'
import { invalidPipeline, type Problem } from '../config/problem.js'

export interface FileCheck {
  readonly problems: readonly Problem[]
  /** What the files give reason to warn of, and what connectors see when they were let look. */
  readonly findings: readonly DoctorFinding[]
  /** One line for each file that is well. */
  readonly summary: readonly string[]
}

export interface FileCheckOptions {
  /** The data directory that the files would run with; `.tailrace` beside the first file when undefined. */
  readonly data: string | undefined
  /** Whether connectors look at their surroundings. */
  readonly connect: boolean
}

export async function checkFiles(files: readonly string[], options: FileCheckOptions): Promise<FileCheck> {
  const dataDirectory = dataDirectoryOf(options.data, files[0])
  const { plans, problems } = await loadPlans(files, dataDirectory)
  const findings = problems.length > 0 ? [] : await findingsOf(plans, dataDirectory, options.connect)
  return { problems, findings, summary: plans.map((plan, index) => summaryOf(files[index] ?? plan.file, plan)) }
}

/** What a person is told of the mistakes. */
export function mistakesFailure(problems: readonly Problem[]): TailraceError {
  return invalidPipeline(problems)
}

async function findingsOf(
  plans: readonly PipelinePlan[],
  dataDirectory: string,
  connect: boolean,
): Promise<readonly DoctorFinding[]> {
  if (!connect) return adviseEdges(plans)
  const world = nodeWorld()
  const { signal } = new AbortController()
  const hubId = await hubIdOf(world.files, dataDirectory)
  return examineEdges({ plans, world, dataDirectory, hubId, state: undefined, signal })
}

function summaryOf(file: string, { name, sources, transforms, sinks, topics }: PipelinePlan): string {
  const count = (items: readonly unknown[], one: string): string =>
    `${items.length} ${one}${items.length === 1 ? '' : 's'}`
  const modules = [...sources, ...transforms, ...sinks].flatMap(({ steps }) => steps.flatMap(moduleOf))
  const code = modules.length === 0 ? '' : `; runs your own code: ${[...new Set(modules)].join(', ')}`
  const between = transforms.length === 0 ? '' : `, ${count(transforms, 'transform')}`
  return `${file} is valid: pipeline ${name}, ${count(sources, 'source')}, ${count(topics, 'topic')}${between}, ${count(sinks, 'sink')}${code}`
}

/** The file of a step that is code of the user's own. */
function moduleOf({ kind, settings }: StepPlan): readonly string[] {
  return kind === 'module' ? [(settings as ModuleSettings).file] : []
}
