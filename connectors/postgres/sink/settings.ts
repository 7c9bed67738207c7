// The settings of the Postgres sink, and what a schema cannot say about them.

import type { EdgeTopic, SettingProblem } from '../../../core/connector/declaration.js'
import { choice, list, secret, text, type SettingsOf } from '../../../core/connector/fields.js'
import { messageOf } from '../../../core/errors/tailrace-error.js'
import { readTableTemplate } from './table-template.js'

export const sinkFields = {
  url: secret({
    summary: 'The connection URL of the target database: postgres://USER:PASSWORD@HOST:5432/DATABASE.',
    example: { $env: 'DW_PG' },
  }),
  table: text({
    summary:
      'The target table. Placeholders: {schema} and {table} of the changed table, {topic}. Without a schema it is in public; names that need it are quoted.',
    example: 'dw.{table}',
  }),
  mode: choice(['append', 'upsert', 'merge'], {
    summary:
      'append: each JSON object is a new row. upsert: it replaces the row of its key, and a record without a value deletes it. merge: change events of postgres-cdc (native, flat or debezium) are applied.',
    default: 'append',
  }),
  key: list(text({ summary: 'A column of the key.' }), {
    summary: 'The columns that tell rows apart, for upsert and merge; the primary key of the target when left out.',
    default: [],
    example: ['id'],
  }),
  deletes: choice(['apply', 'ignore'], { summary: 'What a deletion does in the target.', default: 'apply' }),
  truncates: choice(['apply', 'ignore', 'fail'], {
    summary: 'What a truncate does in the target; with fail it is a record that cannot be delivered.',
    default: 'apply',
  }),
  evolve: choice(['none', 'add', 'widen'], {
    summary:
      'add: missing tables and columns are created. widen: the types of columns are widened too. Nothing is ever dropped or narrowed.',
    default: 'none',
  }),
  apply: choice(['records', 'transactions'], {
    summary:
      'transactions: every commit of the target holds whole transactions of the source, across tables. It reads one topic with one partition, in mode merge.',
    default: 'records',
  }),
  bookkeeping: text({
    summary: 'The schema in the target whose table `offsets` holds how far the sink is; made when it is missing.',
    default: 'tailrace',
  }),
}

export type SinkSettings = SettingsOf<typeof sinkFields>

/** The rules that a schema cannot say. */
export function checkSinkSettings(settings: SinkSettings): readonly SettingProblem[] {
  const { mode, key, apply, table } = settings
  const problems: SettingProblem[] = []
  try {
    readTableTemplate(table)
  } catch (error) {
    problems.push({ path: ['table'], message: messageOf(error) })
  }
  if (mode === 'append' && key.length > 0) {
    problems.push({ path: ['key'], message: 'is for mode "upsert" or "merge"; mode "append" looks at no key' })
  }
  if (new Set(key).size < key.length) problems.push({ path: ['key'], message: 'names a column twice' })
  if (apply === 'transactions' && mode !== 'merge') {
    problems.push({ path: ['apply'], message: 'can be "transactions" in mode "merge" only' })
  }
  return problems
}

/** Whole transactions have an order only within one partition. */
export function checkSinkTopics({ apply }: SinkSettings, topics: readonly EdgeTopic[]): readonly SettingProblem[] {
  if (apply !== 'transactions') return []
  const [topic, ...others] = topics
  if (others.length > 0) {
    const names = topics.map(({ name }) => name).join(', ')
    return [{ path: ['apply'], message: `"transactions" reads exactly one topic, not ${topics.length}: ${names}` }]
  }
  if (topic === undefined || topic.partitions === 1) return []
  const { name, partitions } = topic
  return [{ path: ['apply'], message: `"transactions" reads a topic with one partition; ${name} has ${partitions}` }]
}
