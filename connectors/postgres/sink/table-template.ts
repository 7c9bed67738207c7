// The setting `table`: `schema.table` in which names of the changed table and of the topic may stand in braces.
//
// The dot between the two parts is looked for in the template, so that one inside of a name stays in that name.

import { parseTableName } from '../wire/identifiers.js'
import { postgresErrors } from '../errors.js'

const placeholder = /\{([^{}]*)\}/g
const known = ['schema', 'table', 'topic'] as const

type Placeholder = (typeof known)[number]

/** What stands for the placeholders; undefined when the record does not say. */
export type TableNames = Readonly<Record<Placeholder, string | undefined>>

export interface TableName {
  readonly schema: string
  readonly table: string
}

export interface TableTemplate {
  readonly uses: ReadonlySet<Placeholder>
  /** Errors: postgres_record_unfit when a placeholder has no value, postgres_name_invalid. */
  resolve(names: TableNames): TableName
}

/** Errors: postgres_name_invalid. */
export function readTableTemplate(template: string): TableTemplate {
  const { schema = 'public', table } = parseTableName(template)
  const uses = new Set<Placeholder>()
  for (const [, name] of template.matchAll(placeholder)) {
    const found = known.find((one) => one === name)
    if (found === undefined) {
      throw postgresErrors.make('postgres_name_invalid', `{${name}} is none of {schema}, {table}, {topic}`)
    }
    uses.add(found)
  }
  return {
    uses,
    resolve: (names) => ({ schema: fill(schema, names), table: fill(table, names) }),
  }
}

function fill(part: string, names: TableNames): string {
  return part.replaceAll(placeholder, (_, name: Placeholder) => {
    const value = names[name]
    if (value !== undefined) return value
    throw postgresErrors.make(
      'postgres_record_unfit',
      `the record does not say its ${name}, which the setting table needs`,
    )
  })
}
