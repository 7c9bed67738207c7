// The bookkeeping of a root that is a prefix of a bucket (root-claim.ts): objects below PREFIX.tailrace/.
//
// Where the store knows `If-None-Match`, of two hubs that start at the same moment one makes hub.json. Where it does not,
// a hub that looks sees the other, but two that look at the same moment may not: docs/lake.md says so.

import { crc32c } from '../../../core/bytes/crc32c.js'
import type { Random } from '../../../core/runtime/random.js'
import { bookkeepingFolder, hubBytes, hubFile } from '../root-claim.js'
import type { ClaimPlace, LakeWriter } from '../root-claim.js'
import type { LakeBucket } from './bucket.js'
import { s3Errors } from './errors.js'

/** Sinks that share a prefix; more is nobody's lake. */
const mostSinks = 10_000

const probeFile = 'conditional-put-probe'
const probeText = 'Tailrace finds out by this object whether the store knows conditional puts. It may be removed.\n'

/** A prefix of a bucket. */
export interface Place {
  readonly bucket: LakeBucket
  /** Empty, or ends with a slash. */
  readonly prefix: string
}

/** As people write it, and as plans remember it. */
function rootOfPlace({ bucket, prefix }: Place): string {
  return `s3://${bucket.name}${prefix === '' ? '' : `/${prefix.slice(0, -1)}`}`
}

/** Bucket and prefix of a root that `rootOfPlace` wrote. */
export function readRoot(root: string): { readonly bucket: string; readonly prefix: string } | undefined {
  const match = /^s3:\/\/([^/]+)(?:\/(.+))?$/.exec(root)
  if (match === null) return undefined
  const [, bucket = '', folder] = match
  return { bucket, prefix: folder === undefined ? '' : `${folder}/` }
}

export class S3Claims implements ClaimPlace {
  readonly root: string
  readonly #place: Place
  readonly #random: Random

  constructor(place: Place, random: Random) {
    this.root = rootOfPlace(place)
    this.#place = place
    this.#random = random
  }

  read(name: string): Promise<Buffer | undefined> {
    return this.#place.bucket.get(this.#keyOf(name))
  }

  async list(folder: string): Promise<readonly string[]> {
    const prefix = `${this.#keyOf(folder)}/`
    const keys = await this.#place.bucket.keys(prefix, mostSinks)
    return keys.map((key) => key.slice(prefix.length))
  }

  put(name: string, bytes: Buffer): Promise<void> {
    return this.#place.bucket.put(this.#keyOf(name), bytes)
  }

  remove(name: string): Promise<void> {
    return this.#place.bucket.delete(this.#keyOf(name))
  }

  async takeHub(writer: LakeWriter): Promise<void> {
    const bytes = hubBytes(writer.hubId, this.#random.bytes(8).toString('hex'))
    if ((await this.#putNew(hubFile, bytes)) === 'unknown') await this.put(hubFile, bytes)
  }

  /** Was it asked before? */
  async hasProbe(): Promise<boolean> {
    return (await this.read(probeFile))?.toString() === probeText
  }

  /** Does the store know `If-None-Match`? Also shows that objects can be put. Errors: those of the store. */
  async knowsConditions(): Promise<boolean> {
    const bytes = Buffer.from(probeText)
    for (let turn = 0; turn < 2; turn++) {
      const outcome = await this.#putNew(probeFile, bytes)
      if (outcome === 'taken') return true
      if (outcome === 'unknown') return false
      // Put where it cannot have been free: not known. Free the first time: only the second one says it.
    }
    return false
  }

  /** Errors: s3_upload_conflict, when others of the hub write the same at this moment. */
  async #putNew(name: string, bytes: Buffer): Promise<'done' | 'taken' | 'unknown'> {
    const key = this.#keyOf(name)
    const body = { bytes, crc: crc32c(bytes, 0, bytes.length) }
    const outcome = await this.#place.bucket.putNew(key, body, { ContentType: 'text/plain' }, true)
    if (outcome !== 'conflict') return outcome
    throw s3Errors.make('s3_upload_conflict', `somebody else writes ${this.root}/${bookkeepingFolder}/${name}`)
  }

  #keyOf(name: string): string {
    return `${this.#place.prefix}${bookkeepingFolder}/${name}`
  }
}
