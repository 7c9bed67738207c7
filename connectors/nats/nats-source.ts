// The source of type `nats`: messages of a JetStream stream become records, each exactly once.
//
// The stream sequence is the resume point and lies in the same append as the records; the server is told nothing. A
// consumer without acknowledgements lives as long as it gives its messages without a gap in its own numbering; otherwise
// another one begins behind the last message that is in the log.

import { AckPolicy, DeliverPolicy, jetstream, type Consumer, type JsMsg, type StreamInfo } from '@nats-io/jetstream'
import type { Json, SourceContext } from '../../core/connector/context.js'
import type { RecordWriter, Source } from '../../core/connector/source.js'
import { present } from '../../core/errors/invariant.js'
import { encodeHeaders, type RecordHeader } from '../../core/record/record-headers.js'
import { natsErrors } from './errors.js'
import { NatsLink, natsProblem } from './nats-link.js'
import { pointKey, readPoint, type StreamPoint } from './stream-point.js'
import type { NatsSourceSettings } from './settings.js'

/** Messages of one request: times max_payload (1 MiB) that is what may lie in memory. */
const mostPulled = 128
/** How long a request waits for messages; the least that the client takes. */
const pullWaitMs = 1_000
/** After this long without a request the server forgets the consumer. */
const consumerIdleNanos = 60 * 1_000_000_000

export function create(settings: NatsSourceSettings): Source {
  return new NatsSource(settings)
}

interface Reading {
  readonly consumer: Consumer
  /** The consumer's own number of the message that has to come next. */
  nextDelivery: number
  /** Messages that the server still has for it. */
  pendingCount: number
}

class NatsSource implements Source {
  private readonly settings: NatsSourceSettings
  private opened: { readonly context: SourceContext; readonly link: NatsLink } | undefined
  private point: StreamPoint | undefined
  private remembered: StreamPoint | undefined
  private reading: Reading | undefined
  private pulled: JsMsg[] = []
  private at = 0

  constructor(settings: NatsSourceSettings) {
    this.settings = settings
  }

  async open(context: SourceContext): Promise<void> {
    const link = new NatsLink(this.settings, `tailrace ${context.pipeline}.${context.connector}`)
    this.opened = { context, link }
    this.point = readPoint(context.state.get(pointKey))
    this.remembered = this.point
  }

  async read(into: RecordWriter): Promise<'more' | 'idle'> {
    if (this.at === this.pulled.length) {
      this.reading ??= await this.begin()
      this.pulled = await this.pull(this.reading)
      this.at = 0
    }
    for (; this.at < this.pulled.length; this.at++) {
      if (!this.append(into, present(this.pulled[this.at], 'a message that was pulled'))) break
    }
    if (this.point !== this.remembered) into.remember(pointKey, this.point as unknown as Json)
    this.remembered = this.point
    return 'more'
  }

  async acknowledge(): Promise<void> {}

  async close(): Promise<void> {
    await this.opened?.link.close()
  }

  /** A consumer behind the point. Errors: nats_stream_replaced, nats_stream_unfit, and those of the connection. */
  private async begin(): Promise<Reading> {
    const { link } = present(this.opened, 'a NATS source that was opened')
    const { stream, filter, timeout } = this.settings
    const manager = await link.manager()
    try {
      const found = await manager.streams.info(stream)
      const point = this.settle(found)
      this.point = point
      const made = await manager.consumers.add(stream, {
        ack_policy: AckPolicy.None,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: point.sequence + 1,
        inactive_threshold: consumerIdleNanos,
        mem_storage: true,
        num_replicas: 1,
        ...(filter === undefined ? {} : { filter_subject: filter }),
      })
      const client = jetstream(await link.connected(), { timeout })
      const consumer = await client.consumers.get(stream, made.name)
      return { consumer, nextDelivery: 1, pendingCount: made.num_pending }
    } catch (error) {
      throw natsProblem(error, `reading the stream ${stream}`)
    }
  }

  /** The point to go on behind, held against the stream as it is now. */
  private settle(found: StreamInfo): StreamPoint {
    const { stream, start } = this.settings
    const { created, state, config } = found
    if (config.retention !== 'limits') {
      throw natsErrors.make('nats_stream_unfit', `the stream ${stream} has the retention ${config.retention}`)
    }
    const { point } = this
    if (point === undefined) {
      return { created, sequence: start === 'earliest' ? Math.max(0, state.first_seq - 1) : state.last_seq, gone: 0 }
    }
    if (point.created !== created || state.last_seq < point.sequence) {
      const was = `read to ${point.sequence} of the one made ${point.created}`
      throw natsErrors.make('nats_stream_replaced', `${stream}, made ${created}, ends at ${state.last_seq}; ${was}`)
    }
    const goneCount = state.first_seq - 1 - point.sequence
    return goneCount > 0 ? this.passed(point, goneCount) : point
  }

  /** Messages that the stream no longer had are told by their numbers, and counted in the resume point. */
  private passed(point: StreamPoint, goneCount: number): StreamPoint {
    const { stream } = this.settings
    const fromSequence = point.sequence + 1
    const toSequence = point.sequence + goneCount
    this.opened?.context.logger.warn('nats_messages_gone', { stream, fromSequence, toSequence, goneCount })
    return { created: point.created, sequence: toSequence, gone: point.gone + goneCount }
  }

  /** The messages of one request, without a gap. Asks for no more than there are, so that the answer does not wait. */
  private async pull(reading: Reading): Promise<JsMsg[]> {
    const wanted = Math.max(1, Math.min(reading.pendingCount, mostPulled))
    const messages: JsMsg[] = []
    try {
      const answer = await reading.consumer.fetch({ max_messages: wanted, expires: pullWaitMs })
      for await (const message of answer) {
        const { deliverySequence, pending } = message.info
        if (deliverySequence !== reading.nextDelivery) {
          this.reading = undefined
          break
        }
        reading.nextDelivery++
        reading.pendingCount = pending
        messages.push(message)
      }
    } catch (error) {
      // What came before the failure is whole, and the point moves with it alone.
      this.reading = undefined
      if (messages.length === 0) throw natsProblem(error, `reading the stream ${this.settings.stream}`)
    }
    if (messages.length === 0 && this.reading !== undefined) await this.questionSilence(reading)
    return messages
  }

  /** Nobody says why nothing came: the stream is quiet, messages were lost on their way, or the consumer is gone. */
  private async questionSilence(reading: Reading): Promise<void> {
    try {
      const { delivered, num_pending } = await reading.consumer.info()
      reading.pendingCount = num_pending
      if (delivered.consumer_seq >= reading.nextDelivery) this.reading = undefined
    } catch {
      // A consumer is made anew, and that says what is wrong with the stream or the connection.
      this.reading = undefined
    }
  }

  private append(into: RecordWriter, message: JsMsg): boolean {
    const { subjectAs, filter } = this.settings
    const point = present(this.point, 'the point of a source that reads')
    const { streamSequence, timestampNanos } = message.info
    const value = message.data
    const taken = into.append({
      key: subjectAs === 'key' ? Buffer.from(message.subject) : null,
      value,
      valueStart: 0,
      valueEnd: value.length,
      timestampMs: Math.floor(Number(timestampNanos) / 1_000_000),
      headers: this.headersOf(message),
    })
    if (!taken) return false
    const goneCount = streamSequence - point.sequence - 1
    // With a filter the messages of other subjects are not ours, and cannot be told from deleted ones.
    const behind = goneCount > 0 && filter === undefined ? this.passed(point, goneCount) : point
    this.point = { created: behind.created, sequence: streamSequence, gone: behind.gone }
    return true
  }

  private headersOf(message: JsMsg): ReturnType<typeof encodeHeaders> | null {
    const { subjectAs, headers } = this.settings
    const list: RecordHeader[] = []
    if (subjectAs === 'header') list.push({ key: 'nats.subject', value: Buffer.from(message.subject) })
    if (headers && message.headers !== undefined) {
      for (const [key, values] of message.headers) {
        for (const value of values) list.push({ key, value: Buffer.from(value) })
      }
    }
    return list.length === 0 ? null : encodeHeaders(list)
  }
}
