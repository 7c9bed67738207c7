// Finishes a plan that a crash interrupted: looks at each of its files, makes again what is gone, and publishes it.
//
// Files are made again from the same range with the path and format of their plan, so they hold the same records under
// the same names, whatever the settings say by now. Compressed bytes may differ, and compaction may have removed
// records meanwhile; so the manifest is replaced before anything that was made again appears.

import type { SinkBatch } from '../../core/connector/sink.js'
import { invariant } from '../../core/errors/invariant.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { lakeErrors } from './errors.js'
import type { RowsFor } from './file-maker.js'
import { rowsAsThen } from './lake-tables.js'
import { inLanes } from './in-lanes.js'
import { beginPlan, boundPath } from './lake.js'
import type { Lake } from './lake.js'
import type { Manifest, PlannedObject } from './manifest.js'
import type { ObjectStore } from './object-store.js'
import { nameTaken, Publication } from './publication.js'
import { objectActions } from './recovery-table.js'
import type { ObjectAction } from './recovery-table.js'
import { sealPlan } from './sealed-plan.js'

/** The plan has its end already. */
const noLimits = { bytes: Number.POSITIVE_INFINITY, records: Number.POSITIVE_INFINITY }

/** Their dead letters were durable before the plan was sealed. */
const leaveOut = (): void => {}

/** May be repeated when it fails. Errors: lake_name_taken, lake_plan_lost, and those of the disk and the log. */
export async function finishOpenPlan(lake: Lake, manifest: Manifest): Promise<void> {
  const store = await lake.storeOf(manifest.root)
  const actions = await decide(store, manifest)
  const kept = new Set([...actions].filter(([, action]) => action === 'keep').map(([name]) => name))
  const mustMake = [...actions.values()].includes('make')
  lake.context.logger.info('finishing the files of a plan that was interrupted', {
    topic: manifest.topic,
    partition: manifest.partition,
    firstOffset: manifest.firstOffset,
    nextOffset: manifest.nextOffset,
    files: manifest.objects.length,
    inPlace: kept.size,
    madeAgain: mustMake,
  })
  const whole = mustMake ? await makeAgain(lake, store, manifest, kept) : manifest
  await new Publication(lake, store, whole, kept).run()
}

async function decide(store: ObjectStore, manifest: Manifest): Promise<ReadonlyMap<string, ObjectAction>> {
  const actions = new Map<string, ObjectAction>()
  await inLanes(store.publishesAtOnce, manifest.objects, async (object) => {
    const action = objectActions[await store.observe(object, manifest)][await store.staging.observe(object)]
    if (action === 'refuse') throw nameTaken(store, manifest, object)
    actions.set(object.name, action)
  })
  return actions
}

/** The manifest with the files that are in place as they are, and all others as they were made again. */
async function makeAgain(
  lake: Lake,
  store: ObjectStore,
  manifest: Manifest,
  kept: ReadonlySet<string>,
): Promise<Manifest> {
  const made = await makeFiles(lake, store, manifest)
  const madeByName = new Map(made.objects.map((object) => [object.name, object]))
  const objects: PlannedObject[] = []
  for (const planned of manifest.objects) {
    const again = madeByName.get(planned.name)
    madeByName.delete(planned.name)
    if (kept.has(planned.name)) {
      if (again !== undefined) await store.staging.discard(again.staged)
      objects.push(planned)
    } else {
      // The same run makes it under the same temporary name.
      if (again?.staged !== planned.staged) await store.staging.discard(planned.staged)
      // Without one, compaction has removed all of its records.
      if (again !== undefined) objects.push(again)
    }
  }
  await leaveUnplanned(store, manifest, made, [...madeByName.values()])
  return { ...manifest, objects }
}

/**
 * A group whose every record went to the dead letters was not planned, and what its table was is not known: the table
 * of another may hold such a record. It is left out once more when the planned files have all that they had; otherwise
 * their records may be here.
 */
async function leaveUnplanned(
  store: ObjectStore,
  manifest: Manifest,
  made: Manifest,
  unplanned: readonly PlannedObject[],
): Promise<void> {
  const [first] = unplanned
  if (first === undefined) return
  const countOf = new Map(made.objects.map(({ name, records }) => [name, records]))
  const areWhole = manifest.objects.every(({ name, records }) => countOf.get(name) === records)
  if (manifest.schemas.length === 0 || !areWhole) {
    throw lost(manifest, `its records now belong into ${first.name}, which was not planned`)
  }
  for (const { staged } of unplanned) await store.staging.discard(staged)
}

async function makeFiles(lake: Lake, store: ObjectStore, manifest: Manifest): Promise<Manifest> {
  const { firstOffset, nextOffset, path, format } = manifest
  const making = { store, path, format, limits: noLimits, refuse: leaveOut, rowsFor: rowsOf(lake, manifest) }
  const { plan, writer } = beginPlan(lake, manifest, making, firstOffset)
  const visit = async (batch: SinkBatch): Promise<void> => {
    const cursor = batch.cursor()
    if (!cursor.skipTo(plan.nextOffset)) return
    const taken = await writer.take(cursor, nextOffset)
    invariant(taken === 'all', `a plan that is made again ended at offset ${plan.nextOffset}, before ${nextOffset}`)
  }
  try {
    await lake.context.reread(manifest, { firstOffset, nextOffset }, visit)
    plan.reach(nextOffset)
    return await sealPlan(lake, manifest, making, plan)
  } catch (error) {
    // They are made under the same temporary names when this is tried again.
    for (const file of plan.files) await file.abandon()
    const isGone = error instanceof TailraceError && error.code === 'offset_out_of_range'
    throw isGone ? lost(manifest, 'the log does not hold its records any more', error) : error
  }
}

/** Makes the rows of each group's table as its file had them; undefined for files of lines. */
function rowsOf(lake: Lake, manifest: Manifest): RowsFor | undefined {
  const { schemas, objects, format } = manifest
  const [first] = schemas
  if (first === undefined) return undefined
  const path = boundPath(lake.context, manifest, manifest)
  const byName = new Map(objects.map((object) => [object.name, object]))
  return (group) => {
    // A group that was not planned is found out by its name, whatever its table is.
    const index = byName.get(path.nameOf(group, manifest))?.schema
    return rowsAsThen(manifest, format, index === undefined ? first : schemas[index]!)
  }
}

function lost(manifest: Manifest, why: string, cause?: unknown): Error {
  const { topic, partition, firstOffset, nextOffset, objects } = manifest
  return lakeErrors.make(
    'lake_plan_lost',
    `the files of ${topic}-${partition} from offset ${firstOffset} to below ${nextOffset} are incomplete, and ${why}`,
    { cause, details: { topic, partition, firstOffset, nextOffset, names: objects.map((object) => object.name) } },
  )
}
