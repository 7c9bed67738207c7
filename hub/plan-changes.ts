// What `plan` does: the difference between pipeline files and what a data directory last ran, and what the next start
// would run in other systems.

import type { AppliedPipeline, Change } from '../config/difference.js'
import { nodeWorld } from '../core/runtime/node-world.js'
import { dataDirectoryOf, hubIdOf } from './data-directory.js'
import { hubErrors } from './errors.js'
import { changesBetween, requirePlans } from './pipeline-files.js'
import { type EdgePreview, previewEdges } from './preview.js'
import { reachHub, type ReachOptions } from './reach-hub.js'

export interface PlannedChanges {
  readonly changes: readonly Change[]
  readonly previews: readonly EdgePreview[]
}

/**
 * Errors: invalid_pipeline, and those of reaching the hub; where no data directory is yet, everything is new. A system
 * that a connector cannot reach is told in its preview.
 */
export async function planChanges(files: readonly string[], options: ReachOptions): Promise<PlannedChanges> {
  const dataDirectory = dataDirectoryOf(options.data, files[0])
  const plans = await requirePlans(files, dataDirectory)
  const changes = changesBetween(await appliedIn({ ...options, data: dataDirectory }), plans)
  const world = nodeWorld()
  const hubId = await hubIdOf(world.files, dataDirectory)
  const { signal } = new AbortController()
  return { changes, previews: await previewEdges({ plans, world, dataDirectory, hubId, state: undefined, signal }) }
}

async function appliedIn(options: ReachOptions): Promise<readonly AppliedPipeline[]> {
  try {
    const { admin, close } = await reachHub(options)
    try {
      return await admin.applied()
    } finally {
      await close()
    }
  } catch (error) {
    if (hubErrors.is(error, 'no_data_directory')) return []
    throw error
  }
}
