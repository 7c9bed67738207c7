// The publication: which tables, columns and rows the server sends. One that this source made carries a comment that
// says so, with a fingerprint of what it was made for; only such a one is ever altered.

import { createHash } from 'node:crypto'
import { postgresErrors } from '../errors.js'
import type { Session } from '../wire/connect.js'
import { qualifiedName, quoteIdentifier, quoteLiteral } from '../wire/identifiers.js'
import type { CapturedTable } from './database.js'
import type { TableOptions } from './settings.js'
import { matches, parseTablePattern, tableText, type TableName } from './table-names.js'

/** Row filters and column lists exist since PostgreSQL 15. */
const filtersSince = 150000
const generatedColumnsSince = 180000

export interface PublicationRequest {
  readonly publication: string
  /** `HUB PIPELINE.SOURCE`: who may alter it. */
  readonly owner: string
  /** All that the settings may mean. */
  readonly tables: readonly CapturedTable[]
  /** Is the table named itself, and not only its schema? Then it has to be published. */
  readonly isNamed: (table: TableName) => boolean
  readonly options: readonly TableOptions[]
  readonly isCreationWanted: boolean
  readonly serverVersion: number
}

interface PublishedTable extends TableName {
  readonly columns: readonly string[] | undefined
  readonly where: string | undefined
}

export interface Publication {
  readonly comment: string | undefined
  /** Operations that it leaves out. */
  readonly leftOut: readonly string[]
  readonly tables: readonly PublishedTable[]
}

/** The publication as it is; undefined when there is none of the name. */
export async function findPublication(session: Session, publication: string): Promise<Publication | undefined> {
  const [row] = await session.query<PublicationRow>(publicationQuery, [publication])
  if (row === undefined) return undefined
  const hasFilters = session.serverVersion >= filtersSince
  const filters = hasFilters
    ? 'array_to_json(attnames)::text AS columns, rowfilter AS "where"'
    : 'NULL AS columns, NULL AS "where"'
  const tables = await session.query<PublishedRow>(
    `SELECT schemaname AS schema, tablename AS "table", ${filters}
       FROM pg_catalog.pg_publication_tables WHERE pubname = $1`,
    [publication],
  )
  const operations = { insert: row.insert, update: row.update, delete: row.delete, truncate: row.truncate }
  return {
    comment: row.comment ?? undefined,
    leftOut: Object.entries(operations).flatMap(([name, isPublished]) => (isPublished ? [] : [name])),
    tables: tables.map(({ schema, table, columns, where }) => {
      const names = columns === null ? undefined : (JSON.parse(columns) as string[])
      return { schema, table, columns: names, where: where ?? undefined }
    }),
  }
}

interface PublicationRow {
  readonly insert: boolean
  readonly update: boolean
  readonly delete: boolean
  readonly truncate: boolean
  readonly comment: string | null
}

interface PublishedRow extends TableName {
  /** A JSON list of names. */
  readonly columns: string | null
  readonly where: string | null
}

const publicationQuery = `
  SELECT pubinsert AS insert, pubupdate AS update, pubdelete AS delete,
         pubtruncate AS truncate, obj_description(oid, 'pg_publication') AS comment
    FROM pg_catalog.pg_publication WHERE pubname = $1`

/**
 * The SQL that makes the publication what the settings ask for; nothing when it is. Errors: postgres_publication_missing
 * and postgres_publication_lacks, when it is somebody else's to change; postgres_filter_unsupported;
 * postgres_identity_missing.
 */
export function publicationChanges(request: PublicationRequest, found: Publication | undefined): readonly string[] {
  const { publication, isCreationWanted } = request
  checkFilters(request)
  if (found === undefined) {
    if (isCreationWanted) {
      checkIdentities(request)
      return creation(request)
    }
    throw postgresErrors.make('postgres_publication_missing', `the publication ${publication} does not exist`, {
      details: { publication },
      hint: `Set "create": true, or run ${creation(request)[0]}`,
    })
  }
  if (isOurs(request, found)) {
    if (found.comment === comment(request)) return []
    checkIdentities(request)
    return [`ALTER PUBLICATION ${quoteIdentifier(publication)} SET TABLE ${tableList(request)}`, commentSql(request)]
  }
  checkForeign(request, found)
  return []
}

/**
 * Those that the publication sends, with what it sends of each: columns that it leaves out are not read by the snapshot
 * either.
 */
export function asPublished(tables: readonly CapturedTable[], publication: Publication): readonly CapturedTable[] {
  return tables.flatMap((table) => {
    const found = publishedAs(table, publication)
    if (found === undefined) return []
    const columns = table.columns.filter(({ name }) => found.columns?.includes(name) ?? true)
    return [{ ...table, columns, where: found.where }]
  })
}

/** Those that we publish: of a schema that is named as a whole only tables whose rows can be told apart. */
function publishable({ tables, isNamed }: PublicationRequest): readonly CapturedTable[] {
  return tables.filter((table) => isNamed(table) || table.columns.some(({ isKey }) => isKey))
}

function isOurs({ owner, isCreationWanted }: PublicationRequest, found: Publication): boolean {
  return isCreationWanted && found.comment?.startsWith(`${tag(owner)} `) === true
}

function checkFilters({ options, serverVersion }: PublicationRequest): void {
  if (serverVersion >= filtersSince) return
  const filtered = options.find(({ where }) => where !== undefined)
  if (filtered === undefined) return
  throw postgresErrors.make(
    'postgres_filter_unsupported',
    `rows of ${filtered.table} are to be filtered, which this server cannot do (PostgreSQL ${Math.floor(serverVersion / 10000)})`,
    { details: { table: filtered.table, serverVersion } },
  )
}

/**
 * A publication of updates makes the server refuse updates and deletes of a table whose rows it cannot name, or whose
 * key is not among the columns: an application would break because of us. Errors: postgres_identity_missing.
 */
function checkIdentities(request: PublicationRequest): void {
  const { options } = request
  for (const table of publishable(request)) {
    const { only, except } = optionsOf(options, table) ?? {}
    const keys = table.columns.filter(({ isKey }) => isKey)
    if (keys.length === 0) {
      throw postgresErrors.make(
        'postgres_identity_missing',
        `${tableText(table)} has no replica identity: once it is published, the server refuses to update or delete its rows`,
        { details: { table: tableText(table), identity: table.identity } },
      )
    }
    const lacking = keys.find(({ name }) => !(only?.includes(name) ?? true) || except?.includes(name))
    if (lacking === undefined) continue
    throw postgresErrors.make(
      'postgres_identity_missing',
      `${tableText(table)}: the options leave out ${lacking.name}, which the replica identity needs`,
      { details: { table: tableText(table), column: lacking.name }, hint: `Keep ${lacking.name} among the columns.` },
    )
  }
}

/** Rows and columns that must not leave the database are not left to hope. */
function checkForeign(request: PublicationRequest, found: Publication): void {
  const { publication, tables, options, isNamed } = request
  const missing = tables.filter((table) => isNamed(table) && publishedAs(table, found) === undefined)
  if (missing.length > 0) {
    const names = missing.map(tableText).join(', ')
    throw postgresErrors.make('postgres_publication_lacks', `the publication ${publication} does not hold ${names}`, {
      details: { publication, tables: missing.map(tableText) },
      hint: `Run ALTER PUBLICATION ${quoteIdentifier(publication)} ADD TABLE ${missing.map(qualified).join(', ')}`,
    })
  }
  const unfiltered = tables.find((table) => {
    return optionsOf(options, table)?.where !== undefined && publishedAs(table, found)?.where === undefined
  })
  if (unfiltered === undefined) return
  throw postgresErrors.make(
    'postgres_publication_lacks',
    `the publication ${publication} sends all rows of ${tableText(unfiltered)}, but its options say where`,
    {
      details: { publication, table: tableText(unfiltered) },
      hint: `Give the publication the row filter, or let this source make one of its own with "create": true.`,
    },
  )
}

function publishedAs(table: TableName, { tables }: Publication): PublishedTable | undefined {
  return tables.find((one) => one.schema === table.schema && one.table === table.table)
}

function creation(request: PublicationRequest): readonly string[] {
  const generated = request.serverVersion >= generatedColumnsSince ? ', publish_generated_columns = stored' : ''
  return [
    `CREATE PUBLICATION ${quoteIdentifier(request.publication)} FOR TABLE ${tableList(request)} ` +
      `WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root = true${generated})`,
    commentSql(request),
  ]
}

function commentSql(request: PublicationRequest): string {
  return `COMMENT ON PUBLICATION ${quoteIdentifier(request.publication)} IS ${quoteLiteral(comment(request))}`
}

function comment(request: PublicationRequest): string {
  const fingerprint = createHash('sha256').update(tableList(request)).digest('hex').slice(0, 16)
  return `${tag(request.owner)} ${fingerprint}`
}

function tag(owner: string): string {
  return `made by tailrace for ${owner}:`
}

function tableList(request: PublicationRequest): string {
  const { options, serverVersion } = request
  return publishable(request)
    .map((table) => {
      const { where, only, except } = optionsOf(options, table) ?? {}
      const isListed = (only !== undefined || except !== undefined) && serverVersion >= filtersSince
      const kept = table.columns.filter(({ name }) => (only?.includes(name) ?? true) && !except?.includes(name))
      const columns = isListed ? ` (${kept.map(({ name }) => quoteIdentifier(name)).join(', ')})` : ''
      return `${qualified(table)}${columns}${where === undefined ? '' : ` WHERE (${where})`}`
    })
    .join(', ')
}

export function optionsOf(options: readonly TableOptions[], table: TableName): TableOptions | undefined {
  return options.find((one) => matches([parseTablePattern(one.table)], table))
}

function qualified({ schema, table }: TableName): string {
  return qualifiedName(schema, table)
}
