// From files that grow to a manifest: ends every file of a complete plan, brings it to the device and says what it is.

import { basename } from 'node:path'
import type { SinkPartition } from '../../core/connector/sink.js'
import type { FileMaking, Lake } from './lake.js'
import type { Manifest, PlannedObject } from './manifest.js'
import type { ObjectStore } from './object-store.js'
import type { Plan } from './plan.js'
import type { TableSchema } from './table/column-type.js'

/** May be repeated when it fails; what was sealed stays so. Errors: lake_sync_failed, lake_file_changed. */
export async function sealPlan(
  lake: Lake,
  of: SinkPartition,
  making: FileMaking & { readonly store: ObjectStore },
  plan: Plan,
): Promise<Manifest> {
  const objects: PlannedObject[] = []
  const schemas = new SchemaList()
  await dropEmptyFiles(making.store, plan)
  for (const file of plan.files) {
    if (file.recordCount === 0) continue
    const { bytes, crc } = file.sum ?? (await file.seal())
    const staged = basename(file.stagedPath)
    const schema = file.schema === undefined ? {} : { schema: schemas.indexOf(file.schema) }
    objects.push({ name: plan.nameOf(file), staged, bytes, crc, records: file.recordCount, ...schema })
  }
  const { hubId, pipeline, connector } = lake.context
  const { topic, topicId, partition } = of
  const { firstOffset, nextOffset } = plan.range
  const { store, path, format } = making
  const { root } = store
  return {
    hubId,
    pipeline,
    sink: connector,
    topic,
    topicId,
    partition,
    firstOffset,
    nextOffset,
    root,
    path,
    format,
    schemas: schemas.schemas,
    objects,
  }
}

/** Removes files whose first record could not be taken: they hold nothing. */
export async function dropEmptyFiles(store: ObjectStore, plan: Plan): Promise<void> {
  for (const file of plan.files) {
    if (file.recordCount > 0) continue
    await file.abandon()
    await store.staging.discard(basename(file.stagedPath))
  }
}

/** The schemas of a plan's files: most of them have the same. */
class SchemaList {
  readonly schemas: TableSchema[] = []
  readonly #indexes = new Map<string, number>()

  indexOf(schema: TableSchema): number {
    const text = JSON.stringify(schema)
    const known = this.#indexes.get(text)
    if (known !== undefined) return known
    this.#indexes.set(text, this.schemas.length)
    this.schemas.push(schema)
    return this.schemas.length - 1
  }
}
