// A staged file becomes an object: by one request, or in parts when it is larger than one.
//
// Of the parts at most one for each lane is in memory. An upload that ends without its object is aborted. Where that
// fails too, or the store may have begun an upload that we never heard of, the key is remembered and swept: before the
// next upload of it, and before its plan is done.

import { present } from '../../../core/errors/invariant.js'
import type { Files } from '../../../core/runtime/files.js'
import type { Logger } from '../../../core/telemetry/logger.js'
import type { FileSum } from '../file-sum.js'
import type { LakeBucket, ObjectHeaders, PutOutcome, SentPart, StartedUpload } from './bucket.js'
import { isSweepRefused, sweepKey } from './orphans.js'
import { PartReader } from './part-reader.js'
import type { UploadLanes } from './upload-lanes.js'

/** "Amazon S3 multipart upload limits" of its user guide. */
const mostParts = 10_000

export interface UploadRules {
  readonly partBytes: number
  readonly lanes: UploadLanes
  /** The store knows `If-None-Match`. */
  readonly isConditional: boolean
}

export interface StagedObject extends FileSum {
  readonly key: string
  /** Of the staged file. */
  readonly path: string
  readonly headers: ObjectHeaders
}

export class Uploader {
  readonly #bucket: LakeBucket
  readonly #files: Files
  readonly #logger: Logger
  readonly #rules: UploadRules
  /** Keys that may have uploads which nobody goes on with. */
  readonly #unswept = new Set<string>()

  constructor(bucket: LakeBucket, files: Files, logger: Logger, rules: UploadRules) {
    this.#bucket = bucket
    this.#files = files
    this.#logger = logger
    this.#rules = rules
  }

  /**
   * One at a time for each key. Nothing is replaced where the store knows the condition. Errors: lake_file_changed, and
   * those of the store.
   */
  async upload(object: StagedObject): Promise<PutOutcome> {
    await this.sweep([object.key])
    return object.bytes <= this.#rules.partBytes ? this.#putWhole(object) : this.#putInParts(object)
  }

  /**
   * Nothing is left under way for these keys afterwards. A store, or credentials, that do not let uploads be listed and
   * aborted are no reason to stop.
   */
  async sweep(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      if (!this.#unswept.has(key)) continue
      try {
        await sweepKey(this.#bucket, key)
      } catch (error) {
        if (!isSweepRefused(error)) throw error
        this.#logger.warn('an upload that was begun may be left under way', { key, error })
      }
      this.#unswept.delete(key)
    }
  }

  async #putWhole(object: StagedObject): Promise<PutOutcome> {
    const { key, path, bytes, headers } = object
    const { lanes, isConditional } = this.#rules
    return lanes.run(bytes, async (buffer) => {
      const reader = await PartReader.open(this.#files, path, object, bytes)
      try {
        const part = present(await reader.next(buffer), 'the first part of a file')
        return await this.#bucket.putNew(key, part, headers, isConditional)
      } finally {
        await reader.close()
      }
    })
  }

  async #putInParts(object: StagedObject): Promise<PutOutcome> {
    const { key } = object
    const upload = await this.#start(object)
    let outcome: PutOutcome | undefined
    try {
      const parts = await this.#sendParts(upload, object)
      outcome = await this.#bucket.completeUpload(upload, parts, object, this.#rules.isConditional)
      return outcome
    } finally {
      if (outcome !== 'done' && !(await this.#abort(upload))) this.#unswept.add(key)
    }
  }

  async #start({ key, headers }: StagedObject): Promise<StartedUpload> {
    // A request that was lost or repeated may have begun an upload of its own.
    this.#unswept.add(key)
    const upload = await this.#bucket.startUpload(key, headers)
    if (upload.isSure) this.#unswept.delete(key)
    return upload
  }

  async #sendParts(upload: StartedUpload, object: StagedObject): Promise<readonly SentPart[]> {
    const { partBytes, lanes } = this.#rules
    const wantedBytes = Math.max(partBytes, Math.ceil(object.bytes / mostParts))
    const reader = await PartReader.open(this.#files, object.path, object, wantedBytes)
    const sent: SentPart[] = []
    let hasFailed = false
    const sendNext = (): Promise<void> =>
      lanes.run(wantedBytes, async (buffer) => {
        if (hasFailed) return
        try {
          const part = present(await reader.next(buffer), 'a part of a file')
          sent.push(await this.#bucket.sendPart(upload, part))
        } catch (error) {
          hasFailed = true
          throw error
        }
      })
    try {
      const count = Math.ceil(object.bytes / wantedBytes)
      const outcomes = await Promise.allSettled(Array.from({ length: count }, sendNext))
      const failed = outcomes.find((outcome) => outcome.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    } finally {
      await reader.close()
    }
    return sent.toSorted((a, b) => a.PartNumber - b.PartNumber)
  }

  /** False when that failed, which is no failure of the sink's. */
  async #abort(upload: StartedUpload): Promise<boolean> {
    try {
      await this.#bucket.abortUpload(upload)
      return true
    } catch (error) {
      this.#logger.warn('an upload could not be aborted; it is tried again', { key: upload.key, error })
      return false
    }
  }
}
