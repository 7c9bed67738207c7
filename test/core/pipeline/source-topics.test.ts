import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SourceContext } from '../../../core/connector/context.js'
import type { Destination, RecordWriter, Source } from '../../../core/connector/source.js'
import type { SourcePlan } from '../../../core/pipeline/pipeline-plan.js'
import { runSource } from '../../../core/pipeline/source-runner.js'
import { emptyPlan, makeEnvironment, makeRig, makeStop, makeTopic, readTopic, type Rig } from './rig.js'
import { parts, sourcePlan } from './sources.js'

let rig: Rig
let dataDirectory: string

beforeEach(async () => {
  rig = await makeRig()
  dataDirectory = fs.mkdtempSync(path.join(os.tmpdir(), 'tailrace-topics-'))
})

afterEach(() => fs.rmSync(dataDirectory, { recursive: true, force: true }))

/** Gives numbers to tables in turn, each to the topic of its table, and remembers how many it gave. */
class TableSource implements Source {
  readonly appendNumbers: number[] = []
  context!: SourceContext
  private places: readonly Destination[] = []
  private next = 0
  private readonly tables: readonly string[]
  private readonly total: number

  constructor(tables: readonly string[], total: number) {
    this.tables = tables
    this.total = total
  }

  async open(context: SourceContext): Promise<void> {
    this.context = context
    this.next = (context.state.get('next') as number | undefined) ?? 0
    this.places = this.tables.map((table) => ({ topic: context.to.replace('{table}', table) }))
    for (const { topic } of this.places) await context.ensureTopic(topic)
  }

  async read(into: RecordWriter): Promise<'more' | 'end'> {
    this.appendNumbers.push(into.appendNumber)
    const end = Math.min(this.total, this.next + 3)
    while (this.next < end) {
      const value = Buffer.from(String(this.next))
      if (!into.append(parts(value, Buffer.from('k')), this.places[this.next % this.places.length])) break
      this.next++
    }
    into.remember('next', this.next)
    return this.next < this.total ? 'more' : 'end'
  }

  acknowledge(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

function run(source: Source, change: Partial<SourcePlan> = {}) {
  const defaultTopic = { partitions: 2, settings: { cleanup: 'compact' as const } }
  const environment = {
    ...makeEnvironment(rig, 'tables', 'source'),
    plan: { ...emptyPlan, defaultTopic },
    dataDirectory,
  }
  const plan = sourcePlan({ id: 'tables', to: 'shop.{table}', topic: undefined, topics: [], ...change })
  return { done: runSource({ environment, plan, source, stop: makeStop(rig) }), meter: environment.meter }
}

const values = async (topic: string) => (await readTopic(rig.engine, topic)).map(({ value }) => value)

describe('a source with topics of its own', () => {
  it('makes them with the defaults of its file and writes each record once, in the right one', async () => {
    const { done, meter } = run(new TableSource(['orders', 'lines'], 5))
    expect(await done).toBe('ended')
    await run(new TableSource(['orders', 'lines'], 8)).done
    expect(await values('shop.orders')).toEqual(['0', '2', '4', '6'])
    expect(await values('shop.lines')).toEqual(['1', '3', '5', '7'])
    expect(rig.engine.topics.find('shop.lines')).toMatchObject({ partitions: 2, settings: { cleanup: 'compact' } })
    expect(meter.status().topics).toEqual(['shop.orders', 'shop.lines'])
  })

  it('leaves one that exists as it is', async () => {
    await makeTopic(rig.engine, 'shop.orders', 3)
    await run(new TableSource(['orders'], 1)).done
    expect(rig.engine.topics.find('shop.orders')).toMatchObject({ partitions: 3, settings: { cleanup: 'delete' } })
  })

  it('sees another number in each append', async () => {
    const source = new TableSource(['orders'], 30)
    await run(source).done
    expect(new Set(source.appendNumbers).size).toBe(10)
  })

  it.each([
    ['a name that no topic can have', 'a b', 'invalid_topic_name'],
    ['a name of the product itself', '__tailrace_state', 'internal_topic'],
    ['its own dead-letter topic', 'shop.dead', 'dead_letter_topic_taken'],
  ])('is refused %s', async (_what, topic, code) => {
    const onError = { deadLetter: 'shop.dead', maxAttempts: 1 }
    await makeTopic(rig.engine, 'shop.dead')
    const { done } = run(new TableSource(['x'], 1), { to: topic, onError })
    await expect(done).rejects.toMatchObject({ code })
  })

  it('has temporary files for as long as it runs', async () => {
    const directory = path.join(dataDirectory, 'spool', 'shop.tables')
    const seen: string[][] = []
    class SpoolingSource extends TableSource {
      override async read(into: RecordWriter): Promise<'more' | 'end'> {
        const spool = await this.context.spool(1_000)
        await (await spool.create('transaction-7')).append(Buffer.from('x'))
        seen.push(fs.readdirSync(directory))
        return super.read(into)
      }
    }
    await run(new SpoolingSource(['orders'], 1)).done
    expect(seen).toEqual([['1-transaction-7']])
    expect(fs.existsSync(directory)).toBe(false)
  })
})
