// What a sink of type `webhook` says of itself. Light: its client is loaded when it is run.

import { declareSink } from '../../core/connector/declaration.js'
import { checkWebhookSettings, webhookFields } from './settings.js'

export const webhookSink = declareSink({
  role: 'sink',
  type: 'webhook',
  summary:
    'Sends each record to an HTTP endpoint, signed if wanted: at least once under a stable id, in order per key, for as long as the schedule says.',
  delivery: 'at-least-once',
  fields: webhookFields,
  check: (settings) => checkWebhookSettings(settings),
  effects: ({ retryIn, retryQueue }, next) => {
    const isLeft = next.retryIn === 'log' || next.retryQueue?.queue !== retryQueue?.queue
    if (retryIn === 'log' || !isLeft) return []
    const effect = 'records that wait in the old queue stay there, and nobody sends them'
    return [{ setting: 'retryQueue', effect, dangerous: true }]
  },
  examine: async (settings, context) => (await import('./examine.js')).examineWebhook(settings, context),
  load: () => import('./webhook-sink.js'),
})
