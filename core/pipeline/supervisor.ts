// Runs pipelines on an engine: makes their topics, starts sinks, then transforms and sources, and ends them in the
// other order.

import type { Ingress } from '../connector/ingress.js'
import type { PushSource } from '../connector/push-source.js'
import type { Source } from '../connector/source.js'
import type { LogEngine } from '../engine/log-engine.js'
import type { World } from '../runtime/world.js'
import type { Logger } from '../telemetry/logger.js'
import type { Recorder } from '../telemetry/recorder.js'
import { recordAppliedPlans } from './applied-plan.js'
import { DrainSignal } from './drain-signal.js'
import { Edge } from './edge.js'
import type { EdgeEnvironment, EdgeStop } from './edge-environment.js'
import { EdgeMeter } from './edge-meter.js'
import { pipelineErrors } from './errors.js'
import type { PipelinePlan, SinkPlan, SourcePlan, TransformPlan } from './pipeline-plan.js'
import type { EdgeRole, EdgeStatus } from './pipeline-status.js'
import { prepareTopics } from './prepare-topics.js'
import { runPushSource } from './push-runner.js'
import { runSink } from './sink-runner.js'
import { runSource } from './source-runner.js'
import { clearSpools } from './spool.js'
import { runTransform } from './transform-runner.js'
import { reviewWork } from './work-directory.js'

/** SIGTERM has 10 s: this leaves two for the engine, the listeners and the process. */
const defaultDrainMs = 8_000

/** The fewest files that a connector is allowed to hold open, however many share the limit. */
const fewestOpenFiles = 16

export interface StartPipelinesOptions {
  readonly plans: readonly PipelinePlan[]
  readonly engine: LogEngine
  readonly world: World
  readonly logger: Logger
  readonly recorder: Recorder
  /** The hub's own; absolute. */
  readonly dataDirectory: string
  /** How many files all connectors together may hold open. */
  readonly openFiles: number
  /** The listener that HTTP sources share. */
  readonly ingress: Ingress
}

export interface RunningPipelines {
  /** All edges, in the order of the files: sources, transforms, sinks. */
  status(): readonly EdgeStatus[]
  /** The edges that stay down until a person acts. */
  readonly failed: readonly EdgeStatus[]
  /**
   * Ends all edges within `timeoutMs` (8 s) and a moment: sources first, whose last append settles; then transforms and
   * after them sinks, which go on for a part of the rest of the time until they reached the end of the log. What does
   * not end in time is left alone; its records are read or written again at the next start. Calling it twice is fine.
   */
  drain(timeoutMs?: number): Promise<void>
}

/**
 * Starts the pipelines; resolves when their topics stand and their edges are on their way up. Whether an edge came up,
 * and why not, says its status. Errors: engine_lacks, and those of prepareTopics and of the engine.
 */
export async function startPipelines(options: StartPipelinesOptions): Promise<RunningPipelines> {
  const { plans, engine, world, logger } = options
  if (!engine.capabilities.atomicState) {
    throw pipelineErrors.make('engine_lacks', 'the engine cannot append records and resume points as one', {
      details: { capability: 'atomicState' },
    })
  }
  const { dataDirectory } = options
  await clearSpools(world.files, dataDirectory)
  const owners = plans.flatMap(({ name, sinks }) => sinks.map(({ id }) => ({ pipeline: name, sink: id })))
  await reviewWork({ files: world.files, dataDirectory, logger }, owners)
  await prepareTopics(plans, engine, logger)
  // Before anything runs: from now on retention keeps what these have not read.
  const readers = plans.flatMap(({ transforms, sinks }) => [...transforms, ...sinks])
  engine.keepFor(readers.map(({ group, from }) => ({ group, topics: [...from, `${group}.replay`] })))
  await recordAppliedPlans(engine, plans, world.clock.now())
  return new Supervisor(options)
}

class Supervisor implements RunningPipelines {
  private readonly options: StartPipelinesOptions
  private readonly openFilesEach: number
  private readonly sourcesEnd: DrainSignal
  private readonly transformsEnd: DrainSignal
  private readonly sinksEnd: DrainSignal
  private readonly sinks: readonly Edge[]
  private readonly transforms: readonly Edge[]
  private readonly sources: readonly Edge[]
  private draining: Promise<void> | undefined

  constructor(options: StartPipelinesOptions) {
    const { plans, openFiles, world } = options
    const connectorCount = plans.reduce((count, { sources, sinks }) => count + sources.length + sinks.length, 0)
    this.options = options
    this.openFilesEach = Math.max(fewestOpenFiles, Math.floor(openFiles / Math.max(1, connectorCount)))
    this.sourcesEnd = new DrainSignal(world.clock)
    this.transformsEnd = new DrainSignal(world.clock)
    this.sinksEnd = new DrainSignal(world.clock)
    this.sinks = plans.flatMap((plan) => plan.sinks.map((sink) => this.startSink(plan, sink)))
    this.transforms = plans.flatMap((plan) => plan.transforms.map((transform) => this.startTransform(plan, transform)))
    this.sources = plans.flatMap((plan) => plan.sources.map((source) => this.startSource(plan, source)))
  }

  status(): readonly EdgeStatus[] {
    return [...this.sources, ...this.transforms, ...this.sinks].map((edge) => edge.status())
  }

  get failed(): readonly EdgeStatus[] {
    return this.status().filter(({ state, nextAttemptMs }) => state === 'failed' && nextAttemptMs === undefined)
  }

  drain(timeoutMs = defaultDrainMs): Promise<void> {
    this.draining ??= this.drainOnce(timeoutMs)
    return this.draining
  }

  private async drainOnce(timeoutMs: number): Promise<void> {
    const { clock } = this.options.world
    const endMs = clock.monotonicMs() + timeoutMs
    const allDone = (edges: readonly Edge[]): Promise<unknown> => Promise.all(edges.map(({ done }) => done))
    await this.sourcesEnd.drain(allDone(this.sources), { deadlineMs: timeoutMs / 4, catchUpMs: 0 })
    const transformMs = Math.max(0, endMs - clock.monotonicMs()) / 3
    await this.transformsEnd.drain(allDone(this.transforms), { deadlineMs: transformMs, catchUpMs: transformMs / 2 })
    const deadlineMs = Math.max(0, endMs - clock.monotonicMs())
    await this.sinksEnd.drain(allDone(this.sinks), { deadlineMs, catchUpMs: deadlineMs / 2 })
  }

  private startSink(plan: PipelinePlan, sink: SinkPlan): Edge {
    const environment = this.environment(plan, sink.id, 'sink', { type: sink.declaration.type, topics: sink.from })
    const stop = this.sinksEnd
    const run = async (): Promise<void> => {
      const module = await sink.declaration.load()
      await runSink({ environment, plan: sink, sink: module.create(sink.settings as never), stop })
    }
    return new Edge({ environment, stop, run })
  }

  private startTransform(plan: PipelinePlan, transform: TransformPlan): Edge {
    const environment = this.environment(plan, transform.id, 'transform', { type: 'transform', topics: transform.from })
    const stop = this.transformsEnd
    return new Edge({ environment, stop, run: () => runTransform({ environment, plan: transform, stop }) })
  }

  private startSource(plan: PipelinePlan, source: SourcePlan): Edge {
    const { role, type } = source.declaration
    const environment = this.environment(plan, source.id, role, { type, topics: source.topics })
    const stop = this.sourcesEnd
    return new Edge({ environment, stop, run: () => runAnySource(environment, source, stop) })
  }

  private environment(
    plan: PipelinePlan,
    id: string,
    role: EdgeRole,
    { type, topics }: { readonly type: string; readonly topics: readonly string[] },
  ): EdgeEnvironment {
    const { engine, world, logger, recorder, dataDirectory, ingress } = this.options
    const meter = new EdgeMeter({ pipeline: plan.name, id, role, type, topics }, world.clock, recorder)
    return {
      plan,
      id,
      engine,
      world,
      logger: logger.child({ pipeline: plan.name, [role]: id }),
      recorder,
      meter,
      dataDirectory,
      limits: { openFiles: this.openFilesEach },
      ingress,
    }
  }
}

async function runAnySource(environment: EdgeEnvironment, plan: SourcePlan, stop: EdgeStop): Promise<void> {
  const { declaration, settings } = plan
  if (declaration.role === 'push-source') {
    const source: PushSource = (await declaration.load()).create(settings as never)
    await runPushSource({ environment, plan, source, stop })
  } else {
    const source: Source = (await declaration.load()).create(settings as never)
    await runSource({ environment, plan, source, stop })
  }
}
