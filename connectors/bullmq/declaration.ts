// What the BullMQ sink says of itself. Light: the client is loaded when it is run.

import { declareSink } from '../../core/connector/declaration.js'
import { bullmqSinkFields, checkBullmq } from './settings.js'

export const bullmqSink = declareSink({
  role: 'sink',
  type: 'bullmq',
  summary:
    'Adds each record as a job to a BullMQ queue on Redis or Postgres, at least once under a stable id that BullMQ drops repeats by.',
  delivery: 'at-least-once',
  fields: bullmqSinkFields,
  check: (settings) => checkBullmq(settings),
  examine: async (settings, context) => (await import('./examine.js')).examineBullmq(settings, context),
  load: () => import('./bullmq-sink.js'),
})
