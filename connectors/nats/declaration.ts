// What the NATS source and sink say of themselves. Light: the client is loaded when they are run.

import { declareSink, declareSource } from '../../core/connector/declaration.js'
import { checkConnection, checkSink, natsSinkFields, natsSourceFields } from './settings.js'

export const natsSink = declareSink({
  role: 'sink',
  type: 'nats',
  summary:
    'Publishes each record to a JetStream stream, at least once under a stable id that the stream drops repeats by.',
  delivery: 'at-least-once',
  fields: natsSinkFields,
  check: (settings) => checkSink(settings),
  examine: async (settings, context) => (await import('./examine.js')).examineNats(settings, context),
  load: () => import('./nats-sink.js'),
})

export const natsSource = declareSource({
  role: 'source',
  type: 'nats',
  summary: 'Reads a JetStream stream by its sequence; each message becomes a record exactly once.',
  delivery: 'exactly-once',
  fields: natsSourceFields,
  check: (settings) => checkConnection(settings),
  effects: (previous, next) =>
    (['stream', 'filter'] as const)
      .filter((setting) => previous[setting] !== next[setting])
      .map((setting) => ({
        setting,
        effect:
          setting === 'stream'
            ? 'the position belongs to the old stream: the source stops until it has another name'
            : 'messages before the position that only the new filter matches are not read',
        dangerous: true,
      })),
  load: () => import('./nats-source.js'),
  examine: async (settings, context) => (await import('./examine.js')).examineNats(settings, context),
})
