// Where a queue lies: the settings that whoever uses one shares. Light: no client library.

import type { SettingProblem } from '../../../core/connector/declaration.js'
import { optional, secret, type SettingsOf, text } from '../../../core/connector/fields.js'

export const queueFields = {
  redis: optional(secret({ summary: 'URL of the Redis (redis:// or rediss://).', example: { $env: 'REDIS_URL' } })),
  postgres: optional(secret({ summary: 'URL of the Postgres, in place of `redis`.', example: { $env: 'QUEUE_URL' } })),
  queue: text({ summary: 'The queue.', example: 'orders', pattern: '^[^:]+$' }),
  prefix: text({ summary: 'What keys in Redis begin with: that of the workers.', default: 'bull' }),
}

export type QueuePlace = SettingsOf<typeof queueFields>

/** `path` is that of the section that holds the settings. */
export function checkQueuePlace(place: QueuePlace, path: readonly string[] = []): readonly SettingProblem[] {
  if ((place.redis === undefined) !== (place.postgres === undefined)) return []
  return [{ path: [...path, 'redis'], message: 'one of `redis` and `postgres` is needed, and one only' }]
}
