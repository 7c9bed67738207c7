// Uploads that an earlier run began and did not end: they are invisible and cost storage until somebody aborts them.
//
// Whose they are is told by their keys: all names with the constant beginning of the sink's path are this sink's
// (root-claim.ts), and of those only ones that look like the path are touched. Keys of plans that are open count too,
// whatever the path is by now.

import { constantPrefix, offsetDigits, readPathTemplate } from '../path-template.js'
import type { LakeBucket, StartedUpload } from './bucket.js'
import { s3Errors } from './errors.js'

/** What keys of a sink look like. */
export interface OwnKeys {
  /** All begin with it. */
  readonly prefix: string
  includes(key: string): boolean
}

const anOffset = new RegExp(`\\d{${offsetDigits}}`)

/** `rootPrefix` is empty or ends with a slash. */
export function ownKeys(
  rootPrefix: string,
  writer: { readonly pipeline: string; readonly sink: string; readonly path: string },
): OwnKeys {
  const { template } = readPathTemplate(writer.path)
  const prefix = rootPrefix + constantPrefix(template, writer)
  // The number of folders depends on no record; a format of time may hold slashes of its own, which count.
  const folderCount = `${rootPrefix}${template.text}`.split('/').length
  return {
    prefix,
    includes: (key) => key.startsWith(prefix) && key.split('/').length === folderCount && anOffset.test(key),
  }
}

export async function findOrphans(bucket: LakeBucket, own: OwnKeys): Promise<readonly StartedUpload[]> {
  return (await bucket.uploads(own.prefix)).filter(({ key }) => own.includes(key))
}

/** Does the store, or do the credentials, not let uploads be listed or aborted? They leave no other trace than those. */
export function isSweepRefused(error: unknown): boolean {
  return s3Errors.is(error, 's3_denied') || s3Errors.is(error, 's3_refused')
}

/** Aborts what is under way for exactly this key. Returns how many uploads that were. */
export async function sweepKey(bucket: LakeBucket, key: string): Promise<number> {
  const uploads = (await bucket.uploads(key)).filter((upload) => upload.key === key)
  for (const upload of uploads) await bucket.abortUpload(upload)
  return uploads.length
}
