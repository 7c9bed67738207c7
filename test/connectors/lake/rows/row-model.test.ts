// Whatever records come, in whatever order, wherever row groups and files are cut: what hyparquet reads are the rows of
// row-model.ts, and refused is what the model refuses. LAKE_ROW_RUNS is how many times; by hand, thousands.

import fc from 'fast-check'
import { parquetRead } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { beforeAll, expect, it } from 'vitest'
import { PlanSchemas } from '../../../../connectors/lake/plan-schemas.js'
import { RecordRows } from '../../../../connectors/lake/rows/record-rows.js'
import { SchemaBook } from '../../../../connectors/lake/rows/schema-book.js'
import { StagedFile } from '../../../../connectors/lake/staged-file.js'
import { TableFile } from '../../../../connectors/lake/table-file.js'
import { TableMemory } from '../../../../connectors/lake/table-memory.js'
import { encodeBatch } from '../../../../core/record/encode-batch.js'
import { RecordCursor } from '../../../../core/record/record-cursor.js'
import { prepareZstd } from '../../../../core/record/zstd.js'
import type { Files } from '../../../../core/runtime/files.js'
import { SimulatedWorld } from '../../../simulation/world/simulated-world.js'
import {
  fieldsOf,
  isSame,
  known,
  read,
  textOf,
  type Fields,
  type Source,
  type Value,
  valueOf,
  widened,
} from './row-model.js'

const runs = Number(process.env['LAKE_ROW_RUNS'] ?? 200)

const numerals = fc.oneof(
  fc.integer({ min: -3, max: 300 }).map(String),
  fc.maxSafeInteger().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('1.0', '-0', '0.1', '1e2', '9007199254740992', '9007199254740993', '9223372036854775807'),
  fc.constantFrom('-9223372036854775808', '9223372036854775808', '123456789012345.6', '1e16', '5e-324', '0.10'),
)
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('NaN', '-Infinity', '9007199254740993', '1000000000000000', '\ud800', '', 'repeated', 'repeated'),
)
const innerNames = ['a', 'b', 'A', 'x.y', 'element', '', '\udc00']
const outerNames = ['__proto__', 'constructor', '1', 'é"\\', 'list', '_offset']
const namesIn = (depth: number) => fc.constantFrom(...innerNames, ...(depth === 0 ? outerNames : []))

function sources(depth: number): fc.Arbitrary<Source> {
  const scalars: fc.Arbitrary<Source> = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    numerals.map((numeral) => ({ numeral })),
    texts,
  )
  if (depth === 4) return scalars
  const list = fc.array(sources(depth + 1), { maxLength: 3 }).map((of) => ({ list: of }))
  return fc.oneof({ weight: 4, arbitrary: scalars }, list, objects(depth))
}

function objects(depth: number): fc.Arbitrary<{ readonly members: readonly (readonly [string, Source])[] }> {
  const member = fc.tuple(namesIn(depth), sources(depth + 1))
  return fc.array(member, { maxLength: depth === 0 ? 5 : 3 }).map((members) => ({ members }))
}

interface Step {
  readonly record: { readonly members: readonly (readonly [string, Source])[] } | string
  readonly spaced: boolean
  readonly partition: 0 | 1
  /** What happens to the partition's file in front of it. */
  readonly cut: 'none' | 'row group' | 'file'
}

const record = fc.oneof({ weight: 9, arbitrary: objects(0) }, fc.constantFrom('plain', '{"a":', '[1]'))
/** Some of them come many times: columns then grow to something. */
const steps: fc.Arbitrary<readonly Step[]> = fc.array(record, { minLength: 1, maxLength: 12 }).chain((records) =>
  fc.array(
    fc.record({
      record: fc.constantFrom(...records),
      spaced: fc.boolean(),
      partition: fc.constantFrom<0 | 1>(0, 1),
      cut: fc.oneof(
        { weight: 8, arbitrary: fc.constant('none' as const) },
        fc.constantFrom('row group' as const, 'file' as const),
      ),
    }),
    { minLength: 1, maxLength: 40 },
  ),
)
const compressions = fc.constantFrom('none' as const, 'snappy' as const, 'zstd' as const)

beforeAll(prepareZstd)

interface Open {
  readonly file: TableFile
  readonly path: string
  readonly rows: ReadonlyMap<string, Value>[]
}

/** A sink's files of two partitions, which share a table. */
class Tables {
  fields: Fields
  readonly sealed: (Open & { readonly fields: Fields })[] = []
  readonly book: SchemaBook
  readonly #files: Files
  readonly #compression: 'none' | 'snappy' | 'zstd'
  readonly #makers: readonly RecordRows[]
  readonly #open: (Open | undefined)[] = []
  readonly #memory = new TableMemory(2 ** 30)
  #fileCount = 0

  constructor(files: Files, compression: 'none' | 'snappy' | 'zstd') {
    this.#files = files
    this.#compression = compression
    const own = { columns: [{ name: '_offset', type: { kind: 'int64' } }] } as const
    this.book = new SchemaBook('t', own, { isFixed: false })
    this.fields = fieldsOf(own)
    const making = { columns: ['offset'], changes: 'keep' } as const
    this.#makers = [0, 1].map((partition) => new RecordRows(this.book, making, { topic: 't', partition }))
  }

  async take({ record: source, spaced, partition, cut }: Step, offset: number): Promise<void> {
    if (cut === 'row group') await this.#open[partition]?.file.writeOut()
    if (cut === 'file' && this.#open[partition] !== undefined) await this.#seal(partition)
    const text = typeof source === 'string' ? source : textOf(source, spaced)
    const members = typeof source === 'string' ? new Map([['message', source]]) : valueOf(source)
    const row = new Map(members as ReadonlyMap<string, Value>).set('_offset', offset)
    const cursor = cursorAt(text, offset)
    let open = (this.#open[partition] ??= this.#make(partition))
    const before = fieldsOf(open.file.schema)
    const isHeld = isSame(widened(before, row) ?? new Map(), before)
    const grown = isHeld ? this.fields : widened(this.fields, row)
    let taking = open.file.take(cursor)
    if (taking === 'ended') {
      await this.#seal(partition)
      open = this.#open[partition] = this.#make(partition)
      taking = open.file.take(cursor)
    }
    expect(taking, text).toBe(grown === undefined ? 'unfit' : 'taken')
    if (grown === undefined) return
    this.fields = grown
    open.rows.push(known(fieldsOf(open.file.schema), row))
  }

  async sealAll(): Promise<void> {
    for (const partition of [0, 1]) if (this.#open[partition] !== undefined) await this.#seal(partition)
  }

  #make(partition: number): Open {
    const schemas = new PlanSchemas()
    const rows = this.#makers[partition]!
    const path = `/${this.#fileCount++}`
    const turn = (): Promise<void> => Promise.resolve()
    const encoding = { compression: this.#compression, metadata: new Map(), turn }
    schemas.give(rows.schema)
    const making = { rows, encoding, memory: this.#memory, schemas }
    return { file: new TableFile({ group: '', staged: new StagedFile(this.#files, path) }, making), path, rows: [] }
  }

  async #seal(partition: number): Promise<void> {
    const open = this.#open[partition]!
    this.#open[partition] = undefined
    if (open.rows.length === 0) return open.file.abandon()
    await open.file.seal()
    this.sealed.push({ ...open, fields: fieldsOf(open.file.schema) })
  }
}

function cursorAt(text: string, offset: number): RecordCursor {
  const batch = encodeBatch([{ key: null, value: Buffer.from(text), timestampMs: 0 }])
  batch.writeBigInt64BE(BigInt(offset), 0)
  const cursor = new RecordCursor()
  cursor.reset(batch)
  cursor.next()
  return cursor
}

/** Rows as lists of values: a reader's objects have prototypes. */
async function rowsOf(bytes: Buffer): Promise<readonly (readonly unknown[])[]> {
  const content = new Uint8Array(bytes).buffer
  const file = { byteLength: content.byteLength, slice: (start: number, end?: number) => content.slice(start, end) }
  let rows: readonly (readonly unknown[])[] = []
  await parquetRead({ file, compressors, onComplete: (all) => (rows = all) })
  return rows
}

/** What hyparquet gives, with maps for structs and null for what is missing. */
function asModel(type: unknown, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (type instanceof Map) {
    const given = value as Readonly<Record<string, unknown>>
    return new Map([...(type as Fields)].map(([name, field]) => [name, asModel(field, given[name])]))
  }
  // An integer column knows no minus zero, whatever it became later.
  if (typeof type === 'string') return typeof value === 'number' ? value + 0 : value
  return (value as readonly unknown[]).map((one) => asModel((type as { list: unknown }).list, one))
}

it('is read as the rows that the records are', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(steps, compressions, async (all, compression) => {
      const machine = new SimulatedWorld({ seed: 1 })
      const { files } = machine.boot()
      await machine.run(async () => {
        const tables = new Tables(files, compression)
        for (const [offset, step] of all.entries()) await tables.take(step, offset)
        await tables.sealAll()
        expect(isSame(fieldsOf(tables.book.schema), tables.fields)).toBe(true)
        for (const { path, rows, fields } of tables.sealed) {
          const types = [...fields.values()]
          const found = (await rowsOf(await files.readAll(path))).map((row) =>
            row.map((value, column) => asModel(types[column], value)),
          )
          const due = rows.map((row) => [...fields].map(([name, type]) => read(type, row.get(name))))
          expect(found).toEqual(due)
        }
      })
    }),
    { numRuns: runs },
  )
})
