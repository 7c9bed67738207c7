// The settings of the BullMQ source and sink.

import type { SettingProblem } from '../../core/connector/declaration.js'
import { choice, duration, flag, integer, list, optional, section, text } from '../../core/connector/fields.js'
import type { SettingsOf } from '../../core/connector/fields.js'
import { checkQueuePlace, queueFields } from '../clients/bullmq/queue-fields.js'

const backoffFields = {
  type: choice(['fixed', 'exponential'], { summary: 'Whether pauses double.', default: 'exponential' }),
  delay: duration({ summary: 'The first pause.', default: 1_000 }),
}

export const bullmqSinkFields = {
  ...queueFields,
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

/** Events of a job that say what became of it. */
const takenEvents = ['added', 'completed', 'failed'] as const

export const bullmqSourceFields = {
  ...queueFields,
  take: list(choice(takenEvents, { summary: 'What has to happen to a job.' }), {
    summary: 'What becomes a record: jobs that were added, completed, or failed for the last time.',
    default: ['completed'],
    example: ['completed', 'failed'],
    minItems: 1,
  }),
  start: choice(['earliest', 'latest'], {
    summary: 'Where the first run begins: with the oldest event that the queue has kept, or with the next one.',
    default: 'earliest',
  }),
}

export type BullmqSinkSettings = SettingsOf<typeof bullmqSinkFields>
export type BullmqSourceSettings = SettingsOf<typeof bullmqSourceFields>

export function checkSink(settings: BullmqSinkSettings): readonly SettingProblem[] {
  const problems = [...checkQueuePlace(settings)]
  if (settings.priority !== undefined && settings.value === 'text') {
    problems.push({ path: ['priority'], message: 'is taken from JSON, and `value` is text' })
  }
  return problems
}

export function checkSource(settings: BullmqSourceSettings): readonly SettingProblem[] {
  const problems = [...checkQueuePlace(settings)]
  if (new Set(settings.take).size < settings.take.length) {
    problems.push({ path: ['take'], message: 'names something twice' })
  }
  return problems
}
