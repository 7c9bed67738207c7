// The table that a pipeline file describes: by a JSON Schema in it, or in a file beside it.

import { resolve } from 'node:path'
import { messageOf } from '../../core/errors/tailrace-error.js'
import type { Files } from '../../core/runtime/files.js'
import { lakeErrors } from './errors.js'
import type { FormatSettings } from './format-settings.js'
import { readGivenSchema, SchemaMistake } from './rows/given-schema.js'
import type { TableSchema } from './table/column-type.js'

/** Undefined when nothing is given. Errors: lake_schema_unusable. */
export async function givenTable(
  { schema, schemaFile }: Pick<FormatSettings, 'schema' | 'schemaFile'>,
  from: { readonly files: Files; readonly baseDirectory: string },
): Promise<TableSchema | undefined> {
  if (schemaFile === undefined) return schema === undefined ? undefined : tableOf(schema, 'format.schema')
  const path = resolve(from.baseDirectory, schemaFile)
  return tableOf(await readJson(from.files, path), path)
}

async function readJson(files: Files, path: string): Promise<unknown> {
  try {
    return JSON.parse((await files.readAll(path)).toString('utf8')) as unknown
  } catch (cause) {
    throw lakeErrors.make('lake_schema_unusable', `${path} cannot be read as JSON: ${messageOf(cause)}`, { cause })
  }
}

function tableOf(schema: unknown, where: string): TableSchema {
  const table = readGivenSchema(schema)
  if (!(table instanceof SchemaMistake)) return table
  const place = table.path.length === 0 ? '' : ` at ${table.path.join('.')}`
  throw lakeErrors.make('lake_schema_unusable', `${where}${place} ${table.message}`)
}
