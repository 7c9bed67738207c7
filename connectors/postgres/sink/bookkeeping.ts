// How far the sink is, in the target itself: the table `offsets` of the bookkeeping schema.
//
//   hub_id, sink, topic_id, partition    whose offset it is; a topic made anew has another id
//   next_offset                          all records below are in the target, in the transaction that set it
//   epoch                                who may move it: taken by each assignment, so that a zombie matches no row
//
// Every transaction begins by moving the row from where it is expected, in its own epoch, to where it will stand.

import type { Assignment, SinkPartition } from '../../../core/connector/sink.js'
import { invariant, present } from '../../../core/errors/invariant.js'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import { postgresErrors } from '../errors.js'
import type { Session } from '../wire/connect.js'
import { qualifiedName, quoteIdentifier } from '../wire/identifiers.js'

/** Where the target stands in a partition. */
export interface TargetOffset {
  readonly nextOffset: number
  readonly epoch: number
}

/** A move of one partition within a transaction. */
export interface OffsetMove {
  readonly of: SinkPartition
  readonly epoch: number
  readonly from: number
  readonly next: number
}

interface OffsetRow {
  readonly next_offset: string
  readonly epoch: string
}

/** One number for all hubs: whoever creates the table first lets the others find it. */
const creationLock = 7_243_019

export class Bookkeeping {
  private readonly schema: string
  private readonly table: string
  private readonly hubId: string
  private readonly sink: string

  /** `sink` is the name of pipeline and edge. */
  constructor({ schema, hubId, sink }: { readonly schema: string; readonly hubId: string; readonly sink: string }) {
    this.schema = schema
    this.table = qualifiedName(schema, 'offsets')
    this.hubId = hubId
    this.sink = sink
  }

  /** What makes it; idempotent. */
  statements(): readonly string[] {
    return [
      `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(this.schema)}`,
      `CREATE TABLE IF NOT EXISTS ${this.table} (
  hub_id text NOT NULL,
  sink text NOT NULL,
  topic_id text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  next_offset bigint NOT NULL,
  epoch bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (hub_id, sink, topic_id, partition)
)`,
    ]
  }

  async exists(session: Session): Promise<boolean> {
    const [row] = await session.query<{ readonly found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [
      this.table,
    ])
    return present(row, 'the row of a query without a table').found
  }

  /** Makes the table when it is missing. Errors: postgres_permission_denied, with the statements to be run instead. */
  async create(session: Session): Promise<void> {
    if (await this.exists(session)) return
    const statements = this.statements()
    try {
      await session.run(['BEGIN', `SELECT pg_advisory_xact_lock(${creationLock})`, ...statements, 'COMMIT'].join(';\n'))
    } catch (error) {
      await session.run('ROLLBACK')
      if (!postgresErrors.is(error, 'postgres_permission_denied')) throw error
      throw postgresErrors.make('postgres_permission_denied', error.message, {
        cause: error,
        details: error.details,
        hint: `Run as the owner of the database: ${statements.join('; ')}; and grant the role USAGE on the schema and SELECT, INSERT, UPDATE on the table.`,
      })
    }
  }

  /** Makes the caller the only one who may move the partition; where the target stands, or begins. */
  async take(session: Session, of: Assignment): Promise<TargetOffset> {
    const begin = of.committed ?? of.logStartOffset
    const rows = await session.query<OffsetRow>(
      `INSERT INTO ${this.table} AS o (hub_id, sink, topic_id, topic, partition, next_offset, epoch)
VALUES ($1, $2, $3, $4, $5, $6, 1)
ON CONFLICT (hub_id, sink, topic_id, partition) DO UPDATE SET epoch = o.epoch + 1, topic = $4, updated_at = now()
RETURNING next_offset, epoch`,
      [this.hubId, this.sink, of.topicId, of.topic, of.partition, begin],
    )
    return readOffset(present(rows[0], 'the row that an upsert returns'))
  }

  /** Where the target stands; undefined when nobody took the partition. */
  async find(session: Session, of: SinkPartition): Promise<TargetOffset | undefined> {
    const rows = await session.query<OffsetRow>(
      `SELECT next_offset, epoch FROM ${this.table}
WHERE hub_id = $1 AND sink = $2 AND topic_id = $3 AND partition = $4`,
      [this.hubId, this.sink, of.topicId, of.partition],
    )
    return rows[0] === undefined ? undefined : readOffset(rows[0])
  }

  /** Moves the row within the open transaction. Errors: postgres_sink_fenced when it does not stand where it should. */
  async move(session: Session, { of, epoch, from, next }: OffsetMove): Promise<void> {
    const rows = await session.query<OffsetRow>(
      `UPDATE ${this.table} SET next_offset = $1, updated_at = now()
WHERE hub_id = $2 AND sink = $3 AND topic_id = $4 AND partition = $5 AND next_offset = $6 AND epoch = $7
RETURNING next_offset, epoch`,
      [next, this.hubId, this.sink, of.topicId, of.partition, from, epoch],
    )
    if (rows.length === 1) return
    throw fenced(of, { nextOffset: from, epoch }, await this.find(session, of))
  }
}

/** The row is not as the sink left it. */
export function fenced(of: SinkPartition, own: TargetOffset, found: TargetOffset | undefined): TailraceError {
  const { topic, partition } = of
  const there = found === undefined ? 'is gone' : `says offset ${found.nextOffset} in epoch ${found.epoch}`
  return postgresErrors.make(
    'postgres_sink_fenced',
    `${topic}/${partition}: the row in the target ${there}; the sink left it at ${own.nextOffset} in epoch ${own.epoch}`,
    { details: { topic, partition, own, found } },
  )
}

function readOffset(row: OffsetRow): TargetOffset {
  const nextOffset = Number(row.next_offset)
  const epoch = Number(row.epoch)
  invariant(Number.isSafeInteger(nextOffset) && Number.isSafeInteger(epoch), 'offsets and epochs are below 2^53')
  return { nextOffset, epoch }
}
