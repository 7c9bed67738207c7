// A sealed plan becomes files of the lake, exactly once through a crash at any instruction. In this order:
//
//   1. the manifest is durable in the log (the sink's state), then as a file beside the lake
//   2. each file is moved into place; then their folders are synced
//   3. the log knows that all below the range's end is in the lake; then the manifest's file is removed
//
// A crash before 1 leaves files that nothing covers: they are removed, and the records come again. A crash after 1 is
// finished by finish-open-plan.ts from the manifest. After 3 nothing is left to do. Each step can be repeated.

import type { SinkPartition } from '../../core/connector/sink.js'
import { lakeErrors } from './errors.js'
import { inLanes } from './in-lanes.js'
import type { Lake } from './lake.js'
import type { Manifest, PlannedObject } from './manifest.js'
import type { ObjectStore } from './object-store.js'
import { putPartitionState } from './partition-state.js'

export class Publication {
  readonly #lake: Lake
  readonly #store: ObjectStore
  readonly #manifest: Manifest
  /** Names under which files that agree stand. */
  #standing: Set<string> | undefined
  #isPlanned = false
  #isDone = false

  /** `standing`: what was found in place already; looked for when it is not given. */
  constructor(lake: Lake, store: ObjectStore, manifest: Manifest, standing?: ReadonlySet<string>) {
    this.#lake = lake
    this.#store = store
    this.#manifest = manifest
    this.#standing = standing === undefined ? undefined : new Set(standing)
  }

  /**
   * Carries on from where it stopped; call it again after a failure. Errors: lake_name_taken, before anything was
   * planned, and those of the disk and the log.
   */
  async run(): Promise<void> {
    const store = this.#store
    const manifest = this.#manifest
    const { state } = this.#lake.context
    const { firstOffset, nextOffset, objects } = manifest
    const standing = (this.#standing ??= await findStanding(store, manifest))
    if (!this.#isPlanned) {
      await store.secureStaged()
      await putPartitionState(state, manifest, { nextOffset: firstOffset, plan: manifest })
      await store.putManifest(manifest)
      this.#isPlanned = true
    }
    const missing = objects.filter(({ name }) => !standing.has(name))
    await inLanes(store.publishesAtOnce, missing, async (object) => {
      await store.publish(object, manifest)
      standing.add(object.name)
    })
    if (!this.#isDone) {
      await store.settle(objects.map((object) => object.name))
      await putPartitionState(state, manifest, { nextOffset, plan: undefined })
      this.#isDone = true
      this.#count()
    }
    // What stood in place from the start has its staged file left.
    for (const object of objects) await store.staging.discard(object.staged)
    await store.removeManifest(manifest)
  }

  #count(): void {
    const { metrics, pipeline, connector: sink } = this.#lake.context
    const { objects } = this.#manifest
    metrics.count('tailrace_lake_files_total', { pipeline, sink }, objects.length)
    const bytes = objects.reduce((sum, object) => sum + object.bytes, 0)
    metrics.count('tailrace_lake_bytes_total', { pipeline, sink }, bytes)
  }
}

/** The error for a name that is not free; nothing was or will be overwritten. */
export function nameTaken(store: ObjectStore, of: SinkPartition, object: PlannedObject): Error {
  const { name, bytes } = object
  return lakeErrors.make(
    'lake_name_taken',
    `${store.root.path}/${name} exists and is not the file of ${bytes} bytes that ${of.topic}-${of.partition} needs there`,
    { details: { root: store.root.path, name, bytes, topic: of.topic, partition: of.partition } },
  )
}

/**
 * A file that agrees to the byte may stand there already, when the data directory is older than the lake: it is the
 * same range with the same records.
 */
async function findStanding(store: ObjectStore, manifest: Manifest): Promise<Set<string>> {
  const standing = new Set<string>()
  await inLanes(store.publishesAtOnce, manifest.objects, async (object) => {
    const seen = await store.observe(object, manifest)
    if (seen === 'differs') throw nameTaken(store, manifest, object)
    if (seen === 'agrees') standing.add(object.name)
  })
  return standing
}
