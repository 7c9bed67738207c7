// What a start finds of earlier runs: files under way that no plan covers, and manifests of plans that were finished.

import type { SinkContext } from '../../core/connector/sink.js'
import { readAllMerges } from './compact/merge-state.js'
import { lakeErrors } from './errors.js'
import type { Manifest } from './manifest.js'
import type { ObjectStore } from './object-store.js'
import { readAllStates, readPartitionState } from './partition-state.js'
import type { PartitionState } from './partition-state.js'

/** Errors: lake_state_behind, lake_bookkeeping_malformed. */
export async function tidyUp(context: SinkContext, store: ObjectStore): Promise<void> {
  const { state, logger } = context
  for (const manifest of await store.manifests()) {
    const standing = standingOf(manifest, readPartitionState(state, manifest))
    if (standing === 'unknown') throw stateBehind(context, store, manifest)
    if (standing === 'finished') await store.removeManifest(manifest)
  }
  const plans = [...readAllStates(state), ...readAllMerges(state)].map(({ plan }) => plan)
  const planned = plans.flatMap((plan) => plan?.objects ?? [])
  const removed = await store.staging.discardAllBut(new Set(planned.map((object) => object.staged)))
  if (removed > 0) logger.info('removed files under way that no plan covers; their records come again', { removed })
}

/**
 * A manifest's file is written after the log knows the plan, and removed after the log knows that it is finished. So
 * the log always knows of it, unless the log is older than the lake.
 */
function standingOf(manifest: Manifest, state: PartitionState | undefined): 'open' | 'finished' | 'unknown' {
  if (state === undefined) return 'unknown'
  if (state.nextOffset >= manifest.nextOffset) return 'finished'
  return state.plan?.firstOffset === manifest.firstOffset ? 'open' : 'unknown'
}

function stateBehind(context: SinkContext, store: ObjectStore, manifest: Manifest): Error {
  const { topic, partition, firstOffset, nextOffset } = manifest
  const { pipeline, connector } = context
  return lakeErrors.make(
    'lake_state_behind',
    `${store.root.path} holds a manifest of ${pipeline}.${connector} for ${topic}-${partition} from offset ${firstOffset} ` +
      `to below ${nextOffset}, which the log does not know`,
    { details: { root: store.root.path, topic, partition, firstOffset, nextOffset } },
  )
}
