// A webhook sink as it runs: in a pipeline, on an engine in memory that outlives it.

import { webhookSink } from '../../../connectors/webhook/declaration.js'
import { readSettings } from '../../../core/connector/fields.js'
import { noIngress } from '../../../core/connector/no-ingress.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../../core/engine/memory/memory-engine.js'
import { type RunningPipelines, startPipelines } from '../../../core/pipeline/supervisor.js'
import { encodeBatch, type PlainRecord } from '../../../core/record/encode-batch.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { emptyPlan } from '../../core/pipeline/rig.js'

const world = nodeWorld()

export class WebhookSite {
  readonly engine: LogEngine
  private running: RunningPipelines | undefined

  private constructor(engine: LogEngine) {
    this.engine = engine
  }

  static async open(): Promise<WebhookSite> {
    const engine = await openMemoryEngine({ clock: world.clock, random: world.random, logger: silentLogger })
    return new WebhookSite(engine)
  }

  async start(settings: Readonly<Record<string, unknown>>, deadLetter?: string): Promise<void> {
    const local = { allowPrivate: ['127.0.0.1'], allowHttp: true }
    const names = deadLetter === undefined ? ['events'] : ['events', deadLetter]
    this.running = await startPipelines({
      plans: [
        {
          ...emptyPlan,
          topics: names.map((name) => ({ name, partitions: 1, settings: {}, declared: true })),
          sinks: [
            {
              id: 'hook',
              declaration: webhookSink,
              settings: readSettings(webhookSink.fields, { ...local, ...settings }),
              from: ['events'],
              group: 'shop.hook',
              steps: [],
              onError: { deadLetter, maxAttempts: 1 },
            },
          ],
        },
      ],
      engine: this.engine,
      world,
      ingress: noIngress,
      logger: silentLogger,
      recorder: silentRecorder,
      dataDirectory: '/nowhere',
      openFiles: 64,
    })
  }

  /** One batch of records: `key value` pairs. */
  async append(...records: readonly (readonly [string | null, unknown])[]): Promise<void> {
    const plain = records.map(
      ([key, value]): PlainRecord => ({
        key: key === null ? null : Buffer.from(key),
        value: Buffer.from(JSON.stringify(value)),
        timestampMs: 1_000,
      }),
    )
    await this.engine.append([{ topic: 'events', partition: 0, batch: encodeBatch(plain) }])
  }

  /** The error of the sink. */
  get problem(): string | undefined {
    return this.running?.status()[0]?.error?.code
  }

  get committed(): number | undefined {
    return this.engine.groups.committed('shop.hook', { topic: 'events', partition: 0 })?.offset
  }

  async stop(timeoutMs?: number): Promise<void> {
    await this.running?.drain(timeoutMs)
    this.running = undefined
  }

  async close(): Promise<void> {
    await this.stop(2_000)
    await this.engine.close()
  }
}
