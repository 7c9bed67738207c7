// Runs of a test sink on a rig: what reached the target, where the group stands, and waits for both.

import type { LogEngine } from '../../../core/engine/log-engine.js'
import type { DrainSignal } from '../../../core/pipeline/drain-signal.js'
import type { EdgeMeter } from '../../../core/pipeline/edge-meter.js'
import type { SinkPlan } from '../../../core/pipeline/pipeline-plan.js'
import { runSink } from '../../../core/pipeline/sink-runner.js'
import { endRun, makeEnvironment, makeRig, makeStop, makeTopic, type Rig } from './rig.js'
import { sinkPlan, type TargetRecord, TestSink, type TestSinkOptions } from './sinks.js'

/** The partition that most tests fill. */
export const place = { topic: 'numbers', partition: 0 }

export interface RunOptions {
  readonly sink?: TestSinkOptions
  readonly plan?: Partial<SinkPlan>
  readonly engine?: LogEngine
  readonly id?: string
}

export interface SinkTestRun {
  readonly sink: TestSink
  readonly done: Promise<void>
  readonly stop: DrainSignal
  readonly meter: EdgeMeter
  end(catchUpMs?: number): Promise<void>
}

export class SinkRuns {
  readonly rig: Rig
  readonly target: TargetRecord[] = []

  private constructor(rig: Rig) {
    this.rig = rig
  }

  static async make(): Promise<SinkRuns> {
    const rig = await makeRig()
    await makeTopic(rig.engine, 'numbers')
    return new SinkRuns(rig)
  }

  run({ sink: options = {}, plan = {}, engine = this.rig.engine, id = 'copy' }: RunOptions = {}): SinkTestRun {
    const environment = makeEnvironment({ ...this.rig, engine }, id, 'sink')
    const stop = makeStop(this.rig)
    const sink = new TestSink(this.target, options)
    const done = runSink({ environment, plan: sinkPlan({ id, ...plan }), sink, stop })
    done.catch(() => undefined)
    const end = (catchUpMs = 0): Promise<void> => endRun(this.rig, stop, done, catchUpMs)
    return { sink, done, stop, end, meter: environment.meter }
  }

  committed(topic = 'numbers', partition = 0): number | undefined {
    return this.rig.engine.groups.committed('shop.copy', { topic, partition })?.offset
  }

  delivered(): (string | null)[] {
    return this.target.map(({ value }) => value)
  }

  async whenDelivered(count: number): Promise<void> {
    for (let waits = 0; this.target.length < count; waits++) {
      if (waits > 1_000) throw new Error(`only ${this.target.length} of ${count} records came`)
      await this.rig.clock.advance(50)
    }
  }

  async whenWritten(sink: TestSink, count: number): Promise<void> {
    for (let waits = 0; sink.writes < count; waits++) {
      if (waits > 1_000) throw new Error(`only ${sink.writes} of ${count} writes came`)
      await this.rig.clock.advance(50)
    }
  }
}
