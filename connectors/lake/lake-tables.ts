// The tables of a sink: a schema for each of its topics, and the makers of rows that share it.

import type { ConnectorState } from '../../core/connector/context.js'
import type { SinkPartition } from '../../core/connector/sink.js'
import { lakeErrors } from './errors.js'
import type { FileFormat } from './formats/file-format.js'
import { columnsBesides } from './rows/record-object.js'
import { RecordRows, type RowMaking } from './rows/record-rows.js'
import { SchemaBook } from './rows/schema-book.js'
import { joinSchemas } from './rows/type-widening.js'
import type { RowMaker } from './table-file.js'
import type { TableSchema } from './table/column-type.js'

export class LakeTables {
  readonly #state: ConnectorState
  readonly #making: RowMaking
  readonly #given: TableSchema | undefined
  readonly #books = new Map<string, SchemaBook>()

  /** `given`: what the pipeline file says that values have; without it the records say it. */
  constructor(state: ConnectorState, making: RowMaking, given: TableSchema | undefined) {
    this.#state = state
    this.#making = making
    this.#given = given
  }

  /** For the records of a partition, whose topic's table grows with them. Errors: lake_schema_changed. */
  rowsOf(of: SinkPartition): RowMaker {
    return new RecordRows(this.#bookOf(of.topic), this.#making, of)
  }

  /** What was learned is durable afterwards: before dead letters that follow from it, and before a plan is sealed. */
  async save(): Promise<void> {
    for (const book of this.#books.values()) {
      const { schema } = book
      const change = book.unsaved()
      if (change === undefined) continue
      // One by one: together they may be more than one append takes.
      await this.#state.put(new Map([change]))
      book.saved(schema)
    }
  }

  #bookOf(topic: string): SchemaBook {
    const known = this.#books.get(topic)
    if (known !== undefined) return known
    const book = this.#openBook(topic)
    this.#books.set(topic, book)
    return book
  }

  #openBook(topic: string): SchemaBook {
    const { columns, changes } = this.#making
    const besides = { columns: columnsBesides(columns, changes) }
    const base = this.#given ?? SchemaBook.remembered(this.#state, topic)
    const schema = base === undefined ? besides : joinSchemas(base, besides)
    if (schema !== undefined) return new SchemaBook(topic, schema, { isFixed: this.#given !== undefined })
    const names = besides.columns.map(({ name }) => name).join(', ')
    throw lakeErrors.make(
      'lake_schema_changed',
      `the table of ${topic} has a column of another type under one of these names: ${names}`,
      { details: { topic, columns: names } },
    )
  }
}

/** For files that are made again: what does not fit their schema did not fit it then. */
export function rowsAsThen(of: SinkPartition, { columns, changes }: FileFormat, schema: TableSchema): RowMaker {
  return new RecordRows(new SchemaBook(of.topic, schema, { isFixed: true }), { columns, changes }, of)
}
