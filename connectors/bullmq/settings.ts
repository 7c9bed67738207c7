// The settings of the BullMQ sink.

import type { SettingProblem } from '../../core/connector/declaration.js'
import { choice, duration, flag, integer, optional, secret, section, text } from '../../core/connector/fields.js'
import type { SettingsOf } from '../../core/connector/fields.js'

const backoffFields = {
  type: choice(['fixed', 'exponential'], { summary: 'Whether pauses double.', default: 'exponential' }),
  delay: duration({ summary: 'The first pause.', default: 1_000 }),
}

export const bullmqSinkFields = {
  redis: optional(secret({ summary: 'URL of the Redis (redis:// or rediss://).', example: { $env: 'REDIS_URL' } })),
  postgres: optional(secret({ summary: 'URL of the Postgres, in place of `redis`.', example: { $env: 'QUEUE_URL' } })),
  queue: text({ summary: 'The queue.', example: 'orders', pattern: '^[^:]+$' }),
  prefix: text({ summary: 'What keys in Redis begin with: that of the workers.', default: 'bull' }),
  name: text({ summary: 'The name of each job.', default: 'record' }),
  value: choice(['json', 'text'], { summary: 'How the value of a record stands in the job.', default: 'json' }),
  whole: flag({
    summary:
      'The data of a job is {key, value, headers, topic, partition, offset, timestamp} in place of the value alone.',
    default: false,
  }),
  attempts: integer({ summary: 'How often workers try a job.', default: 1, min: 1, max: 1_000_000 }),
  backoff: optional(section(backoffFields, { summary: 'The pause before another attempt; none when left out.' })),
  priority: optional(
    text({ summary: 'The field of the value (JSON) that holds the priority, with dots.', example: 'order.priority' }),
  ),
  keepCompleted: optional(
    integer({ summary: 'How many completed jobs stay; all when left out.', min: 0, max: 1_000_000_000 }),
  ),
  keepFailed: optional(
    integer({ summary: 'How many failed jobs stay; all when left out.', min: 0, max: 1_000_000_000 }),
  ),
}

export type BullmqSinkSettings = SettingsOf<typeof bullmqSinkFields>

export function checkBullmq(settings: BullmqSinkSettings): readonly SettingProblem[] {
  const problems: SettingProblem[] = []
  if ((settings.redis === undefined) === (settings.postgres === undefined)) {
    problems.push({ path: ['redis'], message: 'one of `redis` and `postgres` is needed, and one only' })
  }
  if (settings.priority !== undefined && settings.value === 'text') {
    problems.push({ path: ['priority'], message: 'is taken from JSON, and `value` is text' })
  }
  return problems
}
