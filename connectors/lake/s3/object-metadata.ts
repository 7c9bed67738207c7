// Who wrote an object, and what it must be: metadata that every object of the lake carries, and by which a name that is
// taken is told from ours. The names stand in docs/formats/lake-s3.md. Values are ASCII, as metadata has to be: numbers,
// ids, and names that are percent-encoded.

import type { Manifest, PlannedObject } from '../manifest.js'
import type { Seen } from '../object-store.js'
import { writerName } from '../root-claim.js'
import type { StoredObject } from './bucket.js'

const version = '1'

/** Without the `x-amz-meta-` before each name. */
export function metadataOf(object: PlannedObject, plan: Manifest): Readonly<Record<string, string>> {
  return {
    'tailrace-version': version,
    'tailrace-hub': plan.hubId,
    'tailrace-sink': writerName(plan),
    'tailrace-topic': plan.topic,
    'tailrace-topic-id': plan.topicId,
    'tailrace-partition': String(plan.partition),
    'tailrace-first-offset': String(plan.firstOffset),
    'tailrace-next-offset': String(plan.nextOffset),
    'tailrace-records': String(object.records),
    'tailrace-crc32c': object.crc.toString(16).padStart(8, '0'),
  }
}

/** Is what stands there the object of the plan? Other metadata beside ours is fine. */
export function compareStored(found: StoredObject, object: PlannedObject, plan: Manifest): Seen {
  if (found.bytes !== object.bytes) return 'differs'
  const isOurs = Object.entries(metadataOf(object, plan)).every(([name, value]) => found.metadata[name] === value)
  return isOurs ? 'agrees' : 'differs'
}
