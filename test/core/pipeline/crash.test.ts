// Pipelines on the real engine over a simulated disk, killed at random calls: what the log and the targets hold in the
// end, judged from outside. A seed reproduces a run.

import { noIngress } from '../../../core/connector/no-ingress.js'
import { describe, expect, it } from 'vitest'
import type { Assignment, Sink, SinkBatch, SinkContext } from '../../../core/connector/sink.js'
import type { RecordWriter, Source } from '../../../core/connector/source.js'
import { openEmbeddedEngine } from '../../../core/engine/embedded/embedded-engine.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import type { PipelinePlan, TopicPlan } from '../../../core/pipeline/pipeline-plan.js'
import { startPipelines } from '../../../core/pipeline/supervisor.js'
import type { World } from '../../../core/runtime/world.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { SeededRandom } from '../../simulation/world/seeded-random.js'
import { SimulatedWorld } from '../../simulation/world/simulated-world.js'
import { decode, emptyPlan, readTopic, testErrors } from './rig.js'
import { sinkPlan, TestSink, type TargetRecord } from './sinks.js'
import { CountingSource, parts, sourcePlan } from './sources.js'

const total = 240
const isBadAtSource = (number: number): boolean => number % 17 === 0
const isBadForGroup = (number: number): boolean => number % 13 === 0
const isBadForTarget = (number: number): boolean => number % 11 === 0
const bad = testErrors.make('record_bad', 'a bad number')

/** Gives every seventeenth number as a dead letter. */
class PickySource extends CountingSource implements Source {
  override async read(into: RecordWriter): Promise<'more' | 'idle' | 'end'> {
    const end = Math.min(total, this.next + 9)
    for (; this.next < end; this.next++) {
      const record = parts(Buffer.from(String(this.next)), Buffer.from(`key ${this.next % 5}`))
      const isTaken = isBadAtSource(this.next)
        ? into.deadLetter(record, 'record_bad', 'a bad number')
        : into.append(record)
      if (!isTaken) break
    }
    into.remember('next', this.next)
    return this.next < total ? 'more' : 'idle'
  }
}

/** A target that holds records and position in one transaction, as a database does. */
class Ledger {
  readonly records: TargetRecord[] = []
  readonly positions = new Map<number, number>()
}

class LedgerSink implements Sink {
  private readonly ledger: Ledger
  private context!: SinkContext

  constructor(ledger: Ledger) {
    this.ledger = ledger
  }

  async open(context: SinkContext): Promise<void> {
    this.context = context
  }

  async check(): Promise<void> {}

  async assigned(partitions: readonly Assignment[]): Promise<readonly (number | undefined)[]> {
    return partitions.map(({ partition }) => this.ledger.positions.get(partition))
  }

  async write(batch: SinkBatch): Promise<'accepted' | 'durable'> {
    const good: TargetRecord[] = []
    const cursor = batch.cursor()
    while (cursor.next()) {
      const record = { ...decode(cursor, batch.partition), topic: batch.topic }
      if (isBadForTarget(Number(record.value))) this.context.fail(batch, cursor, bad)
      else good.push(record)
    }
    await this.context.settleFailed()
    this.ledger.records.push(...good)
    this.ledger.positions.set(batch.partition, batch.nextOffset)
    return 'durable'
  }

  async flush(): Promise<void> {}
  async revoked(): Promise<void> {}
  async close(): Promise<void> {}
}

interface Outside {
  readonly received: TargetRecord[]
  readonly ledger: Ledger
}

function makePlan({ received, ledger }: Outside): PipelinePlan {
  const topic = (name: string, partitions: number): TopicPlan => ({ name, partitions, settings: {}, declared: true })
  const onError = (deadLetter: string) => ({ onError: { deadLetter, maxAttempts: 2 } })
  const makeSink = (): Sink => {
    const sink: TestSink = new TestSink(received, {
      isBad: ({ value }) => isBadForGroup(Number(value)),
      failing: (_record, cursor, batch) => sink.context.fail(batch, cursor, bad),
    })
    return sink
  }
  return {
    ...emptyPlan,
    topics: [topic('numbers', 3), topic('dead.source', 1), topic('dead.group', 2), topic('dead.target', 1)],
    sources: [sourcePlan(onError('dead.source'), () => new PickySource({ total }))],
    sinks: [
      sinkPlan(onError('dead.group'), makeSink),
      sinkPlan({ id: 'ledger', group: 'shop.ledger', ...onError('dead.target') }, () => new LedgerSink(ledger)),
    ],
  }
}

/** With a journal that wraps around within a run. */
function openSmallEngine(world: World): Promise<LogEngine> {
  const journal = { fileBytes: 64 * 1024, maxFiles: 4 }
  return openEmbeddedEngine({ directory: '/data', world, journal, logger: silentLogger, recorder: silentRecorder })
}

/** One life of the hub: until all is delivered and committed, or until it dies. */
async function live(world: World, outside: Outside): Promise<void> {
  const surroundings = { logger: silentLogger, recorder: silentRecorder, ingress: noIngress }
  const engine = await openSmallEngine(world)
  const plans = [makePlan(outside)]
  const pipelines = await startPipelines({
    plans,
    engine,
    world,
    ...surroundings,
    dataDirectory: '/data',
    openFiles: 64,
  })
  for (let waits = 0; !(await isDone(engine)); waits++) {
    if (waits > 2_000) throw new Error(`no end: ${JSON.stringify(pipelines.status())}`)
    await world.clock.sleep(20)
  }
  await pipelines.drain()
  await engine.close()
}

async function isDone(engine: LogEngine): Promise<boolean> {
  let records = 0
  for (const partition of [0, 1, 2]) {
    const of = { topic: 'numbers', partition }
    const { highWatermark } = await engine.bounds(of)
    records += highWatermark
    for (const group of ['shop.copy', 'shop.ledger']) {
      if (engine.groups.committed(group, of)?.offset !== highWatermark) return false
    }
  }
  return records === range().filter((number) => !isBadAtSource(number)).length
}

function crashesOf(machine: SimulatedWorld): number {
  const { kill = 0, 'power-loss': powerLoss = 0 } = machine.faults.counts()
  return kill + powerLoss
}

const range = (): number[] => Array.from({ length: total }, (_, number) => number)
const byNumber = (a: number, b: number): number => a - b

async function inTopic(engine: LogEngine, topic: string): Promise<number[]> {
  return (await readTopic(engine, topic)).map(({ value }) => Number(value)).toSorted(byNumber)
}

describe('pipelines that are killed at any call', () => {
  const seeds = Array.from({ length: 16 }, (_, seed) => seed + 1)

  it.each(seeds)('lose nothing and hold everything once, seed %i', async (seed) => {
    const random = new SeededRandom(seed)
    const machine = new SimulatedWorld({ seed })
    const outside: Outside = { received: [], ledger: new Ledger() }
    let crashes = 0
    for (let lives = 0; lives < 4; lives++) {
      machine.crashAt(machine.callCount + 5 + random.below(250), { mode: random.chance(0.5) ? 'kill' : 'power' })
      try {
        const world = machine.boot()
        await machine.run(() => live(world, outside))
        break
      } catch (error) {
        // A crash in the middle of a call reaches us as whatever the dying process made of it.
        if (crashesOf(machine) === crashes) throw error
        crashes = crashesOf(machine)
      }
    }
    machine.crash()
    const world = machine.boot()
    await machine.run(() => live(world, outside))
    const engine = await machine.run(() => openSmallEngine(world))
    await machine.run(async () => {
      const good = range().filter((number) => !isBadAtSource(number))
      expect(await inTopic(engine, 'numbers')).toEqual(good)
      expect(await inTopic(engine, 'dead.source')).toEqual(range().filter(isBadAtSource))
      expect(await inTopic(engine, 'dead.group')).toEqual(good.filter(isBadForGroup))
      expect(await inTopic(engine, 'dead.target')).toEqual(good.filter(isBadForTarget))
      for (const partition of [0, 1, 2]) {
        const numbers = (await readTopic(engine, 'numbers')).filter((record) => record.partition === partition)
        expect(numbers.map(({ value }) => Number(value))).toEqual(
          numbers.map(({ value }) => Number(value)).toSorted(byNumber),
        )
      }
    })
    const delivered = outside.ledger.records.map(({ value }) => Number(value)).toSorted(byNumber)
    expect(delivered).toEqual(range().filter((number) => !isBadAtSource(number) && !isBadForTarget(number)))
    const received = new Set(outside.received.map(({ value }) => Number(value)))
    expect([...received].toSorted(byNumber)).toEqual(
      range().filter((number) => !isBadAtSource(number) && !isBadForGroup(number)),
    )
    expect(crashes).toBeGreaterThan(0)
  })
})
