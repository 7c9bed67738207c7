// What a sink of type `postgres` says of itself. Light: the sink itself is loaded when it is run.

import { declareSink } from '../../core/connector/declaration.js'
import type { ChangeEffect } from '../../core/connector/declaration.js'
import { checkSinkSettings, checkSinkTopics, sinkFields, type SinkSettings } from './sink/settings.js'

export const postgresSink = declareSink({
  role: 'sink',
  type: 'postgres',
  summary:
    'Writes records into tables of a Postgres database, as new rows, by key, or as the changes of another database; each exactly once.',
  delivery: 'exactly-once',
  fields: sinkFields,
  check: (settings) => checkSinkSettings(settings),
  checkTopics: (settings, topics) => checkSinkTopics(settings, topics),
  effects,
  refusesReplay({ apply, table }) {
    if (apply === 'transactions') return 'with apply "transactions" it reads one topic only'
    return table.includes('{topic}') ? 'its table is named after the topic' : undefined
  },
  examine: async (settings, context) => (await import('./sink/check.js')).examineTarget(settings, context),
  preview: async (settings, context) => (await import('./sink/check.js')).previewTarget(settings, context),
  load: () => import('./sink/postgres-sink.js'),
})

function effects(previous: SinkSettings, next: SinkSettings): readonly ChangeEffect[] {
  const found: ChangeEffect[] = []
  if (previous.bookkeeping !== next.bookkeeping) {
    found.push({
      setting: 'bookkeeping',
      effect:
        'the new schema knows no offsets: the sink goes on at the offsets of its group, and records that were written before may be written again',
      dangerous: true,
    })
  }
  if (previous.table !== next.table) {
    found.push({
      setting: 'table',
      effect: 'holds from the next record on; rows that were written stay where they are',
      dangerous: false,
    })
  }
  return found
}
