// Makes rows of the records of one partition: from bytes where a record is what its table expects, else from the parsed
// record, which may let the table grow.

import type { TailraceError } from '../../../core/errors/tailrace-error.js'
import type { JsonObject } from '../../../core/format/parsed.js'
import type { RecordCursor } from '../../../core/record/record-cursor.js'
import { lakeErrors } from '../errors.js'
import type { Column as OwnColumn } from '../formats/columns.js'
import type { ChangeForm } from '../formats/file-format.js'
import type { RecordOrigin } from '../formats/record-format.js'
import type { RowMaker } from '../table-file.js'
import type { Column, TableSchema } from '../table/column-type.js'
import type { RowBatch } from '../table/row-batch.js'
import { ByteShredder } from './byte-shredder.js'
import { type ColumnNode, columnTree } from './column-node.js'
import { readPostgresColumns } from './postgres-columns.js'
import { isEvent, postgresColumnsText, recordObject } from './record-object.js'
import type { SchemaBook } from './schema-book.js'
import { learnSchema, Unfit, widenSchema } from './type-widening.js'
import { shredRecord } from './value-shredder.js'

export interface RowMaking {
  readonly columns: readonly OwnColumn[]
  readonly changes: ChangeForm
}

const postgresHeader = Buffer.from('pg.columns')
/** A table needs one; a record that has nothing is a row of it. */
const onlyColumn: Column = { name: 'message', type: { kind: 'string' } }

interface Tree {
  readonly schema: TableSchema
  readonly root: ColumnNode
}

export class RecordRows implements RowMaker {
  unfit: TailraceError | undefined
  readonly #book: SchemaBook
  readonly #making: RowMaking
  readonly #origin: RecordOrigin
  readonly #shredder = new ByteShredder()
  readonly #trees = new WeakMap<RowBatch, Tree>()
  #batch: RowBatch | undefined
  #tree: Tree | undefined
  /** The last header `pg.columns`: what it says is in the book. */
  #told: string | undefined

  constructor(book: SchemaBook, making: RowMaking, origin: RecordOrigin) {
    this.#book = book
    this.#making = making
    this.#origin = origin
  }

  get schema(): TableSchema {
    return this.#book.schema
  }

  take(cursor: RecordCursor, batch: RowBatch): 'taken' | 'grown' | 'unfit' {
    const { root } = this.#treeOf(batch)
    if (this.#isUsual(cursor) && root.children.length > 0) {
      const { bytes, valueStart, valueEnd } = cursor
      if (this.#shredder.shred(root, bytes, valueStart, valueEnd) && this.#putOwn(cursor, root)) {
        batch.endRow()
        return 'taken'
      }
      batch.rollback()
    }
    return this.#takeParsed(cursor, batch, root)
  }

  /** May the bytes alone decide? */
  #isUsual(cursor: RecordCursor): boolean {
    if (cursor.valueStart < 0 || this.#making.changes === 'flatten') return false
    return (
      cursor.headerCount === 0 ||
      !cursor.bytes.subarray(cursor.headersStart, cursor.headersEnd).includes(postgresHeader)
    )
  }

  /** What the record has besides its value; false when the parsed record has to decide. */
  #putOwn(cursor: RecordCursor, root: ColumnNode): boolean {
    for (const column of this.#making.columns) {
      const node = root.byName.get(`_${column}`)
      // A member of the same name gives way, which it has not done here.
      if (node === undefined || this.#shredder.metInRecord(node, root)) return false
      const { timestampMs } = cursor
      if (column === 'offset') node.leaf.putInteger(cursor.offset, 0)
      else if (column === 'partition') node.leaf.putInt32(this.#origin.partition, 0)
      else if (column === 'time' && timestampMs >= 0 && timestampMs <= lastTimeMs) {
        node.leaf.putInteger(timestampMs * 1000, 0)
      } else return false
    }
    return true
  }

  #takeParsed(cursor: RecordCursor, batch: RowBatch, root: ColumnNode): 'taken' | 'grown' | 'unfit' {
    const record = recordObject(cursor, this.#making.columns, { changes: this.#making.changes, origin: this.#origin })
    this.#learn(cursor, record)
    if (holds(batch.schema, record)) {
      shredRecord(root, record)
      batch.endRow()
      return 'taken'
    }
    try {
      this.#grow(record)
      return 'grown'
    } catch (unfit) {
      if (!(unfit instanceof Unfit)) throw unfit
      this.unfit = this.#unfitError(cursor, unfit)
      return 'unfit'
    }
  }

  /** Lets the table grow to what the record needs. Throws Unfit when it cannot. */
  #grow(record: JsonObject): void {
    const book = this.#book
    let grown = widenSchema(book.schema, record)
    if (grown.columns.length === 0) grown = { columns: [onlyColumn] }
    if (book.isFixed && grown !== book.schema) throw newColumn(book.schema, grown)
    book.grow(grown)
  }

  /**
   * Takes in the columns that the source's database has, whether the record has values for them or not: those behind it
   * come without the header.
   */
  #learn(cursor: RecordCursor, record: JsonObject): void {
    const book = this.#book
    const isKept = this.#making.changes === 'keep'
    if (book.isFixed || (isKept && cursor.valueStart < 0)) return
    const text = postgresColumnsText(cursor)
    if (text === undefined || text === this.#told) return
    this.#told = text
    const columns = readPostgresColumns(text)
    if (columns === undefined) return
    const row = { kind: 'struct', fields: columns } as const
    const isNested = isKept && columns.length > 0 && isEvent(record)
    const told = isNested ? ['before', 'after'].map((name) => ({ name, type: row })) : columns
    book.grow(learnSchema(book.schema, told))
  }

  #treeOf(batch: RowBatch): Tree {
    if (this.#batch === batch && this.#tree?.schema === batch.schema) return this.#tree
    let tree = this.#trees.get(batch)
    if (tree?.schema !== batch.schema) {
      tree = { schema: batch.schema, root: columnTree(batch) }
      this.#trees.set(batch, tree)
    }
    this.#batch = batch
    this.#tree = tree
    return tree
  }

  #unfitError(cursor: RecordCursor, { path, why }: Unfit): TailraceError {
    const { topic, partition } = this.#origin
    const column = path.join('.')
    const place = column === '' ? '' : `column ${column}: `
    return lakeErrors.make('lake_value_unfit', `${topic}-${partition} at offset ${cursor.offset}: ${place}${why}`, {
      details: { topic, partition, offset: cursor.offset, column },
    })
  }
}

/** In the year 2255; beyond it microseconds are no exact numbers. */
const lastTimeMs = Math.floor(Number.MAX_SAFE_INTEGER / 1000)

function holds(schema: TableSchema, record: JsonObject): boolean {
  try {
    return schema.columns.length > 0 && widenSchema(schema, record) === schema
  } catch (unfit) {
    if (unfit instanceof Unfit) return false
    throw unfit
  }
}

function newColumn(schema: TableSchema, grown: TableSchema): Unfit {
  const known = new Map(schema.columns.map(({ name, type }) => [name, type]))
  const [first] = grown.columns.filter(({ name, type }) => known.get(name) !== type)
  const what =
    first !== undefined && known.has(first.name) ? 'has a part that the schema does not have' : 'is not in the schema'
  return new Unfit(first === undefined ? [] : [first.name], `it ${what}`)
}
