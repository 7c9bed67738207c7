// The events of a queue in Postgres: rows of BullMQ's table `event`, which it trims, by the windows of event-window.ts.
//
// All that one page is made of comes from one snapshot: what was trimmed until then, which transactions are over, and the
// events of those. Only the sequence is asked before, as the reasoning about ids needs it.

import { Client, type QueryResultRow } from 'pg'
import type { Json } from '../../core/connector/context.js'
import { invariant, present } from '../../core/errors/invariant.js'
import { postgresOptions, queueProblem } from '../clients/bullmq/queue-link.js'
import { bullmqErrors } from './errors.js'
import { type EventPage, type EventStream, type JobEvent, jobBytes, type Loss, pageBytes } from './event-stream.js'
import {
  advanced,
  completed,
  type Horizon,
  mayBeGone,
  opened,
  pastGone,
  readUpTo,
  windowBegun,
  type WindowPoint,
} from './event-window.js'
import type { BullmqSourceSettings } from './settings.js'

/** Events of one page; each with its job. */
const mostRows = 128
/** What BullMQ keeps when nobody said how much. */
const defaultKept = 10_000
/** A place that differs by less, and by no event, is not worth an append: well below what is kept. */
const seenStep = 1_000

/** A server that says nothing for so long is given up. */
const answerMs = 30_000

/** Where BullMQ's tables lie, by its default; set for the session, as it does itself. */
const schema = 'bullmq'

interface HorizonRow {
  readonly xmin: string
  readonly xmax: string
  readonly oldest_id: string | null
  readonly newest_id: string | null
  readonly most_kept: string | null
}

interface EventRow {
  readonly id: string
  readonly xid: string
  readonly event: string
  readonly job_id: string | null
  readonly outcome: string | null
  readonly at_ms: string
  readonly name: string | null
  readonly data: string | null
  readonly returnvalue: string | null
  readonly failed_reason: string | null
  readonly stacktrace: string | null
  readonly added_at_ms: string | null
  readonly processed_at_ms: string | null
  readonly finished_at_ms: string | null
  readonly delay_ms: string | null
  readonly priority: string | null
  readonly attempts_made: string | null
}

const horizonQuery = `
  SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin, pg_snapshot_xmax(pg_current_snapshot())::text AS xmax,
         (SELECT min(id) FROM event WHERE queue = $1)::text AS oldest_id,
         (SELECT max(id) FROM event WHERE queue = $1)::text AS newest_id,
         (SELECT value FROM meta WHERE queue = $1 AND field = 'opts.maxLenEvents')::text AS most_kept`

/**
 * The rows of a window. The system column xmin has 32 bits of the transaction: those that are missing are the ones that
 * bring it nearest to the end of the window.
 */
const eventQuery = `
  SELECT e.id::text, e.xid::text, e.event, e.data->>'jobId' AS job_id, e.created_at_ms::text AS at_ms,
         coalesce(e.data->>'returnvalue', e.data->>'failedReason') AS outcome,
         j.name, j.data::text, j.return_value::text AS returnvalue, j.failed_reason, j.stacktrace::text,
         j.added_at_ms::text, j.processed_at_ms::text, j.finished_at_ms::text, j.delay_ms::text, j.priority::text,
         j.attempts_made::text
    FROM (SELECT id, event, data, created_at_ms,
                 $4::bigint - ((($4::bigint - xmin::text::bigint + 2147483648) & 4294967295) - 2147483648) AS xid
            FROM event
           WHERE queue = $1 AND id > $2 AND event = ANY($5)) e
    LEFT JOIN job j ON j.queue = $1 AND j.id = e.data->>'jobId'
   WHERE e.xid >= $3 AND e.xid < $4
   ORDER BY e.id
   LIMIT ${mostRows}`

/** Another server, database, table or history: none of its ids says anything about those of before. */
const identityQuery = `
  SELECT (SELECT oid FROM pg_database WHERE datname = current_database())::text AS database,
         'event'::regclass::oid::text AS relation,
         substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline`

export class PostgresEvents implements EventStream {
  readonly name: string
  private readonly settings: BullmqSourceSettings
  private readonly client: Client
  private identity: string | undefined

  /** `failed` hears what happens to the connection between calls; it is not made again, the next call fails. */
  constructor(settings: BullmqSourceSettings, failed: (error: Error) => void) {
    this.settings = settings
    this.name = `postgres ${settings.queue}`
    const session = { options: `-c search_path=${schema}`, keepAlive: true, query_timeout: answerMs }
    this.client = new Client({ ...postgresOptions(settings), ...session })
    this.client.on('error', failed)
  }

  async first(start: 'earliest' | 'latest'): Promise<Json> {
    return this.asked(async () => {
      const lastValue = await this.lastValue()
      const point = windowBegun(start, await this.horizon(lastValue))
      return this.placeOf(point)
    })
  }

  async page(from: Json): Promise<EventPage> {
    const { identity, point: start } = from as unknown as { identity: string; point: WindowPoint }
    invariant(typeof identity === 'string' && Number.isSafeInteger(start.fromXid), 'a place in a queue is one of ours')
    return this.asked(async () => {
      if (identity !== this.identity) {
        throw this.replaced(`it was ${identity}, and is ${this.identity ?? 'none'}`)
      }
      const lastValue = await this.lastValue()
      await this.client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      try {
        const page = await this.readPage(start, lastValue)
        return { ...page, behind: page.behind ?? from }
      } finally {
        await this.client.query('COMMIT')
      }
    })
  }

  async close(): Promise<void> {
    await this.client.end()
  }

  /** `behind` is undefined when the place before is as good. */
  private async readPage(
    start: WindowPoint,
    lastValue: number,
  ): Promise<Omit<EventPage, 'behind'> & { readonly behind: Json | undefined }> {
    const { queue, take } = this.settings
    const horizon = await this.horizon(lastValue)
    if (horizon.xmax < start.fromXid) {
      throw this.replaced(`transactions go up to ${horizon.xmax}, and ${start.fromXid - 1} was read`)
    }
    const loss = mayBeGone(start, horizon) ? lossOf(start, horizon) : undefined
    const first = opened(loss === undefined ? start : pastGone(start, horizon), horizon)
    const toXid = present(first.toXid, 'the end of an open window')
    const values = [queue, first.afterId, first.fromXid, toXid, [...take]]
    const rows = await this.rows<EventRow>(eventQuery, values)
    const events: JobEvent[] = []
    let point = first
    let bytes = 0
    for (const row of rows) {
      point = advanced(point, { id: Number(row.id), xid: Number(row.xid) })
      const event = this.eventOf(row, this.placeOf(point))
      events.push(event)
      bytes += event.job === undefined ? 0 : jobBytes(event.job)
      if (bytes >= pageBytes) break
    }
    const isWhole = events.length === rows.length && rows.length < mostRows
    if (isWhole) point = completed(point)
    const isWorthwhile = loss !== undefined || events.length > 0 || differs(start, point, horizon)
    return { events, behind: isWorthwhile ? this.placeOf(point) : undefined, isLast: isWhole, loss }
  }

  private eventOf(row: EventRow, behind: Json): JobEvent {
    const { name, data, returnvalue, stacktrace } = row
    return {
      event: row.event,
      jobId: row.job_id ?? '',
      timestampMs: Number(row.at_ms),
      outcome: row.outcome ?? undefined,
      job:
        name === null
          ? undefined
          : {
              name,
              data,
              returnvalue,
              failedReason: row.failed_reason,
              stacktrace,
              timestamp: row.added_at_ms,
              processedOn: row.processed_at_ms,
              finishedOn: row.finished_at_ms,
              delay: row.delay_ms,
              priority: row.priority,
              attemptsMade: row.attempts_made,
            },
      behind,
    }
  }

  private placeOf(point: WindowPoint): Json {
    return { identity: present(this.identity, 'the identity of a table that was read'), point } as unknown as Json
  }

  private async horizon(lastValue: number): Promise<Horizon> {
    const [row] = await this.rows<HorizonRow>(horizonQuery, [this.settings.queue])
    const { xmin, xmax, oldest_id: oldestId, newest_id: newestId, most_kept: mostKept } = present(row, 'a row')
    return {
      lastValue,
      xmin: Number(xmin),
      xmax: Number(xmax),
      oldestId: oldestId === null ? undefined : Number(oldestId),
      newestId: newestId === null ? undefined : Number(newestId),
      mostKept: mostKept === null ? defaultKept : Number(mostKept),
    }
  }

  private async lastValue(): Promise<number> {
    const [row] = await this.rows<{ last_value: string }>('SELECT last_value::text FROM event_seq', [])
    return Number(present(row, 'the row of a sequence').last_value)
  }

  private async asked<T>(work: () => Promise<T>): Promise<T> {
    try {
      if (this.identity === undefined) {
        await this.client.connect()
        const [row] = await this.rows<{ database: string; relation: string; timeline: string }>(identityQuery, [])
        const { database, relation, timeline } = present(row, 'a row of constants')
        this.identity = `database ${database}, table ${relation}, timeline ${timeline}`
      }
      return await work()
    } catch (error) {
      throw queueProblem(error, `reading events of the queue ${this.settings.queue}`)
    }
  }

  private async rows<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
    return (await this.client.query<Row>(text, values)).rows
  }

  private replaced(why: string): Error {
    return bullmqErrors.make('bullmq_queue_replaced', `the events of the queue ${this.settings.queue}: ${why}`)
  }
}

function lossOf(point: WindowPoint, { oldestId }: Horizon): Loss {
  const nextEvent = oldestId === undefined ? undefined : String(oldestId)
  return { kind: 'gone', behindEvent: String(readUpTo(point)), nextEvent, eventCount: undefined }
}

/** Whether it was worth remembering: a window that was emptied of nothing is opened again. */
function differs(before: WindowPoint, now: WindowPoint, { mostKept }: Horizon): boolean {
  return (
    now.fromXid !== before.fromXid ||
    now.floorId !== before.floorId ||
    now.toXid !== before.toXid ||
    now.seenId - before.seenId >= Math.min(seenStep, mostKept / 4)
  )
}
