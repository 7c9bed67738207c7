// The sink of type `s3`: a lake in a bucket.

import { defaultProvider } from '@aws-sdk/credential-provider-node'
import type { Sink, SinkContext } from '../../../core/connector/sink.js'
import { readAllMerges } from '../compact/merge-state.js'
import { lakeErrors } from '../errors.js'
import type { Compression, FileType } from '../formats/file-format.js'
import { LakeSink } from '../lake-sink.js'
import type { LakeTarget } from '../lake.js'
import type { LakeRoot, Manifest } from '../manifest.js'
import type { ObjectStore } from '../object-store.js'
import { readAllStates } from '../partition-state.js'
import { constantPrefix, readPathTemplate } from '../path-template.js'
import { checkNeighbours, claimRoot, findRoot } from '../root-claim.js'
import type { LakeWriter } from '../root-claim.js'
import { Staging } from '../staging.js'
import { LakeBucket } from './bucket.js'
import type { BucketOptions, ObjectHeaders } from './bucket.js'
import { findOrphans, isSweepRefused, ownKeys, sweepKey } from './orphans.js'
import { readRoot, S3Claims } from './s3-claims.js'
import type { Place } from './s3-claims.js'
import { S3Store } from './s3-store.js'
import { prefixOf } from './settings.js'
import type { S3Settings } from './settings.js'
import { UploadLanes } from './upload-lanes.js'
import { Uploader } from './upload.js'

export function create(settings: S3Settings): Sink {
  return new LakeSink(settings, new S3Target(settings))
}

/** Stores that are not Amazon's have no regions as a rule, but signatures hold one. */
const regionOfOthers = 'us-east-1'

const contentTypes: Readonly<Record<FileType, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
  raw: 'application/octet-stream',
}
/** Of lines: a table is compressed inside. */
const packedTypes: Readonly<Partial<Record<Compression, string>>> = {
  gzip: 'application/gzip',
  zstd: 'application/zstd',
}

class S3Target implements LakeTarget {
  readonly keyPrefix: string
  readonly spoolBytes: number
  readonly #settings: S3Settings
  readonly #lanes: UploadLanes
  readonly #buckets: LakeBucket[] = []
  #isConditional: boolean | undefined

  constructor(settings: S3Settings) {
    this.keyPrefix = prefixOf(settings)
    this.spoolBytes = settings.spool
    this.#settings = settings
    this.#lanes = new UploadLanes(settings.uploads, settings.partBytes)
  }

  /** Takes nothing; leaves the object that conditional puts are tried with. Errors: those of the store and of claims. */
  async check(context: SinkContext): Promise<void> {
    const claims = this.#claims(context)
    // Listing first: only it tells a bucket that is missing from an object that is.
    await checkNeighbours(claims, writerOf(this.#settings, context))
    await findRoot(claims, context.hubId)
    this.#isConditional = await knowsConditions(claims, context)
  }

  async open(context: SinkContext, run: string): Promise<ObjectStore> {
    const place = this.#ownPlace(context)
    const claims = new S3Claims(place, context.random)
    this.#isConditional ??= await knowsConditions(claims, context)
    const root = await claimRoot(claims, writerOf(this.#settings, context))
    await this.#abortOrphans(place, root, context)
    return this.#openStore({ place, root, isConditional: this.#isConditional }, context, run)
  }

  async openFormer(context: SinkContext, run: string, root: LakeRoot): Promise<ObjectStore> {
    const former = readRoot(root.path)
    if (former === undefined) throw rootMissing(root, 'is no place in a bucket')
    const place = { bucket: this.#openBucket(former.bucket, context), prefix: former.prefix }
    const claims = new S3Claims(place, context.random)
    const found = await findRoot(claims, context.hubId)
    if (found?.id !== root.id) throw rootMissing(root, found === undefined ? 'is gone' : 'is another root by now')
    await unlessRefused(context, () => sweepPlanned(place, root, context))
    return this.#openStore({ place, root, isConditional: await knowsConditions(claims, context) }, context, run)
  }

  close(): void {
    for (const bucket of this.#buckets.splice(0)) bucket.close()
  }

  async #openStore(
    { place, root, isConditional }: { readonly place: Place; readonly root: LakeRoot; readonly isConditional: boolean },
    context: SinkContext,
    run: string,
  ): Promise<ObjectStore> {
    const { files, logger } = context
    const { partBytes, uploads } = this.#settings
    const staging = new Staging(files, await context.workDirectory(), run)
    const uploader = new Uploader(place.bucket, files, logger, { partBytes, lanes: this.#lanes, isConditional })
    const headersFor = (plan: Manifest): ObjectHeaders => headersOf(this.#settings, plan)
    return new S3Store({ place, root, staging, uploader, context, headersFor, isConditional, uploadsAtOnce: uploads })
  }

  async #abortOrphans(place: Place, root: LakeRoot, context: SinkContext): Promise<void> {
    const { pipeline, connector: sink, logger } = context
    await unlessRefused(context, async () => {
      const own = ownKeys(place.prefix, { pipeline, sink, path: this.#settings.path })
      const orphans = await findOrphans(place.bucket, own)
      for (const orphan of orphans) await place.bucket.abortUpload(orphan)
      const planned = await sweepPlanned(place, root, context)
      if (orphans.length + planned === 0) return
      logger.info('aborted uploads that earlier runs had begun', { uploads: orphans.length + planned })
    })
  }

  #claims(context: SinkContext): S3Claims {
    return new S3Claims(this.#ownPlace(context), context.random)
  }

  #ownPlace(context: SinkContext): Place {
    return { bucket: this.#openBucket(this.#settings.bucket, context), prefix: prefixOf(this.#settings) }
  }

  #openBucket(name: string, { signal }: SinkContext): LakeBucket {
    const open = this.#buckets.find((bucket) => bucket.name === name)
    if (open !== undefined) return open
    const made = new LakeBucket(bucketOptions(this.#settings, name, signal))
    this.#buckets.push(made)
    return made
  }
}

/** How the store is reached by these settings. */
export function bucketOptions(settings: S3Settings, bucket: string, signal: AbortSignal): BucketOptions {
  const { region, endpoint, pathStyle, checksums, timeout, uploads, credentials } = settings
  const { accessKey, secretKey, sessionToken, profile } = credentials
  return {
    bucket,
    region: region ?? (endpoint === undefined ? undefined : regionOfOthers),
    endpoint,
    pathStyle: pathStyle ?? endpoint !== undefined,
    sums: checksums,
    timeoutMs: timeout,
    connections: 2 * uploads,
    credentials: () => {
      if (accessKey === undefined || secretKey === undefined) {
        return defaultProvider({ ...(profile === undefined ? {} : { profile }), ignoreCache: true })
      }
      return {
        accessKeyId: accessKey.reveal(),
        secretAccessKey: secretKey.reveal(),
        ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
      }
    },
    signal,
  }
}

async function knowsConditions(claims: S3Claims, { logger }: SinkContext): Promise<boolean> {
  if (await claims.knowsConditions()) return true
  logger.warn('the store does not know If-None-Match: names are looked at before objects are put', {
    root: claims.root,
  })
  return false
}

/** Aborts uploads; where the store does not let them be listed or aborted, that is no reason to stop. */
async function unlessRefused({ logger }: SinkContext, sweep: () => Promise<unknown>): Promise<void> {
  try {
    await sweep()
  } catch (error) {
    if (!isSweepRefused(error)) throw error
    logger.warn('uploads that earlier runs may have begun cannot be listed and aborted', { error })
  }
}

/** Aborts what is under way for keys of open plans in this root. */
async function sweepPlanned({ bucket, prefix }: Place, root: LakeRoot, context: SinkContext): Promise<number> {
  let aborted = 0
  const plans = readAllStates(context.state).map(({ plan }) => plan)
  for (const plan of [...plans, ...readAllMerges(context.state).map(({ plan: merge }) => merge)]) {
    if (plan?.root.id !== root.id) continue
    for (const { name } of plan.objects) aborted += await sweepKey(bucket, prefix + name)
  }
  return aborted
}

function headersOf(settings: S3Settings, { format }: Manifest): ObjectHeaders {
  const { encryption, storageClass, tags, contentType, contentEncoding, cacheControl } = settings
  // An encoding says how the content is packed, so that the type is that of what is inside.
  const packedType =
    contentEncoding === undefined && format.type !== 'parquet' ? packedTypes[format.compression] : undefined
  return {
    ContentType: contentType ?? packedType ?? contentTypes[format.type],
    ContentEncoding: contentEncoding,
    CacheControl: cacheControl,
    ServerSideEncryption: encryption.type === 'bucket' ? undefined : encryption.type === 's3' ? 'AES256' : 'aws:kms',
    SSEKMSKeyId: encryption.key,
    StorageClass: storageClass as ObjectHeaders['StorageClass'],
    Tagging:
      tags.length === 0
        ? undefined
        : tags.map(({ key, value }) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&'),
  }
}

function writerOf(settings: S3Settings, context: SinkContext): LakeWriter {
  const { hubId, pipeline, connector: sink } = context
  const { path } = settings
  const prefix = `/${constantPrefix(readPathTemplate(path).template, { pipeline, sink })}`
  return { hubId, pipeline, sink, path, prefix }
}

function rootMissing(root: LakeRoot, what: string): Error {
  return lakeErrors.make('lake_plan_root_missing', `${root.path} holds unfinished files, and ${what}`, {
    details: { root: root.path, rootId: root.id },
  })
}
