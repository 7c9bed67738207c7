// Which topic the changes of a table go to: `to`, with the names of schema and table in it.

import { postgresErrors } from '../errors.js'
import { tableText, type TableName } from './table-names.js'

/** What may stand in braces in `to`. */
export const topicPlaceholders: readonly string[] = ['schema', 'table']

/** What a topic may be called; the engine refuses the same names. */
const fitting = /^[a-zA-Z0-9._-]{1,249}$/

/** Errors: postgres_topic_unfit, when the names of the table cannot be part of a topic's name. */
export function checkedTopic(template: string, table: TableName): string {
  const topic = topicOf(template, table)
  if (fitting.test(topic)) return topic
  throw postgresErrors.make('postgres_topic_unfit', `${tableText(table)} would go to the topic "${topic}"`, {
    details: { table: tableText(table), topic },
  })
}

export function topicOf(template: string, { schema, table }: TableName): string {
  return template.replaceAll('{schema}', schema).replaceAll('{table}', table)
}
