// What the tests of the snapshot stand on: a log that can lose its last appends, a slot with an exported snapshot, and
// a replica that is made of the rows and of the changes behind them.

import { PgoutputReader } from '../../../../connectors/postgres/pgoutput/reader.js'
import { type TupleView, textKind, unchangedKind } from '../../../../connectors/postgres/pgoutput/tuple-view.js'
import type { SnapshotTable } from '../../../../connectors/postgres/snapshot/heaps.js'
import { Snapshot, type SnapshotOptions } from '../../../../connectors/postgres/snapshot/snapshot.js'
import { connect, type Session } from '../../../../connectors/postgres/wire/connect.js'
import type { ConnectorState, Json } from '../../../../core/connector/context.js'
import { Secret } from '../../../../core/connector/secret.js'
import type { Destination } from '../../../../core/connector/source.js'
import type { RecordParts } from '../../../../core/record/batch-builder.js'
import { silentLogger } from '../../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../../core/telemetry/recorder.js'
import type { PostgresServer } from '../../../support/postgres/postgres-server.js'
import { changeWriter, described, KeptRecords, type WrittenRecord } from '../event/kit.js'

/** Seeded chance: mulberry32. */
export class Chance {
  private state: number

  constructor(seed: number) {
    this.state = seed
  }

  /** From 0 up to 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
}

class Append extends KeptRecords {
  readonly points = new Map<string, Json | undefined>()

  private readonly capacity: number

  constructor(capacity: number) {
    super()
    this.capacity = capacity
  }

  override append(record: RecordParts, to?: Destination): boolean {
    return this.records.length < this.capacity && super.append(record, to)
  }

  override remember(key?: string, point?: Json): void {
    this.points.set(key!, point)
  }
}

/** Appends become durable one behind the other; `lose` is what a crash does to those that are not. */
export class Log implements ConnectorState {
  readonly records: WrittenRecord[] = []
  readonly state = new Map<string, Json>()
  private inFlight: Append[] = []

  get(key: string): Json | undefined {
    return this.state.get(key)
  }

  entries(prefix: string): (readonly [string, Json])[] {
    return [...this.state].filter(([key]) => key.startsWith(prefix))
  }

  put(changes: ReadonlyMap<string, Json | undefined>): Promise<void> {
    for (const [key, value] of changes) this.set(key, value)
    return Promise.resolve()
  }

  submit(append: Append): void {
    this.inFlight.push(append)
  }

  /** The oldest `count` appends are on disk. */
  sync(count = this.inFlight.length): void {
    for (const append of this.inFlight.splice(0, count)) {
      this.records.push(...append.records)
      for (const [key, value] of append.points) this.set(key, value)
    }
  }

  lose(): void {
    this.inFlight = []
  }

  private set(key: string, value: Json | undefined): void {
    if (value === undefined) this.state.delete(key)
    else this.state.set(key, structuredClone(value))
  }
}

export interface Slot {
  readonly name: string
  readonly shown: string
  /** The session that exports; the snapshot is gone when it is closed. */
  readonly session: Session
  readonly exportedName: string
}

const never = new AbortController().signal

export interface Login {
  readonly replication?: boolean
  readonly user?: string
}

function login(server: PostgresServer, database: string, { replication, user }: Login = {}): Promise<Session> {
  const url = new Secret(server.url(database, user))
  return connect({ url, name: 'tailrace test', replication: replication === true }, never)
}

/** Waits for the transactions that run: let them end meanwhile. */
export async function exportSlot(server: PostgresServer, database: string, name: string): Promise<Slot> {
  const session = await login(server, database, { replication: true })
  const [row] = await session.query<{ snapshot_name: string }>(
    `CREATE_REPLICATION_SLOT "${name}" LOGICAL pgoutput EXPORT_SNAPSHOT`,
  )
  const exportedName = row!.snapshot_name
  const client = await server.connect(database)
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  await client.query(`SET TRANSACTION SNAPSHOT '${exportedName}'`)
  const { rows } = await client.query<{ shown: string }>('SELECT pg_current_snapshot()::text AS shown')
  await client.end()
  return { name, session, exportedName, shown: rows[0]!.shown }
}

/** A table of a test: columns as `name type`, with `!` behind those of the key. */
export interface TestTable {
  readonly schema: string
  readonly table: string
  readonly columns: readonly string[]
  readonly identity?: 'default' | 'full'
  readonly where?: string
}

const columnText = /^(.+) (\w+)(!?)$/s

async function snapshotTable(server: PostgresServer, database: string, table: TestTable): Promise<SnapshotTable> {
  const client = await server.connect(database)
  const { rows } = await client.query<{ oid: number; types: Record<string, number> }>(
    `SELECT c.oid::int, (SELECT json_object_agg(attname, atttypid::int) FROM pg_attribute
                          WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS types
       FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = $1 AND relname = $2`,
    [table.schema, table.table],
  )
  await client.end()
  const { oid, types } = rows[0]!
  const names = table.columns.map((column) => columnText.exec(column)![1]!)
  const columns = names.map((name) => ({ name, typeOid: types[name]! }))
  return { oid, schema: table.schema, table: table.table, columns, where: table.where }
}

export interface RunOptions {
  readonly server: PostgresServer
  readonly database: string
  readonly tables: readonly TestTable[]
  readonly log: Log
  readonly shown: string
  readonly exportedName?: string
  readonly workers?: number
  readonly rangeBytes?: number
  /** Who reads. */
  readonly user?: string
  readonly more?: Partial<SnapshotOptions>
}

export async function openSnapshot(options: RunOptions): Promise<Snapshot> {
  const { server, database, tables, log, shown, exportedName, workers = 2, rangeBytes = 64 * 1024, more } = options
  const changes = changeWriter()
  const found: SnapshotTable[] = []
  for (const table of tables) {
    const one = await snapshotTable(server, database, table)
    const { schema, table: name, columns, identity = 'default' } = table
    const primaryKey = columns.flatMap((column) => {
      const [, of, , key] = columnText.exec(column)!
      return key === '!' ? [of!] : []
    })
    changes.describe(described({ oid: one.oid, schema, table: name, columns, identity, primaryKey, topic: name }))
    found.push(one)
  }
  changes.beginSnapshot({ consistentPoint: 1, timeMs: 0 })
  const parts: SnapshotOptions = {
    connect: () => login(server, database, options.user === undefined ? {} : { user: options.user }),
    tables: found,
    workers,
    rangeBytes,
    visibility: shown,
    exportedName,
    state: log,
    changes,
    logger: silentLogger,
    metrics: silentRecorder,
    labels: { pipeline: 'shop', source: 'orders' },
    ...more,
  }
  return Snapshot.open(parts, never)
}

export interface PumpOptions {
  /** How many records an append has room for. */
  readonly capacity?: () => number
  /** Called before each read; false ends the run as a crash does. */
  readonly before?: () => Promise<boolean>
}

/** Runs the snapshot as the runtime does, with one append under way behind the one that is filled. */
export async function pump(snapshot: Snapshot, log: Log, options: PumpOptions = {}): Promise<'done' | 'crashed'> {
  const { capacity = () => 500, before = () => Promise.resolve(true) } = options
  try {
    for (;;) {
      if (!(await before())) {
        log.lose()
        return 'crashed'
      }
      const append = new Append(capacity())
      const outcome = snapshot.read(append)
      log.submit(append)
      log.sync(outcome === 'more' ? 1 : undefined)
      if (outcome === 'done') return 'done'
      if (outcome === 'idle') await snapshot.wake(never)
      else await new Promise((resolve) => setImmediate(resolve))
    }
  } finally {
    await snapshot.close()
  }
}

export type ReplicaRow = Readonly<Record<string, string | null>>

/** A table as somebody has it who reads the topic: what came twice, or without what it needs, is told of. */
export class Replica {
  readonly rows = new Map<string, ReplicaRow>()
  readonly repeated: string[] = []
  private readonly keys: readonly string[]
  private readonly names: readonly string[]

  constructor(columns: readonly string[]) {
    this.names = columns.map((column) => columnText.exec(column)![1]!)
    this.keys = columns.flatMap((column, place) => (column.endsWith('!') ? [this.names[place]!] : []))
  }

  insert(row: ReplicaRow): void {
    const key = this.keyOf(row)
    if (this.rows.has(key)) this.repeated.push(key)
    this.rows.set(key, row)
  }

  /** Values that were not sent stay what they are. */
  update(old: ReplicaRow | undefined, row: Partial<ReplicaRow>): void {
    const key = this.keyOf(row)
    const oldKey = old === undefined ? key : this.keyOf(old)
    // A row that was read later than the change may stand under its new key already, with the values that it has not.
    const before = { ...this.rows.get(key), ...this.rows.get(oldKey) }
    this.rows.delete(oldKey)
    this.rows.set(key, { ...before, ...row } as ReplicaRow)
  }

  delete(old: ReplicaRow): void {
    this.rows.delete(this.keyOf(old))
  }

  get sorted(): readonly ReplicaRow[] {
    return [...this.rows].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row)
  }

  rowOf(tuple: TupleView): Partial<ReplicaRow> {
    const row: Record<string, string | null> = {}
    for (const [place, name] of this.names.entries()) {
      const kind = tuple.kinds[place]
      if (kind === unchangedKind) continue
      row[name] = kind === textKind ? tuple.bytes.toString('utf8', tuple.starts[place], tuple.ends[place]) : null
    }
    return row
  }

  private keyOf(row: Partial<ReplicaRow>): string {
    return JSON.stringify(this.keys.map((key) => row[key]))
  }
}

/** The rows of the snapshot, then the changes that the slot has behind it. */
export async function replicas(
  tables: readonly TestTable[],
  log: Log,
  stream: {
    readonly server: PostgresServer
    readonly database: string
    readonly slot: string
    readonly publication: string
  },
): Promise<Map<string, Replica>> {
  const made = new Map(tables.map(({ table, columns }) => [table, new Replica(columns)]))
  for (const { topic, value } of log.records) {
    const { op, after } = JSON.parse(value!) as { op: string; after: Record<string, string | number | null> }
    if (op !== 'r') throw new Error(`a record of the snapshot is a ${op}`)
    const row = Object.entries(after).map(([name, one]) => [name, one === null ? null : String(one)])
    made.get(topic!)!.insert(Object.fromEntries(row) as ReplicaRow)
  }
  const client = await stream.server.connect(stream.database)
  const { rows } = await client.query<{ data: Buffer }>(
    `SELECT data FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL, 'proto_version', '1', 'publication_names', $2)`,
    [stream.slot, stream.publication],
  )
  await client.end()
  const reader = new PgoutputReader()
  const byOid = new Map<number, Replica>()
  for (const { data } of rows) apply(reader, data, byOid, made)
  return made
}

function apply(
  reader: PgoutputReader,
  frame: Buffer,
  byOid: Map<number, Replica>,
  byName: ReadonlyMap<string, Replica>,
): void {
  const kind = reader.read(frame, 0, frame.length)
  if (kind === 'relation') {
    const replica = byName.get(reader.relation.table)
    if (replica !== undefined) byOid.set(reader.relation.oid, replica)
    return
  }
  if (kind !== 'insert' && kind !== 'update' && kind !== 'delete') return
  const replica = byOid.get(reader.relationOid)
  if (replica === undefined) return
  const old = reader.oldKind === undefined ? undefined : (replica.rowOf(reader.oldTuple) as ReplicaRow)
  if (kind === 'insert') replica.insert(replica.rowOf(reader.newTuple) as ReplicaRow)
  else if (kind === 'update') {
    const row = replica.rowOf(reader.newTuple)
    replica.update(old, reader.oldKind === 'full' ? { ...old, ...row } : row)
  } else replica.delete(old!)
}

/** The table as it is. */
export async function tableRows(
  server: PostgresServer,
  database: string,
  { schema, table, columns }: TestTable,
): Promise<readonly ReplicaRow[]> {
  const names = columns.map((column) => columnText.exec(column)![1]!)
  const values = names.map((name) => `"${name.replaceAll('"', '""')}"::text AS "${name.replaceAll('"', '""')}"`)
  const { rows } = await server.run(`SELECT ${values.join(', ')} FROM "${schema}"."${table}"`, database)
  const replica = new Replica(columns)
  for (const row of rows as ReplicaRow[]) replica.insert(row)
  return replica.sorted
}
