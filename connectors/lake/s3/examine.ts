// What `doctor` looks at in a lake in a bucket, without changing anything.

import type { ConnectorContext } from '../../../core/connector/context.js'
import type { Finding } from '../../../core/connector/declaration.js'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import { openPlans } from '../examine.js'
import { findRoot } from '../root-claim.js'
import { LakeBucket } from './bucket.js'
import { findOrphans, ownKeys } from './orphans.js'
import { bucketOptions } from './s3-sink.js'
import { S3Claims } from './s3-claims.js'
import { prefixOf } from './settings.js'
import type { S3Settings } from './settings.js'

export async function examineS3(settings: S3Settings, context: ConnectorContext): Promise<readonly Finding[]> {
  const bucket = new LakeBucket(bucketOptions(settings, settings.bucket, context.signal))
  const place = { bucket, prefix: prefixOf(settings) }
  const claims = new S3Claims(place, context.random)
  const { pipeline, connector: sink } = context
  const own = ownKeys(place.prefix, { pipeline, sink, path: settings.path })
  try {
    const reach = await finding(async () => {
      await bucket.keys(own.prefix, 1)
      return { level: 'good', message: `${claims.root} can be reached and listed` }
    })
    // Whatever else is asked fails for the same reason.
    if (reach.level === 'problem') return [reach]
    return [
      reach,
      await finding(() => ownership(claims, context.hubId)),
      await finding(() => conditions(claims)),
      await finding(async () => orphans((await findOrphans(bucket, own)).map(({ key }) => key))),
      ...openPlans(context),
    ]
  } finally {
    bucket.close()
  }
}

/** What was found, or what stood in the way. */
async function finding(look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof TailraceError)) throw error
    return { level: 'problem', message: error.message, hint: error.hint }
  }
}

async function ownership(claims: S3Claims, hubId: string): Promise<Finding> {
  const found = await findRoot(claims, hubId)
  return {
    level: 'good',
    message: found === undefined ? `${claims.root} belongs to no hub yet` : `${claims.root} belongs to this hub`,
  }
}

async function conditions(claims: S3Claims): Promise<Finding> {
  // It has the bytes that it would be given, so that nothing changes where the store ignores the condition.
  if (!(await claims.hasProbe())) {
    return { level: 'good', message: 'whether the store knows If-None-Match is found out at the first start' }
  }
  if (await claims.knowsConditions()) return { level: 'good', message: 'the store knows If-None-Match' }
  return {
    level: 'warning',
    message: 'the store does not know If-None-Match',
    hint: 'Names are looked at before objects are put. Keep other programs, and other hubs, out of the prefix.',
  }
}

function orphans(keys: readonly string[]): Finding {
  if (keys.length === 0) return { level: 'good', message: 'no uploads are under way' }
  const shown = keys.slice(0, 5).join(', ')
  return {
    level: 'warning',
    message: `${keys.length} uploads are under way or were left: ${shown}${keys.length > 5 ? ', …' : ''}`,
    hint: 'If no hub is running, the next start aborts them. A lifecycle rule of the bucket that aborts incomplete uploads after a day catches those of sinks that do not come back.',
  }
}
