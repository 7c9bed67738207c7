// What `plan` does: the difference between pipeline files and what a data directory last ran.

import type { AppliedPipeline, Change } from '../config/difference.js'
import { dataDirectoryOf } from './data-directory.js'
import { hubErrors } from './errors.js'
import { changesBetween, requirePlans } from './pipeline-files.js'
import { reachHub, type ReachOptions } from './reach-hub.js'

/** Errors: invalid_pipeline, and those of reaching the hub; where no data directory is yet, everything is new. */
export async function planChanges(files: readonly string[], options: ReachOptions): Promise<readonly Change[]> {
  const data = dataDirectoryOf(options.data, files[0])
  const plans = await requirePlans(files, data)
  return changesBetween(await appliedIn({ ...options, data }), plans)
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
