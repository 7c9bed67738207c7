// A data directory that no hub owns, opened for one command.

import type { AdminService, DoctorFinding } from '../core/admin/admin-service.js'
import { readAppliedPlans, type AppliedPlan } from '../core/pipeline/applied-plan.js'
import { nodeWorld } from '../core/runtime/node-world.js'
import { silentLogger } from '../core/telemetry/logger.js'
import { silentRecorder } from '../core/telemetry/recorder.js'
import { isDataDirectory } from './data-directory.js'
import { hubErrors } from './errors.js'
import { examineEdges } from './examine.js'
import { localAdmin } from './local-admin.js'
import { openEngineOf } from './open-engine.js'
import { plansOfDocuments } from './pipeline-files.js'
import { usersOf } from './users.js'
import { installedVersion } from './version.js'

export interface OpenedDirectory {
  readonly admin: AdminService
  close(): Promise<void>
}

/** Owns the directory until it is closed. Errors: no_data_directory, directory_owned, what the log may not open. */
export async function openDataDirectory(dataDirectory: string): Promise<OpenedDirectory> {
  const world = nodeWorld()
  if (!(await isDataDirectory(world.files, dataDirectory))) {
    throw hubErrors.make('no_data_directory', `${dataDirectory} is no data directory`)
  }
  const { engine, close } = await openEngineOf({
    url: 'embedded:',
    dataDirectory,
    world,
    logger: silentLogger,
    recorder: silentRecorder,
    budgetBytes: undefined,
  })
  const applied = (): readonly AppliedPlan[] => readAppliedPlans(engine.state)
  const admin = localAdmin({
    engine,
    dataDirectory,
    version: installedVersion(),
    limits: world.limits,
    clock: world.clock,
    users: usersOf(engine, world.random),
    startedAtMs: undefined,
    edges: () => [],
    applied,
    plans: async () => (await plansOfDocuments(applied())).plans,
    async examine() {
      const { plans, problems } = await plansOfDocuments(applied())
      const broken = problems.map(
        (message): DoctorFinding => ({ subject: 'pipelines', level: 'problem', message, hint: undefined }),
      )
      const { signal } = new AbortController()
      const seen = await examineEdges({ plans, world, dataDirectory, hubId: engine.hubId, state: engine.state, signal })
      return [...broken, ...seen]
    },
  })
  return { admin, close }
}
