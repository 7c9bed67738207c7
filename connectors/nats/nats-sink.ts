// The sink of type `nats`: records become messages of a JetStream stream, each under an id that never changes.
//
// All messages of a window are under way together, on one connection, so that the stream has them in the order of the
// log. The group's offset moves when the stream has acknowledged all of a batch. After a crash or a lost answer messages
// come again under their id; the stream drops them while they are inside its duplicate_window.

import { jetstream, JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream'
import { headers as natsHeaders, type MsgHdrs } from '@nats-io/transport-node'
import { originOf, replayTopicOf } from '../../core/connector/origin.js'
import type { Assignment, Sink, SinkBatch, SinkContext } from '../../core/connector/sink.js'
import { present } from '../../core/errors/invariant.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { RecordCursor } from '../../core/record/record-cursor.js'
import { natsErrors } from './errors.js'
import { NatsLink, natsProblem } from './nats-link.js'
import type { NatsSinkSettings } from './settings.js'
import { fillSubject, isSubject, subjectParts } from './subject-template.js'

/** Messages under way at once; the client's own measurements flatten out there. */
const mostUnderWay = 500
/** What the server counts beside the headers that we see: its version line, our id and the expected stream. */
const headerSpareBytes = 512
/** A message over the stream's max_msg_size, by the server's errors.json. */
const messageTooLarge = 10054

export function create(settings: NatsSinkSettings): Sink {
  return new NatsSink(settings)
}

interface Opened {
  readonly context: SinkContext
  readonly link: NatsLink
  readonly replayTopic: string
}

interface Message {
  readonly subject: string
  readonly payload: Uint8Array
  readonly id: string
  readonly headers: MsgHdrs
}

/** What became of the messages that are under way. */
interface Outcome {
  readonly unfit: Map<number, TailraceError>
  /** The first that says that all has to come again. */
  failure: TailraceError | undefined
}

class NatsSink implements Sink {
  private readonly settings: NatsSinkSettings
  private readonly template: ReturnType<typeof subjectParts>
  private opened: Opened | undefined

  constructor(settings: NatsSinkSettings) {
    this.settings = settings
    this.template = subjectParts(settings.subject)
  }

  async open(context: SinkContext): Promise<void> {
    const { pipeline, connector } = context
    const link = new NatsLink(this.settings, `tailrace ${pipeline}.${connector}`)
    this.opened = { context, link, replayTopic: replayTopicOf(pipeline, connector) }
  }

  async check(): Promise<void> {
    const manager = await this.parts().link.manager()
    try {
      await manager.streams.info(this.settings.stream)
    } catch (error) {
      throw natsProblem(error, `looking at the stream ${this.settings.stream}`)
    }
  }

  async assigned(partitions: readonly Assignment[]): Promise<readonly undefined[]> {
    return partitions.map(() => undefined)
  }

  async write(batch: SinkBatch): Promise<'durable'> {
    const { context, link } = this.parts()
    const connection = await link.connected()
    const client = jetstream(connection, { timeout: this.settings.timeout })
    const mostBytes = connection.info?.max_payload ?? 1024 * 1024
    const outcome: Outcome = { unfit: new Map(), failure: undefined }
    const cursor = batch.cursor()
    let underWay: Promise<void>[] = []
    while (cursor.next()) {
      const { offset } = cursor
      const message = this.messageOf(batch, cursor, mostBytes)
      if (message instanceof TailraceError) outcome.unfit.set(offset, message)
      else underWay.push(this.publish(client, { message, offset, outcome }))
      if (underWay.length < mostUnderWay) continue
      await Promise.all(underWay)
      underWay = []
      if (outcome.failure !== undefined) throw outcome.failure
    }
    await Promise.all(underWay)
    if (outcome.failure !== undefined) throw outcome.failure
    failUnfit(context, batch, outcome.unfit)
    return 'durable'
  }

  async flush(): Promise<void> {}

  async revoked(): Promise<void> {}

  async close(): Promise<void> {
    await this.opened?.link.close()
  }

  /** Never rejects: what went wrong is in the outcome. */
  private async publish(
    client: JetStreamClient,
    of: { readonly message: Message; readonly offset: number; readonly outcome: Outcome },
  ): Promise<void> {
    const { message, offset, outcome } = of
    const { subject, payload, id, headers } = message
    const { stream, timeout } = this.settings
    try {
      await client.publish(subject, payload, { msgID: id, headers, timeout, expect: { streamName: stream } })
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === messageTooLarge) {
        outcome.unfit.set(offset, unfit(`${payload.length} bytes are more than the stream ${stream} takes`, error))
      } else outcome.failure ??= natsProblem(error, `publishing to ${subject} of the stream ${stream}`)
    }
  }

  /** The bytes are copied: the client may hold them beyond `write` while it is without a server. */
  private messageOf(batch: SinkBatch, cursor: RecordCursor, mostBytes: number): Message | TailraceError {
    const { context, replayTopic } = this.parts()
    const { topic, topicId, partition, offset } = originOf(batch, cursor, replayTopic)
    const key = cursor.key()?.toString('utf8') ?? ''
    const subject = fillSubject(this.template, { topic, partition: String(partition), key })
    if (!isSubject(subject)) return unfit(`${JSON.stringify(subject.slice(0, 200))} is no subject`)
    const payload = Uint8Array.from(cursor.value() ?? Buffer.alloc(0))
    const headers = natsHeaders()
    let sizeBytes = payload.length + headerSpareBytes
    for (const header of this.settings.headers ? cursor.headers() : []) {
      if (/^nats-/i.test(header.key)) continue
      const value = Buffer.from(header.value ?? []).toString('utf8')
      if (!/^[!-9;-~]+$/.test(header.key) || /[\r\n\0]/.test(value)) {
        return unfit(`the header ${JSON.stringify(header.key.slice(0, 200))} cannot be one of a NATS message`)
      }
      headers.append(header.key, value)
      sizeBytes += header.key.length + Buffer.byteLength(value) + 4
    }
    if (sizeBytes > mostBytes) return unfit(`${sizeBytes} bytes with headers; the server takes ${mostBytes}`)
    return { subject, payload, headers, id: `${context.hubId}/${topicId}/${partition}/${offset}` }
  }

  private parts(): Opened {
    return present(this.opened, 'a NATS sink that was opened')
  }
}

function unfit(message: string, cause?: unknown): TailraceError {
  return natsErrors.make('nats_record_unfit', message, cause === undefined ? {} : { cause })
}

/** Only when all others are acknowledged: whatever has to come again comes with the whole batch. */
function failUnfit(context: SinkContext, batch: SinkBatch, found: ReadonlyMap<number, TailraceError>): void {
  if (found.size === 0) return
  const cursor = batch.cursor()
  while (cursor.next()) {
    const error = found.get(cursor.offset)
    if (error !== undefined) context.fail(batch, cursor, error)
  }
}
