// The tables that the sink writes, each described once per session, and brought into the shape that records need.

import { present } from '../../../core/errors/invariant.js'
import { TargetKinds } from '../values/copy-field.js'
import { postgresErrors } from '../errors.js'
import type { Session } from '../wire/connect.js'
import { qualifiedName, quoteIdentifier } from '../wire/identifiers.js'
import {
  additions,
  creation,
  knownTypes,
  readSourceRelation,
  type SourceRelation,
  type WantedColumn,
  widenings,
} from './evolution.js'
import { RowEncoder } from './row-encoder.js'
import type { SinkSettings } from './settings.js'
import { readTableTemplate, type TableName, type TableNames, type TableTemplate } from './table-template.js'
import { describeTable, type TargetTable } from './target-table.js'

/** A table ready to take rows; made anew when the table changes. */
export interface OpenTable {
  readonly table: TargetTable
  readonly encoder: RowEncoder
  /** Rows are added and nothing else. */
  readonly isAppended: boolean
}

/** What a record says of its table; kept as long as the book. */
export interface TableEntry {
  readonly name: TableName
  /** The header pg.columns as it was last seen. */
  columnsText: string
  relation: SourceRelation | undefined
  open: OpenTable | undefined
}

export class TableBook {
  private readonly settings: SinkSettings
  private readonly template: TableTemplate
  private readonly entries = new Map<string, TableEntry>()
  private readonly byTarget = new Map<string, TableEntry>()
  private lastNames: TableNames = { schema: undefined, table: undefined, topic: undefined }
  private lastEntry: TableEntry | undefined

  constructor(settings: SinkSettings) {
    this.settings = settings
    this.template = readTableTemplate(settings.table)
  }

  /** Errors: postgres_record_unfit and postgres_name_invalid when the names give no table. */
  entryOf(schema: string | undefined, table: string | undefined, topic: string): TableEntry {
    const { lastNames } = this
    if (
      this.lastEntry !== undefined &&
      lastNames.table === table &&
      lastNames.schema === schema &&
      lastNames.topic === topic
    ) {
      return this.lastEntry
    }
    const names = { schema, table, topic }
    const key = JSON.stringify([schema, table, topic])
    let entry = this.entries.get(key)
    if (entry === undefined) {
      const name = this.template.resolve(names)
      const target = qualifiedName(name.schema, name.table)
      entry = this.byTarget.get(target) ?? { name, columnsText: '', relation: undefined, open: undefined }
      this.byTarget.set(target, entry)
      this.entries.set(key, entry)
    }
    this.lastNames = names
    this.lastEntry = entry
    return entry
  }

  /** The source describes the relation; one that is new or has changed is looked at before its next row. */
  describe(entry: TableEntry, columnsText: string): void {
    if (entry.columnsText === columnsText) return
    entry.relation = readSourceRelation(columnsText)
    entry.columnsText = columnsText
    entry.open = undefined
  }

  /**
   * Makes the table ready for rows with these columns. Errors: postgres_table_missing and postgres_column_missing where
   * `evolve` does not allow to make them, postgres_target_unfit.
   */
  async open(session: Session, entry: TableEntry, wanted: readonly WantedColumn[]): Promise<OpenTable> {
    const columns = await this.wantedColumns(session, entry, wanted)
    let table = await this.describeTarget(session, entry)
    if (table === undefined) {
      await this.create(session, entry, columns)
      table = present(await this.describeTarget(session, entry), `the table ${entry.name.table} that was made`)
    }
    const changes = this.changesOf(table, columns)
    if (changes.length > 0) {
      for (const statement of changes) await session.run(statement)
      table = present(await this.describeTarget(session, entry), `the table ${table.qualified} that was altered`)
    }
    this.checkKey(table)
    const writers = await new TargetKinds(session).resolve(table.columns)
    entry.open = { table, encoder: new RowEncoder(table, writers), isAppended: this.settings.mode === 'append' }
    return entry.open
  }

  /** What is known of the target may be wrong now. What sources said stays. */
  forgetTargets(): void {
    for (const entry of this.entries.values()) entry.open = undefined
  }

  private async wantedColumns(session: Session, { relation }: TableEntry, wanted: readonly WantedColumn[]) {
    if (relation === undefined) return wanted
    const described = await knownTypes(session, relation.columns)
    return [...described, ...wanted.filter(({ name }) => !described.some((column) => column.name === name))]
  }

  private describeTarget(session: Session, { name }: TableEntry): Promise<TargetTable | undefined> {
    return describeTable(session, name, this.settings.mode === 'append' ? undefined : this.settings.key)
  }

  private changesOf(table: TargetTable, columns: readonly WantedColumn[]): readonly string[] {
    const { evolve } = this.settings
    const added = additions(table, columns)
    const widened = widenings(table, columns)
    if (evolve === 'none') {
      const lacking = columns.filter(({ name }) => !table.byName.has(name))
      if (lacking.length > 0) throw columnsMissing(table, lacking)
      return []
    }
    return evolve === 'add' ? added : [...added, ...widened]
  }

  private async create(session: Session, entry: TableEntry, columns: readonly WantedColumn[]): Promise<void> {
    const { settings } = this
    const { name, relation } = entry
    const key = settings.key.length > 0 ? settings.key : (relation?.key ?? [])
    const statements = creation(name, columns, settings.mode === 'append' ? [] : key)
    if (settings.evolve === 'none') {
      const target = qualifiedName(name.schema, name.table)
      throw postgresErrors.make('postgres_table_missing', `the target has no table ${target}`, {
        details: { table: target },
        hint: `Create it, or set "evolve": "add", which would run: ${statements.join('; ')}`,
      })
    }
    const [found] = await session.query<{ readonly found: boolean }>(
      'SELECT to_regnamespace($1) IS NOT NULL AS found',
      [quoteIdentifier(name.schema)],
    )
    if (found?.found !== true) await session.run(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(name.schema)}`)
    for (const statement of statements) await session.run(statement)
  }

  private checkKey(table: TargetTable): void {
    if (this.settings.mode !== 'upsert' || table.key !== undefined) return
    throw postgresErrors.make(
      'postgres_target_unfit',
      `${table.qualified} has no primary key, which mode "upsert" needs`,
      {
        details: { table: table.qualified },
        hint: 'Add a primary key, or name the columns of a unique index in `key`.',
      },
    )
  }
}

function columnsMissing(table: TargetTable, columns: readonly WantedColumn[]): Error {
  const names = columns.map(({ name }) => name).join(', ')
  return postgresErrors.make('postgres_column_missing', `${table.qualified} has no column ${names}`, {
    details: { table: table.qualified, columns: columns.map(({ name }) => name) },
    hint: `Set "evolve": "add", or run: ${additions(table, columns).join('; ')}`,
  })
}
