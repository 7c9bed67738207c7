// Sources for tests.

import type { ConnectorContext } from '../../../core/connector/context.js'
import { declareSource } from '../../../core/connector/declaration.js'
import type { RecordWriter, ResumePoint, Source } from '../../../core/connector/source.js'
import type { SourcePlan } from '../../../core/pipeline/pipeline-plan.js'
import type { RecordParts } from '../../../core/record/batch-builder.js'

export interface CountingOptions {
  /** Numbers to give; Infinity never ends. */
  readonly total: number
  /** At most this many in one read. */
  readonly perRead?: number
  readonly keyOf?: (number: number) => string | null
  readonly textOf?: (number: number) => string
  /** What `read` answers when all is given; `end` by default. */
  readonly after?: 'idle' | 'end'
  /** Called before each read; what it throws fails the read. */
  readonly beforeRead?: (next: number) => void
}

/** Gives the numbers from 0 on, and remembers under `next` which one comes next. */
export class CountingSource implements Source {
  readonly acknowledged: number[] = []
  next = 0
  reads = 0
  isClosed = false
  private readonly options: CountingOptions

  constructor(options: CountingOptions) {
    this.options = options
  }

  async open(context: ConnectorContext): Promise<void> {
    this.next = (context.state.get('next') as number | undefined) ?? 0
  }

  async read(into: RecordWriter): Promise<'more' | 'idle' | 'end'> {
    const { total, perRead = Infinity, keyOf, textOf = String, after = 'end', beforeRead } = this.options
    beforeRead?.(this.next)
    this.reads++
    const end = Math.min(total, this.next + perRead)
    const first = this.next
    for (; this.next < end; this.next++) {
      const value = Buffer.from(textOf(this.next))
      const key = keyOf?.(this.next) ?? null
      if (!into.append(parts(value, key === null ? null : Buffer.from(key)))) break
    }
    if (this.next > first) into.remember('next', this.next)
    return this.next < total ? 'more' : after
  }

  async acknowledge(points: ReadonlyMap<string, ResumePoint | undefined>): Promise<void> {
    this.acknowledged.push(points.get('next') as number)
  }

  async close(): Promise<void> {
    this.isClosed = true
  }
}

export function parts(value: Uint8Array | null, key: Uint8Array | null = null, timestampMs = 1_000): RecordParts {
  return { key, value, valueStart: 0, valueEnd: value?.length ?? 0, timestampMs, headers: null }
}

export function sourcePlan(
  change: Partial<SourcePlan> = {},
  create: () => Source = () => new CountingSource({ total: 0 }),
): SourcePlan {
  const declaration = declareSource({
    role: 'source',
    type: 'counting',
    summary: 'Numbers.',
    delivery: 'exactly-once',
    fields: {},
    load: async () => ({ create }),
  })
  const onError = { deadLetter: undefined, maxAttempts: 3 }
  const { to = 'numbers' } = change
  return {
    id: 'numbers',
    declaration,
    settings: {},
    to,
    topic: to,
    topics: [to],
    parse: undefined,
    key: undefined,
    steps: [],
    onError,
    ...change,
  }
}
