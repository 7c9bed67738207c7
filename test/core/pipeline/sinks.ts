// Sinks for tests. Their target is an array that outlives them, as a database outlives its client.

import { declareSink } from '../../../core/connector/declaration.js'
import type { Assignment, Sink, SinkBatch, SinkContext, SinkPartition } from '../../../core/connector/sink.js'
import type { RecordCursor } from '../../../core/record/record-cursor.js'
import type { SinkPlan } from '../../../core/pipeline/pipeline-plan.js'
import { decode, type LoggedRecord } from './rig.js'

export interface TestSinkOptions {
  /** `durable` at once, `accepted` until a flush, or `held` beyond it. */
  readonly outcome?: 'durable' | 'accepted' | 'held'
  /** Called before each write; what it throws fails it. */
  readonly beforeWrite?: (batch: SinkBatch, attempt: number) => void | Promise<void>
  /** What it cannot deliver. */
  readonly failing?: (record: LoggedRecord, cursor: RecordCursor, batch: SinkBatch) => void
  /** True when `failing` said so about a record. */
  readonly isBad?: (record: LoggedRecord) => boolean
  readonly startAt?: (assignment: Assignment) => number | undefined
  readonly beforeFlush?: () => void
  readonly onTick?: () => void
  readonly check?: () => void
}

export type TargetRecord = LoggedRecord & { readonly topic: string }

export class TestSink implements Sink {
  readonly calls: string[] = []
  context!: SinkContext
  writes = 0
  isClosed = false
  private readonly target: TargetRecord[]
  private readonly options: TestSinkOptions
  private accepted: TargetRecord[] = []
  private underWay = ''

  constructor(target: TargetRecord[], options: TestSinkOptions = {}) {
    this.target = target
    this.options = options
  }

  async open(context: SinkContext): Promise<void> {
    this.context = context
  }

  async check(): Promise<void> {
    this.options.check?.()
  }

  async assigned(partitions: readonly Assignment[]): Promise<readonly (number | undefined)[]> {
    return this.alone(`assigned ${partitions.map(({ topic, partition }) => `${topic}/${partition}`).join(' ')}`, () => {
      return partitions.map((assignment) => this.options.startAt?.(assignment))
    })
  }

  async write(batch: SinkBatch): Promise<'accepted' | 'held' | 'durable'> {
    return this.alone(`write ${batch.firstOffset}-${batch.nextOffset - 1}`, async () => {
      const { outcome = 'durable', beforeWrite, failing, isBad } = this.options
      const attempt = this.writes++
      await beforeWrite?.(batch, attempt)
      const records: TargetRecord[] = []
      const cursor = batch.cursor()
      while (cursor.next()) {
        const record = { ...decode(cursor, batch.partition), topic: batch.topic }
        if (isBad?.(record)) failing?.(record, cursor, batch)
        else records.push(record)
      }
      if (outcome === 'durable') this.target.push(...records)
      else if (outcome === 'accepted') this.accepted.push(...records)
      return outcome
    })
  }

  async tick(): Promise<void> {
    await this.alone('tick', () => this.options.onTick?.())
  }

  async flush(): Promise<void> {
    await this.alone('flush', () => this.publish())
  }

  async revoked(partitions: readonly SinkPartition[]): Promise<void> {
    await this.alone(`revoked ${partitions.length}`, () => this.publish())
  }

  async close(): Promise<void> {
    this.isClosed = true
  }

  private publish(): void {
    this.options.beforeFlush?.()
    this.target.push(...this.accepted)
    this.accepted = []
  }

  /** Fails loudly when two calls overlap. */
  private async alone<T>(call: string, body: () => T | Promise<T>): Promise<T> {
    if (this.underWay !== '') throw new Error(`${call} during ${this.underWay}`)
    this.underWay = call
    this.calls.push(call)
    try {
      return await body()
    } finally {
      this.underWay = ''
    }
  }
}

export function sinkPlan(change: Partial<SinkPlan> = {}, create: () => Sink = () => new TestSink([])): SinkPlan {
  const declaration = declareSink({
    role: 'sink',
    type: 'test',
    summary: 'An array.',
    delivery: 'exactly-once',
    fields: {},
    load: async () => ({ create }),
  })
  const onError = { deadLetter: undefined, maxAttempts: 3 }
  return { id: 'copy', declaration, settings: {}, from: ['numbers'], group: 'shop.copy', steps: [], onError, ...change }
}
