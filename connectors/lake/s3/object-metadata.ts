// Who wrote an object, and what it must be: metadata that every object of the lake carries, and by which a name that is
// taken is told from ours. The names stand in docs/formats/lake-s3.md. Values are ASCII, as metadata has to be: numbers,
// ids, and names that are percent-encoded.

import { crc32c } from '../../../core/bytes/crc32c.js'
import type { SinkPartition } from '../../../core/connector/sink.js'
import type { Manifest, PlannedObject } from '../manifest.js'
import type { ReadFile, Seen } from '../object-store.js'
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
    'tailrace-crc32c': sumText(object.crc),
  }
}

/** An object that was read whole, by what it says of itself; instead, why it is not what this sink wrote of the partition. */
export function readStored(
  { body, metadata }: { readonly body: Buffer; readonly metadata: StoredObject['metadata'] },
  writer: { readonly hubId: string; readonly pipeline: string; readonly sink: string },
  of: SinkPartition,
): ReadFile | string {
  const isOurs =
    metadata['tailrace-hub'] === writer.hubId &&
    metadata['tailrace-sink'] === writerName(writer) &&
    metadata['tailrace-topic-id'] === of.topicId &&
    metadata['tailrace-partition'] === String(of.partition)
  if (!isOurs) return 'this sink did not write it'
  const [records, nextOffset] = [Number(metadata['tailrace-records']), Number(metadata['tailrace-next-offset'])]
  if (!Number.isSafeInteger(records) || !Number.isSafeInteger(nextOffset)) return 'its metadata was changed'
  const crc = sumText(crc32c(body, 0, body.length))
  return crc === metadata['tailrace-crc32c'] ? { bytes: body, records, nextOffset } : 'its bytes have another CRC-32C'
}

function sumText(crc: number): string {
  return crc.toString(16).padStart(8, '0')
}

/** Is what stands there the object of the plan? Other metadata beside ours is fine. */
export function compareStored(found: StoredObject, object: PlannedObject, plan: Manifest): Seen {
  if (found.bytes !== object.bytes) return 'differs'
  const isOurs = Object.entries(metadataOf(object, plan)).every(([name, value]) => found.metadata[name] === value)
  return isOurs ? 'agrees' : 'differs'
}
