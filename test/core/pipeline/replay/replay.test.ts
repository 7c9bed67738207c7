import { beforeEach, describe, expect, it } from 'vitest'
import { originOf } from '../../../../core/connector/origin.js'
import { deadLetterOf, type DeadLetterReason } from '../../../../core/pipeline/dead-letter.js'
import type { PipelinePlan, SourcePlan } from '../../../../core/pipeline/pipeline-plan.js'
import { replayDeadLetters, type ReplayFilter } from '../../../../core/pipeline/replay/replay.js'
import { encodeBatch, type PlainRecord } from '../../../../core/record/encode-batch.js'
import { declareSource } from '../../../../core/connector/declaration.js'
import { emptyPlan, makeTopic, plain, readTopic, type Rig, testErrors, withAppend } from '../rig.js'
import { SinkRuns } from '../sink-runs.js'
import { sinkPlan, type TestSink } from '../sinks.js'

let runs: SinkRuns
let rig: Rig

beforeEach(async () => {
  runs = await SinkRuns.make()
  rig = runs.rig
  await makeTopic(rig.engine, 'dead', 2, { maxBatchBytes: 8 * 1024 * 1024 })
})

const onError = { deadLetter: 'dead', maxAttempts: 3 }

function sourcePlan(): SourcePlan {
  const declaration = declareSource({
    role: 'source',
    type: 'test',
    summary: 'Nothing.',
    delivery: 'exactly-once',
    fields: {},
    load: () => Promise.reject(new Error('a replay loads nothing')),
  })
  const topics = { to: 'numbers', topic: 'numbers', topics: ['numbers'] }
  return { id: 'in', declaration, settings: {}, ...topics, parse: undefined, key: undefined, steps: [], onError }
}

function plans(sink = sinkPlan({ onError })): readonly PipelinePlan[] {
  return [{ ...emptyPlan, sources: [sourcePlan()], sinks: [sink] }]
}

async function replay(
  filter: ReplayFilter = {},
  more: { limit?: number; isDryRun?: boolean; engine?: Rig['engine'] } = {},
) {
  return replayDeadLetters({ engine: rig.engine, plans: plans(), topic: 'dead', filter, isDryRun: false, ...more })
}

const atSink = { code: 'record_bad', message: 'bad', pipeline: 'shop', edge: 'copy', topic: 'numbers', topicId: 'id-1' }

/** Puts letters into partition 0 of the dead-letter topic; the record of each was offset 0, 1, … of `numbers`. */
async function bury(
  records: readonly PlainRecord[],
  change: (number: number) => Partial<DeadLetterReason> = () => ({}),
) {
  const letters = records.map((record, offset) =>
    deadLetterOf(
      record,
      { ...atSink, partition: 0, offset, attempts: 1, atMs: 1_000 + offset, ...change(offset) },
      100_000,
    ),
  )
  await rig.engine.append([{ topic: 'dead', partition: 0, batch: encodeBatch(letters) }])
}

async function valuesOf(topic: string): Promise<readonly (string | null)[]> {
  return (await readTopic(rig.engine, topic)).map(({ value }) => value)
}

describe('a replay', () => {
  it('brings what a sink failed back to that sink, as it was, with its first place', async () => {
    let isRepaired = false
    let sink: TestSink | undefined = undefined
    const origins: unknown[] = []
    const run = runs.run({
      plan: { onError },
      sink: {
        isBad: ({ value }) => !isRepaired && value === '1',
        failing: (_record, cursor, batch) => sink!.context.fail(batch, cursor, testErrors.make('record_bad', 'a one')),
        beforeWrite(batch) {
          const cursor = batch.cursor()
          while (cursor.next()) origins.push(originOf(batch, cursor, 'shop.copy.replay'))
        },
      },
    })
    sink = run.sink
    const headers = [{ key: 'trace', value: Buffer.from('7') }]
    const records = ['0', '1', '2'].map((value) => ({ ...plain(value, `k${value}`), headers }))
    await rig.engine.append([{ topic: 'numbers', partition: 0, batch: encodeBatch(records) }])
    await runs.whenDelivered(2)
    await rig.clock.advance(2_000)
    isRepaired = true

    expect(await replay()).toMatchObject({
      replayed: 1,
      targets: [{ edge: 'shop.copy', topic: 'shop.copy.replay', count: 1 }],
      refused: [],
    })
    await runs.whenDelivered(3)
    await run.end()

    expect(run.meter.status().topics).toContain('shop.copy.replay')
    expect(runs.target[2]).toMatchObject({ topic: 'shop.copy.replay', key: 'k1', value: '1', timestampMs: 1 })
    expect(Object.keys(runs.target[2]!.headers)).toEqual([
      'trace',
      ...['topic', 'topicId', 'partition', 'offset'].map((name) => `tailrace.replay.${name}`),
    ])
    const topicId = rig.engine.topics.find('numbers')!.id
    expect(origins.at(-1)).toEqual({ topic: 'numbers', topicId, partition: 0, offset: 1 })
  })

  it('takes a letter that failed again back with its very first place', async () => {
    const first = { topic: 'numbers', topicId: 'id-0', partition: '3', offset: '9' }
    const headers = Object.entries(first).map(([name, text]) => ({
      key: `tailrace.replay.${name}`,
      value: Buffer.from(text),
    }))
    await bury([{ ...plain('x'), headers }], () => ({ topic: 'shop.copy.replay', offset: 0 }))
    await replay()
    const [again] = await readTopic(rig.engine, 'shop.copy.replay')
    expect(again?.headers).toEqual(Object.fromEntries(headers.map(({ key, value }) => [key, value.toString()])))
  })

  it('believes no place that a producer made up', async () => {
    const forged = [{ key: 'tailrace.replay.offset', value: Buffer.from('77') }]
    await bury([{ ...plain('x'), headers: forged }])
    await replay()
    expect((await readTopic(rig.engine, 'shop.copy.replay'))[0]?.headers['tailrace.replay.offset']).toBe('0')
  })

  it('puts what a source failed into the topic that it was meant for', async () => {
    await bury([plain('line', 'k')], () => ({
      edge: 'in',
      partition: undefined,
      offset: undefined,
      topicId: undefined,
    }))
    expect((await replay()).targets).toEqual([{ edge: 'shop.in', topic: 'numbers', count: 1 }])
    expect(await readTopic(rig.engine, 'numbers')).toMatchObject([{ key: 'k', value: 'line', headers: {} }])
  })

  it('repeats nothing in a second run, and takes what came meanwhile', async () => {
    await bury([plain('a', 'k'), plain('b', 'k')])
    expect((await replay()).replayed).toBe(2)
    await bury([plain('c', 'k')])
    expect(await replay()).toMatchObject({ replayed: 1, repeated: 2 })
    expect(await valuesOf('shop.copy.replay')).toEqual(['a', 'b', 'c'])
  })

  it('leaves nothing behind when its append is refused, and then replays all', async () => {
    await bury([plain('a', 'k'), plain('b', 'k')])
    const engine = withAppend(rig.engine, () => Promise.reject(testErrors.make('target_down', 'no room')))
    await expect(replay({}, { engine })).rejects.toThrow('no room')
    expect(await replay()).toMatchObject({ replayed: 2, repeated: 0 })
  })

  it('keeps the order of each key through many letters and a limit', async () => {
    await bury(Array.from({ length: 5_000 }, (_, number) => plain(String(number), `k${number % 7}`)))
    for (const limit of [1, 10, 4_200]) expect((await replay({}, { limit })).replayed).toBe(limit)
    expect((await replay()).replayed).toBe(5_000 - 4_211)
    const lastOf = new Map<string, number>()
    for (const { key, value } of await readTopic(rig.engine, 'shop.copy.replay')) {
      expect(Number(value)).toBeGreaterThan(lastOf.get(key!) ?? -1)
      lastOf.set(key!, Number(value))
    }
    expect([...lastOf.values()].reduce((sum, last) => sum + last, 0)).toBe(4_993 * 7 + 21)
  })

  it('takes only what the filter wants, and says which letters go ahead of earlier ones of their key', async () => {
    const codes = ['record_bad', 'record_worse', 'record_bad', 'record_bad']
    await bury([plain('0', 'a'), plain('1', 'b'), plain('2', 'b'), plain('3', 'a')], (number) => ({
      code: codes[number]!,
    }))
    expect(await replay({ code: 'record_bad' })).toMatchObject({ replayed: 3, filtered: 1, overtaking: 1 })
    expect(await replay({ edge: 'shop.other' })).toMatchObject({ replayed: 0, filtered: 1, repeated: 3 })
    expect(await replay({ sinceMs: 1_002 })).toMatchObject({ replayed: 0, filtered: 1 })
    expect(await replay({ edge: 'shop.copy', sinceMs: 1_001 })).toMatchObject({ replayed: 1 })
  })

  it('takes those for which a condition holds, and names those of which it says nothing', async () => {
    await bury([plain('{"n":1}'), plain('{"n":7}'), plain('{"m":7}'), plain('no object')])
    const where = 'n > 5 && topic == "numbers" && headers["tailrace.error.edge"] == "copy"'
    const report = await replay({ where })
    expect(report).toMatchObject({ replayed: 1, filtered: 1 })
    expect(report.refused.map(({ reason, count }) => [reason, count])).toEqual([
      ['the condition has no answer (expression_failed)', 1],
      ['the condition has no answer (value_not_object)', 1],
    ])
    expect(await valuesOf('shop.copy.replay')).toEqual(['{"n":7}'])
    await expect(replay({ where: 'n >' })).rejects.toMatchObject({ code: 'expression_invalid' })
  })

  it('changes nothing when it is dry', async () => {
    await bury([plain('a'), plain('b')])
    expect(await replay({}, { isDryRun: true })).toMatchObject({ isDryRun: true, replayed: 2 })
    expect(rig.engine.topics.find('shop.copy.replay')).toBeUndefined()
    expect((await replay()).replayed).toBe(2)
  })

  it('names and counts what cannot go back', async () => {
    const changes: Partial<DeadLetterReason>[] = [
      { lastOffset: 5 },
      { edge: 'gone' },
      { pipeline: 'gone' },
      { edge: 'in', partition: undefined, offset: undefined, topic: 'gone' },
      {},
    ]
    await bury(
      changes.map((_, number) => plain(String(number))),
      (number) => changes[number]!,
    )
    const cut = deadLetterOf(
      plain('x'.repeat(5_000)),
      { ...atSink, partition: 0, offset: 9, attempts: 1, atMs: 1 },
      2_000,
    )
    await rig.engine.append([{ topic: 'dead', partition: 1, batch: encodeBatch([cut, plain('no letter')]) }])
    const report = await replay()
    expect(report.replayed).toBe(1)
    expect(report.refused.map(({ reason, count }) => [reason, count])).toEqual([
      ['a batch that nobody could read', 1],
      ['no file that ran last has shop.gone', 1],
      ['no file that ran last has gone.copy', 1],
      ['its topic gone is gone', 1],
      ['cut: the letter does not hold the whole record', 1],
      ['no dead letter', 1],
    ])
    expect(report.refused[4]?.examples).toEqual([{ partition: 1, offset: 0 }])
  })

  it('is refused for a sink that cannot take another topic, which does not read it either', async () => {
    const plan = sinkPlan({ onError })
    const sink = { ...plan, declaration: { ...plan.declaration, refusesReplay: () => 'it reads one topic only' } }
    await bury([plain('a')])
    const options = { engine: rig.engine, topic: 'dead', filter: {}, isDryRun: false }
    const report = await replayDeadLetters({ ...options, plans: plans(sink) })
    expect(report.refused[0]?.reason).toBe('the sink shop.copy takes none: it reads one topic only')
    expect(rig.engine.topics.find('shop.copy.replay')).toBeUndefined()
  })

  it('is ended by a later one of the same topic', async () => {
    await bury([plain('a')])
    let later: Promise<unknown> = Promise.resolve()
    const engine = withAppend(rig.engine, async (entries, options) => {
      later = replay()
      await later
      return rig.engine.append(entries, options)
    })
    await expect(replay({}, { engine })).rejects.toMatchObject({ code: 'state_fenced' })
    expect(await valuesOf('shop.copy.replay')).toEqual(['a'])
  })
})
