// What a sink of type `s3` says of itself. Light: the sink itself, and the client of the store, are loaded when it runs.

import { declareSink } from '../../../core/connector/declaration.js'
import type { ChangeEffect } from '../../../core/connector/declaration.js'
import { unfitRecords } from '../format-settings.js'
import { checkS3Settings, s3Fields } from './settings.js'
import type { S3Settings } from './settings.js'

export const s3Sink = declareSink({
  role: 'sink',
  type: 's3',
  summary:
    'Writes records into objects of a bucket of Amazon S3 or a store with its interface, each record exactly once.',
  delivery: 'exactly-once',
  fields: s3Fields,
  check: (settings) => checkS3Settings(settings),
  effects,
  refusesReplay: ({ path }) => (path.includes('{topic}') ? undefined : 'its path does not hold {topic}'),
  givesUp: ({ format }) => unfitRecords(format),
  examine: async (settings, context) => (await import('./examine.js')).examineS3(settings, context),
  load: () => import('./s3-sink.js'),
})

function effects(previous: S3Settings, next: S3Settings): readonly ChangeEffect[] {
  const found: ChangeEffect[] = []
  for (const setting of ['bucket', 'prefix', 'endpoint'] as const) {
    if (previous[setting] === next[setting]) continue
    found.push({
      setting,
      effect:
        'the new place begins with the next record; objects stay where they are, and those under way are finished in the old place, which must still be there',
      dangerous: false,
    })
  }
  const ofObjects = ['path', 'format', 'columns', 'encryption', 'storageClass', 'tags', 'contentType'] as const
  for (const setting of ofObjects) {
    if (JSON.stringify(previous[setting]) === JSON.stringify(next[setting])) continue
    found.push({
      setting,
      effect: 'holds from the next object on; those that exist stay as they are',
      dangerous: false,
    })
  }
  return found
}
