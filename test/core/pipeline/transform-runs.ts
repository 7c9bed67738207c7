// Runs of a transform on a rig: records in, what came of them, and waits for both.

import type { LogEngine } from '../../../core/engine/log-engine.js'
import type { DrainSignal } from '../../../core/pipeline/drain-signal.js'
import type { EdgeMeter } from '../../../core/pipeline/edge-meter.js'
import type { StepPlan, TransformPlan } from '../../../core/pipeline/pipeline-plan.js'
import { statefulDeclarations } from '../../../core/pipeline/steps/stateful/settings.js'
import { readSettings } from '../../../core/connector/fields.js'
import { runTransform } from '../../../core/pipeline/transform-runner.js'
import { encodeBatch, type PlainRecord } from '../../../core/record/encode-batch.js'
import { partitionForKey } from '../../../core/record/partitioner.js'
import { endRun, type LoggedRecord, makeEnvironment, makeRig, makeStop, makeTopic, readTopic, type Rig } from './rig.js'

/** A step with state as a file has it. */
export function statefulStep(kind: keyof typeof statefulDeclarations, raw: Record<string, unknown>): StepPlan {
  return { kind, settings: readSettings(statefulDeclarations[kind].fields, raw) }
}

export interface Event {
  readonly key?: string
  readonly timeMs: number
  readonly partition?: number
  readonly fields: Readonly<Record<string, unknown>>
}

export interface TransformTestRun {
  readonly done: Promise<void>
  readonly stop: DrainSignal
  readonly meter: EdgeMeter
  end(catchUpMs?: number): Promise<void>
}

export class TransformRuns {
  readonly rig: Rig
  readonly partitions: number

  private constructor(rig: Rig, partitions: number) {
    this.rig = rig
    this.partitions = partitions
  }

  static async make(partitions = 1): Promise<TransformRuns> {
    const rig = await makeRig()
    for (const topic of ['events', 'made', 'dead', 'late']) await makeTopic(rig.engine, topic, partitions)
    return new TransformRuns(rig, partitions)
  }

  run(
    steps: readonly StepPlan[],
    changes: Partial<TransformPlan> = {},
    engine: LogEngine = this.rig.engine,
  ): TransformTestRun {
    const environment = makeEnvironment({ ...this.rig, engine }, 'shape', 'transform')
    const stop = makeStop(this.rig)
    const plan: TransformPlan = {
      id: 'shape',
      from: ['events'],
      topic: 'made',
      topics: ['made'],
      group: 'shop.shape',
      steps,
      onError: { deadLetter: 'dead', maxAttempts: 8 },
      ...changes,
    }
    const done = runTransform({ environment, plan, stop })
    done.catch(() => undefined)
    return { done, stop, meter: environment.meter, end: (catchUpMs = 0) => endRun(this.rig, stop, done, catchUpMs) }
  }

  async send(events: readonly Event[], topic = 'events'): Promise<void> {
    for (const { key, timeMs, partition, fields } of events) {
      const bytes = key === undefined ? null : Buffer.from(key)
      const record: PlainRecord = { key: bytes, value: Buffer.from(JSON.stringify(fields)), timestampMs: timeMs }
      const place = partition ?? (bytes === null ? 0 : partitionForKey(bytes, this.partitions))
      await this.rig.engine.append([{ topic, partition: place, batch: encodeBatch([record]) }])
    }
  }

  async sendRaw(value: string, partition = 0): Promise<void> {
    const record: PlainRecord = { key: Buffer.from('raw'), value: Buffer.from(value), timestampMs: 1 }
    await this.rig.engine.append([{ topic: 'events', partition, batch: encodeBatch([record]) }])
  }

  /** The offsets of the group over all partitions. */
  passed(): number {
    const commits = this.rig.engine.groups.allCommitted('shop.shape')
    return commits.reduce((sum, { offset }) => sum + offset, 0)
  }

  async whenPassed(count: number): Promise<void> {
    for (let waits = 0; this.passed() < count; waits++) {
      if (waits > 400) throw new Error(`only ${this.passed()} of ${count} records were passed`)
      await this.rig.clock.advance(50)
    }
  }

  records(topic = 'made'): Promise<readonly LoggedRecord[]> {
    return readTopic(this.rig.engine, topic)
  }

  async values(topic = 'made'): Promise<readonly unknown[]> {
    return (await this.records(topic)).map(({ value }) => JSON.parse(value ?? 'null') as unknown)
  }
}
