// A database with a slot and a publication of all of its tables, and the stream of its changes as lines.

import { Secret } from '../../../../core/connector/secret.js'
import { nodeClock } from '../../../../core/runtime/node/node-clock.js'
import { type MessageKind, PgoutputReader } from '../../../../connectors/postgres/pgoutput/reader.js'
import type { TupleView } from '../../../../connectors/postgres/pgoutput/tuple-view.js'
import { connect, type Session } from '../../../../connectors/postgres/wire/connect.js'
import { type ReplicationOptions, ReplicationStream } from '../../../../connectors/postgres/wire/replication-stream.js'
import type { PostgresServer } from '../../../support/postgres/postgres-server.js'

export const never: AbortSignal = new AbortController().signal

export class Replication {
  readonly server: PostgresServer
  readonly database: string
  readonly slot: string
  readonly reader = new PgoutputReader()
  readonly session: Session
  private readonly described = new Set<string>()
  private readonly open: { close(): Promise<void> }[] = []

  private constructor(server: PostgresServer, database: string, session: Session) {
    this.server = server
    this.database = database
    this.slot = `slot_of_${database}`
    this.session = session
    this.open.push(session)
  }

  static async begin(server: PostgresServer): Promise<Replication> {
    const database = await server.createDatabase()
    const session = await connect({ url: new Secret(server.url(database)), name: 'tailrace test' }, never)
    const replication = new Replication(server, database, session)
    await session.run('CREATE PUBLICATION everything FOR ALL TABLES')
    await session.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [replication.slot])
    return replication
  }

  async stream(
    options: Partial<ReplicationOptions> = {},
    url = this.server.url(this.database),
  ): Promise<ReplicationStream> {
    const session = await connect({ url: new Secret(url), name: 'tailrace stream', replication: true }, never)
    const stream = await ReplicationStream.open(session, {
      slot: this.slot,
      publication: 'everything',
      startLsn: 0,
      streaming: false,
      messages: true,
      clock: nodeClock,
      ...options,
    })
    this.open.push(stream)
    return stream
  }

  /**
   * Reads until a message of the kind has come, and all that came, as lines. Without relations that are described again
   * as they were: the server does so whenever its caches are told to forget.
   */
  async linesUntil(stream: ReplicationStream, last: string, count = 1): Promise<string[]> {
    const lines: string[] = []
    for (let seen = 0; seen < count; ) {
      const step = stream.next()
      if (step === 'none') await stream.wait(never)
      if (step !== 'data') continue
      const line = this.line(stream)
      if (!this.described.has(line)) lines.push(line)
      if (line.startsWith('relation')) this.described.add(line)
      if (line.split(' ')[0] === last) seen++
    }
    return lines
  }

  async close(): Promise<void> {
    for (const each of this.open.reverse()) await each.close()
    await this.server.run(`SELECT pg_drop_replication_slot('${this.slot}')`)
  }

  private line(stream: ReplicationStream): string {
    const { reader } = this
    const kind = reader.read(stream.bytes, stream.start, stream.end)
    const more = describe[kind]?.(reader)
    return more === undefined ? kind : `${kind} ${more}`
  }
}

/** What a line says of a message besides its kind. */
const describe: Partial<Record<MessageKind, (reader: PgoutputReader) => string>> = {
  insert: ({ newTuple }) => values(newTuple),
  update: ({ oldKind, oldTuple, newTuple }) =>
    oldKind === undefined ? values(newTuple) : `${oldKind} ${values(oldTuple)} to ${values(newTuple)}`,
  delete: ({ oldKind, oldTuple }) => `${oldKind} ${values(oldTuple)}`,
  relation: ({ relation: { schema, table, identity, columns } }) =>
    `${schema}.${table} ${identity} ${columns.map(({ name, isKey }) => `${name}${isKey ? '*' : ''}`).join()}`,
  truncate: ({ truncatedOids, truncateOptions }) => `${truncatedOids.length} ${JSON.stringify(truncateOptions)}`,
  message: ({ messageTransactional, messagePrefix, bytes, messageStart, messageEnd }) =>
    `${messageTransactional} ${messagePrefix} ${bytes.toString('utf8', messageStart, messageEnd)}`,
}

function values({ count, kinds, starts, ends, bytes }: TupleView): string {
  const columns: string[] = []
  for (let column = 0; column < count; column++) {
    const kind = String.fromCharCode(kinds[column]!)
    columns.push(
      kind === 't' ? bytes.toString('utf8', starts[column], ends[column]) : kind === 'n' ? 'null' : 'unchanged',
    )
  }
  return `(${columns.join()})`
}
