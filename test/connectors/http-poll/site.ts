// An http-poll source as it runs: in a pipeline, on an engine in memory that outlives it, on a clock that the test moves
// or on the real one.

import { httpPollSource } from '../../../connectors/http-poll/declaration.js'
import { readSettings } from '../../../core/connector/fields.js'
import { noIngress } from '../../../core/connector/no-ingress.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../../core/engine/memory/memory-engine.js'
import type { PipelinePlan } from '../../../core/pipeline/pipeline-plan.js'
import type { EdgeStatus } from '../../../core/pipeline/pipeline-status.js'
import { type RunningPipelines, startPipelines } from '../../../core/pipeline/supervisor.js'
import type { Clock } from '../../../core/runtime/clock.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { examineEdges } from '../../../hub/examine.js'
import { emptyPlan, type LoggedRecord, readTopic, withAppend } from '../../core/pipeline/rig.js'

const local = { allowPrivate: ['127.0.0.1'], allowHttp: true, interval: '100ms', jitterPercent: 0 }

export class PollSite {
  readonly engine: LogEngine
  readonly #clock: Clock
  #running: RunningPipelines | undefined
  /** How many appends may go through; the next ones fail for good, as the disk of a dying machine does. */
  appendsLeft = Infinity

  private constructor(engine: LogEngine, clock: Clock) {
    this.engine = engine
    this.#clock = clock
  }

  static async open(clock: Clock = nodeWorld().clock): Promise<PollSite> {
    const { random } = nodeWorld()
    return new PollSite(await openMemoryEngine({ clock, random, logger: silentLogger }), clock)
  }

  async start(settings: Readonly<Record<string, unknown>>, deadLetter?: string): Promise<void> {
    const engine = withAppend(this.engine, async (entries, options) => {
      if (this.appendsLeft-- <= 0) throw new Error('the machine dies')
      return this.engine.append(entries, options)
    })
    const plan = planOf(settings, deadLetter)
    this.#running = await startPipelines({
      plans: [plan],
      engine,
      world: { ...nodeWorld(), clock: this.#clock },
      ingress: noIngress,
      logger: silentLogger,
      recorder: silentRecorder,
      dataDirectory: '/nowhere',
      openFiles: 64,
    })
  }

  /** What `validate --connect` says of the source, with what it remembers. */
  async examine(settings: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
    const findings = await examineEdges({
      plans: [planOf(settings)],
      world: { ...nodeWorld(), clock: this.#clock },
      dataDirectory: '/nowhere',
      hubId: this.engine.hubId,
      state: this.engine.state,
      signal: new AbortController().signal,
    })
    return findings.map(({ level, message }) => `${level}: ${message}`)
  }

  records(topic = 'polled'): Promise<readonly LoggedRecord[]> {
    return readTopic(this.engine, topic)
  }

  async values(): Promise<readonly (string | null)[]> {
    return (await this.records()).map(({ value }) => value)
  }

  get status(): EdgeStatus | undefined {
    return this.#running?.status()[0]
  }

  get problem(): string | undefined {
    return this.status?.error?.code
  }

  async stop(): Promise<void> {
    await this.#running?.drain(2_000)
    this.#running = undefined
  }

  async close(): Promise<void> {
    await this.stop()
    await this.engine.close()
  }
}

function planOf(settings: Readonly<Record<string, unknown>>, deadLetter?: string): PipelinePlan {
  const names = deadLetter === undefined ? ['polled'] : ['polled', deadLetter]
  return {
    ...emptyPlan,
    topics: names.map((name) => ({ name, partitions: 1, settings: {}, declared: true })),
    sources: [
      {
        id: 'in',
        declaration: httpPollSource,
        settings: readSettings(httpPollSource.fields, { ...local, ...settings }),
        to: 'polled',
        topic: 'polled',
        topics: ['polled'],
        parse: undefined,
        key: undefined,
        steps: [],
        onError: { deadLetter, maxAttempts: 1 },
      },
    ],
  }
}
