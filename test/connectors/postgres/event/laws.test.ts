// What holds for all changes: the events of any transaction against a model in plain objects, writers that are full at
// any record, and starts in the middle of a transaction.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChangeWriter } from '../../../../connectors/postgres/event/change-writer.js'
import type { DescribedRelation } from '../../../../connectors/postgres/event/described-relation.js'
import {
  type Change,
  changeWriter,
  described,
  KeptRecords,
  make,
  type Row,
  someTransaction,
  transact,
  type WrittenRecord,
} from './kit.js'

const formats = ['native', 'flat', 'debezium'] as const
const identities = ['default', 'full', 'keyless'] as const
type Identity = (typeof identities)[number]

const relations: Readonly<Record<Identity, DescribedRelation>> = {
  default: described({ columns: ['id int4!', 'name text', 'flag bool', 'body text'] }),
  full: described({
    columns: ['id int4', 'name text', 'flag bool', 'body text'],
    identity: 'full',
    primaryKey: ['id'],
  }),
  keyless: described({ columns: ['id int4', 'name text', 'flag bool', 'body text'], identity: 'full' }),
}

/** Any text that PostgreSQL holds. */
const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((any) => any.replaceAll('\0', ''))
const nullable = fc.option(text, { nil: null })
const id = fc.integer({ min: -3, max: 3 }).map(String)
const flag = fc.constantFrom('t', 'f', null)
const row: fc.Arbitrary<Row> = fc.tuple(id, nullable, flag, nullable)
const newRow: fc.Arbitrary<Row> = fc.tuple(id, nullable, flag, fc.oneof(nullable, fc.constant(undefined)))

/** What the server sends of a row before, with the identity that the table has. */
function changeOf(identity: Identity): fc.Arbitrary<Change> {
  const insert = row.map((one): Change => ({ kind: 'insert', row: one }))
  const truncate = fc.constant<Change>({ kind: 'truncate', oids: [16_384] })
  const message = fc
    .uint8Array({ maxLength: 20 })
    .map((bytes): Change => ({ kind: 'message', prefix: 'p', content: Buffer.from(bytes) }))
  const oldKind = identity === 'default' ? 'key' : 'full'
  const oldOf = (one: Row): Row => (oldKind === 'key' ? [one[0], null, null, null] : one)
  const deletion = row.map((one): Change => ({ kind: 'delete', oldKind, old: oldOf(one) }))
  const update = fc.tuple(row, newRow).map(([before, after]): Change => {
    if (identity !== 'default') return { kind: 'update', row: after, old: before, oldKind }
    if (before[0] === after[0]) return { kind: 'update', row: after }
    return { kind: 'update', row: after, old: oldOf(before), oldKind }
  })
  return fc.oneof({ weight: 4, arbitrary: fc.oneof(insert, update, deletion) }, truncate, message)
}

const transaction = fc.constantFrom(...identities).chain((identity) => {
  return fc.record({
    identity: fc.constant(identity),
    list: fc.array(changeOf(identity), { minLength: 1, maxLength: 8 }),
  })
})

type Values = Record<string, unknown>

const names = ['id', 'name', 'flag', 'body'] as const

function valueOf(column: number, value: string | null): unknown {
  if (value === null || column === 1 || column === 3) return value
  return column === 0 ? Number(value) : value === 't'
}

/** The row as an object, with values that were not sent taken from `full` where that is there. */
function objectOf(one: Row, full?: Row): Values {
  const object: Values = {}
  one.forEach((value, column) => {
    const known = value === undefined ? full?.[column] : value
    if (known !== undefined) object[names[column]!] = valueOf(column, known)
  })
  return object
}

interface Expected {
  readonly op: string
  readonly key: Values | null
  readonly before?: Values
  readonly after?: Values
  readonly unchanged?: readonly string[]
}

/** The records of a row's change, tombstones left out. */
function expectedOf(change: Change, identity: Identity): readonly Expected[] {
  const key = (one: Row): Values | null => (identity === 'keyless' ? null : { id: Number(one[0]) })
  if (change.kind === 'insert') return [{ op: 'c', key: key(change.row), after: objectOf(change.row) }]
  if (change.kind === 'delete') {
    const before = identity === 'default' ? { id: Number(change.old[0]) } : objectOf(change.old)
    return [{ op: 'd', key: key(change.old), before }]
  }
  if (change.kind !== 'update') return []
  const { old } = change
  const full = identity === 'default' ? undefined : old
  const after = objectOf(change.row, full)
  const unchanged = names.filter((name) => !(name in after))
  const shown = { after, ...(unchanged.length === 0 ? {} : { unchanged }) }
  const before = old === undefined ? {} : { before: identity === 'default' ? { id: Number(old[0]) } : objectOf(old) }
  if (identity === 'keyless' || old === undefined || old[0] === change.row[0]) {
    return [{ op: 'u', key: key(change.row), ...before, ...shown }]
  }
  return [
    { op: 'd', key: key(old), ...before },
    { op: 'c', key: key(change.row), ...shown },
  ]
}

function newWriter(format: (typeof formats)[number], identity: Identity): ChangeWriter {
  const changes = changeWriter({ format })
  changes.describe(relations[identity])
  return changes
}

function seen(format: (typeof formats)[number], { key, value, headers }: WrittenRecord): Expected {
  const unchanged = headers['pg.unchanged']
  const body = value === null ? undefined : (JSON.parse(value) as Values)
  const common = { op: headers['pg.op']!, key: key === null ? null : (JSON.parse(key) as Values) }
  if (format === 'flat') {
    const named = unchanged === undefined ? {} : { unchanged: JSON.parse(unchanged) as string[] }
    return { ...common, ...(body === undefined ? {} : { after: body }), ...named }
  }
  const { before, after, op } = body as { before: Values | null; after: Values | null; op: string }
  const list = format === 'native' ? body!['unchanged'] : unchanged === undefined ? undefined : JSON.parse(unchanged)
  for (const name of (list ?? []) as string[]) {
    if (format === 'native') continue
    expect(after![name]).toBe('__debezium_unavailable_value')
    delete after![name]
  }
  return {
    ...common,
    op,
    ...(before === null ? {} : { before }),
    ...(after === null ? {} : { after }),
    ...(list === undefined ? {} : { unchanged: list as string[] }),
  }
}

describe.each(formats)('any transaction in the format %s', (format) => {
  test('has the events of the model, in valid JSON', () => {
    fc.assert(
      fc.property(transaction, ({ identity, list }) => {
        const into = new KeptRecords()
        transact(newWriter(format, identity), into, list)
        const rows = into.records.filter(({ headers, value }) => {
          return 'cud'.includes(headers['pg.op']!) && (format !== 'debezium' || value !== null)
        })
        const expected = list.flatMap((change, index) => {
          return expectedOf(change, identity).map((one) => ({ ...one, seq: String(index + 1) }))
        })
        const shown = format === 'flat' ? expected.map((one) => ({ ...one, before: undefined })) : expected
        expect(rows.map((record) => ({ ...seen(format, record), seq: record.headers['pg.seq'] }))).toEqual(shown)
      }),
    )
  })

  test('names its last record and no other', () => {
    fc.assert(
      fc.property(transaction, fc.integer({ min: 1, max: 3 }), ({ identity, list }, partitions) => {
        const into = new KeptRecords({ partitions })
        transact(newWriter(format, identity), into, list)
        const last = into.records.map(({ headers }) => headers['pg.last'])
        expect(last.pop()).toBe('true')
        expect(last.every((one) => one === undefined)).toBe(true)
      }),
    )
  })

  test('gives the same records to a writer that is full at any of them', () => {
    fc.assert(
      fc.property(transaction, fc.infiniteStream(fc.boolean()), ({ identity, list }, fullness) => {
        const whole = new KeptRecords({ partitions: 2 })
        transact(newWriter(format, identity), whole, list)

        const hesitant = new KeptRecords({ partitions: 2, isFull: () => fullness.next().value === true })
        const changes = newWriter(format, identity)
        changes.begin(someTransaction)
        list.forEach((change, index) => {
          while (!changes.flush(hesitant, false)) expect(changes.isPending).toBe(true)
          make(changes, change, index + 1)
        })
        while (!changes.flush(hesitant, true)) expect(changes.isPending).toBe(true)
        expect(withoutAppend(hesitant.records)).toEqual(withoutAppend(whole.records))
      }),
    )
  })

  test('goes on at any of its records after any number of restarts', () => {
    fc.assert(
      fc.property(transaction, fc.array(fc.nat({ max: 4 }), { maxLength: 6 }), ({ identity, list }, lifetimes) => {
        const whole = new KeptRecords({ partitions: 2 })
        transact(newWriter(format, identity), whole, list)

        const written: WrittenRecord[] = []
        let point: StreamPoint | 'end' = { changes: 0, records: 0 }
        for (const mostRecords of [...lifetimes, Infinity]) {
          if (point === 'end') break
          const into: KeptRecords = new KeptRecords({
            partitions: 2,
            isFull: () => into.records.length >= mostRecords,
          })
          point = goOn(newWriter(format, identity), into, { list, point })
          written.push(...into.records)
        }
        expect(point).toBe('end')
        expect(withoutAppend(written)).toEqual(withoutAppend(whole.records))
      }),
    )
  })
})

/** Changes that are done, and records of the next one. */
interface StreamPoint {
  readonly changes: number
  readonly records: number
}

/** A new run that goes on behind the point, until the writer is full. */
function goOn(
  changes: ChangeWriter,
  into: KeptRecords,
  { list, point }: { readonly list: readonly Change[]; readonly point: StreamPoint },
): StreamPoint | 'end' {
  changes.begin(someTransaction)
  for (let index = point.changes; index < list.length; index++) {
    make(changes, list[index]!, index + 1)
    if (index === point.changes) changes.skipRecords(point.records)
    const isLast = index === list.length - 1
    if (!changes.flush(into, isLast)) return { changes: index, records: changes.flushedRecords }
  }
  return 'end'
}

/** `pg.columns` comes again with every append: the other tests look at it. */
function withoutAppend(records: readonly WrittenRecord[]): readonly unknown[] {
  return records.map(({ headers, ...record }) => {
    return { ...record, appendNumber: 0, headers: { ...headers, 'pg.columns': '' } }
  })
}
