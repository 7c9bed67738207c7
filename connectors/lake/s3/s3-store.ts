// A lake in a bucket.
//
//   PREFIX…                                     the objects, under the names that the path template gives
//   PREFIX.tailrace/hub.json, sinks/            whose the prefix is (s3-claims.ts, root-claim.ts)
//   DATA/work/PIPELINE.SINK/                    files under way, on the local disk
//
// An object appears whole or not at all, is durable when the store has answered, and says itself what it is
// (object-metadata.ts). So plans need no manifest beside them: the log's state alone holds it.

import type { SinkContext, SinkPartition } from '../../../core/connector/sink.js'
import type { LakeRoot, Manifest, PlannedObject } from '../manifest.js'
import { inLanes } from '../in-lanes.js'
import type { ObjectStore, ReadFile, Seen, StoredFile } from '../object-store.js'
import { nameTaken } from '../publication.js'
import { bookkeepingFolder } from '../root-claim.js'
import type { Staging } from '../staging.js'
import type { ObjectHeaders } from './bucket.js'
import { s3Errors } from './errors.js'
import { compareStored, metadataOf, readStored } from './object-metadata.js'
import type { Place } from './s3-claims.js'
import type { Uploader } from './upload.js'

/** How often an upload is begun anew because others write the same key at that moment. */
const mostConflicts = 5
const firstPauseMs = 200

export interface S3StoreParts {
  readonly place: Place
  readonly root: LakeRoot
  readonly staging: Staging
  readonly uploader: Uploader
  readonly context: Pick<SinkContext, 'files' | 'clock' | 'random' | 'signal' | 'hubId' | 'pipeline' | 'connector'>
  /** Of an object of the plan, its metadata left out. */
  readonly headersFor: (plan: Manifest) => ObjectHeaders
  /** The store knows `If-None-Match`. */
  readonly isConditional: boolean
  readonly uploadsAtOnce: number
}

export class S3Store implements ObjectStore {
  readonly root: LakeRoot
  readonly staging: Staging
  readonly publishesAtOnce: number
  readonly #parts: S3StoreParts

  constructor(parts: S3StoreParts) {
    this.root = parts.root
    this.staging = parts.staging
    this.publishesAtOnce = parts.uploadsAtOnce
    this.#parts = parts
  }

  async observe(object: PlannedObject, plan: Manifest): Promise<Seen> {
    const found = await this.#parts.place.bucket.head(this.#keyOf(object.name))
    return found === undefined ? 'absent' : compareStored(found, object, plan)
  }

  /**
   * A request that a crash interrupts may still reach the store, and its object appear later. The next run must then send
   * the same bytes, so the file has to be there.
   */
  secureStaged(): Promise<void> {
    return this.#parts.context.files.syncDirectory(this.staging.path)
  }

  async publish(object: PlannedObject, plan: Manifest): Promise<void> {
    const { context, isConditional } = this.#parts
    for (let conflicts = 0; conflicts < mostConflicts; conflicts++) {
      // Of the first attempt it is known that the name was free, where the store holds to it by itself.
      if ((conflicts > 0 || !isConditional) && (await this.#stands(object, plan))) return
      const outcome = await this.#upload(object, plan)
      if (outcome === 'done') return
      if (outcome === 'taken' && (await this.#stands(object, plan))) return
      const pauseMs = firstPauseMs * 2 ** conflicts * (0.5 + 0.5 * context.random.fraction())
      await context.clock.sleep(pauseMs, context.signal)
    }
    const key = this.#keyOf(object.name)
    throw s3Errors.make('s3_upload_conflict', `${key} was written by others ${mostConflicts} times in a row`, {
      details: { bucket: this.#parts.place.bucket.name, key },
    })
  }

  /** What was published is durable already; nothing else may be left under way. */
  async settle(names: readonly string[]): Promise<void> {
    await this.#parts.uploader.sweep(names.map((name) => this.#keyOf(name)))
  }

  async *list(prefix: string): AsyncGenerator<readonly StoredFile[]> {
    const { bucket, prefix: root } = this.#parts.place
    for await (const page of bucket.list(root + prefix)) {
      const own = page.filter(({ key }) => !key.startsWith(`${root}${bookkeepingFolder}/`))
      yield own.map(({ key, bytes, modifiedMs }) => ({ name: key.slice(root.length), bytes, modifiedMs }))
    }
  }

  async read(name: string, of: SinkPartition): Promise<ReadFile | string> {
    const { hubId, pipeline, connector: sink } = this.#parts.context
    const found = await this.#parts.place.bucket.getWhole(this.#keyOf(name))
    return found === undefined ? 'it is gone' : readStored(found, { hubId, pipeline, sink }, of)
  }

  async remove(names: readonly string[]): Promise<void> {
    const { bucket } = this.#parts.place
    await inLanes(this.publishesAtOnce, names, (name) => bucket.delete(this.#keyOf(name)))
  }

  putManifest(): Promise<void> {
    return Promise.resolve()
  }

  removeManifest(): Promise<void> {
    return Promise.resolve()
  }

  manifests(): Promise<readonly Manifest[]> {
    return Promise.resolve([])
  }

  /** Errors: lake_name_taken. */
  async #stands(object: PlannedObject, plan: Manifest): Promise<boolean> {
    const seen = await this.observe(object, plan)
    if (seen === 'differs') throw nameTaken(this, plan, object)
    return seen === 'agrees'
  }

  async #upload(object: PlannedObject, plan: Manifest): Promise<'done' | 'taken' | 'conflict'> {
    const { uploader, headersFor } = this.#parts
    const key = this.#keyOf(object.name)
    const headers = { ...headersFor(plan), Metadata: { ...metadataOf(object, plan) } }
    const path = this.staging.pathOf(object.staged)
    const outcome = await uploader.upload({ key, path, bytes: object.bytes, crc: object.crc, headers })
    if (outcome !== 'unknown') return outcome
    throw s3Errors.make('s3_refused', `${key}: the store knew If-None-Match at the start, and does not any more`)
  }

  #keyOf(name: string): string {
    return this.#parts.place.prefix + name
  }
}
