// What the BullMQ source and sink say of themselves. Light: the clients are loaded when they are run.

import { declareSink, declareSource } from '../../core/connector/declaration.js'
import { bullmqSinkFields, bullmqSourceFields, checkSink, checkSource } from './settings.js'

export const bullmqSink = declareSink({
  role: 'sink',
  type: 'bullmq',
  summary:
    'Adds each record as a job to a BullMQ queue on Redis or Postgres, at least once under a stable id that BullMQ drops repeats by.',
  delivery: 'at-least-once',
  fields: bullmqSinkFields,
  check: (settings) => checkSink(settings),
  examine: async (settings, context) => (await import('./examine.js')).examineQueue(settings, context),
  load: () => import('./bullmq-sink.js'),
})

export const bullmqSource = declareSource({
  role: 'source',
  type: 'bullmq',
  summary:
    'Reads the events of a BullMQ queue on Redis or Postgres; each job that was added, completed or failed becomes a record exactly once.',
  delivery: 'exactly-once',
  fields: bullmqSourceFields,
  check: (settings) => checkSource(settings),
  effects: (previous, next) => {
    const isElsewhere = previous.queue !== next.queue || previous.prefix !== next.prefix
    const hasMore = next.take.some((event) => !previous.take.includes(event))
    return [
      ...(isElsewhere
        ? [
            {
              setting: 'queue',
              effect: 'the position belongs to the old queue: the source stops until it has another name',
              dangerous: true,
            },
          ]
        : []),
      ...(hasMore
        ? [{ setting: 'take', effect: 'events before the position are not read again', dangerous: false }]
        : []),
    ]
  },
  examine: async (settings, context) => (await import('./examine.js')).examineEvents(settings, context),
  load: () => import('./bullmq-source.js'),
})
