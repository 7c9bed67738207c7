import { beforeEach, describe, expect, it } from 'vitest'
import { engineErrors } from '../../../core/engine/errors.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import {
  advanceUntil,
  appendNumbers,
  down,
  makeTopic,
  plain,
  readTopic,
  type Rig,
  testErrors,
  withAppend,
} from './rig.js'
import { place, SinkRuns } from './sink-runs.js'
import type { TestSink, TestSinkOptions } from './sinks.js'

let runs: SinkRuns
let rig: Rig

beforeEach(async () => {
  runs = await SinkRuns.make()
  rig = runs.rig
})

describe('records that a sink cannot deliver', () => {
  const isBad = ({ value }: { value: string | null }) => Number(value) % 10 === 3
  const bad = testErrors.make('record_bad', 'a three')
  const failing: TestSinkOptions['failing'] = (_record, cursor, batch) =>
    sinkOf(batch.topic).context.fail(batch, cursor, bad)
  let current: TestSink
  const sinkOf = (_topic: string): TestSink => current
  const withDeadLetters = { onError: { deadLetter: 'dead', maxAttempts: 3 } }

  beforeEach(async () => {
    await makeTopic(rig.engine, 'dead', 2)
    await appendNumbers(rig.engine, place, { from: 0, to: 50 })
  })

  const deadValues = async () => (await readTopic(rig.engine, 'dead')).map(({ value }) => String(value)).toSorted()

  it('become dead letters with their bytes, their place and the error, and the rest goes on', async () => {
    const { end, sink, meter } = runs.run({ sink: { isBad, failing }, plan: withDeadLetters })
    current = sink
    await runs.whenDelivered(45)
    await rig.clock.advance(1_000)
    await end()
    expect(await deadValues()).toEqual(['13', '23', '3', '33', '43'])
    expect((await readTopic(rig.engine, 'dead')).find(({ value }) => value === '13')?.headers).toMatchObject({
      'tailrace.error.code': 'record_bad',
      'tailrace.error.message': 'a three',
      'tailrace.error.pipeline': 'shop',
      'tailrace.error.edge': 'copy',
      'tailrace.error.topic': 'numbers',
      'tailrace.error.partition': '0',
      'tailrace.error.offset': '13',
      'tailrace.error.attempts': '1',
    })
    expect(runs.delivered()).toHaveLength(45)
    expect(runs.committed()).toBe(50)
    expect(meter.status().deadLetterCount).toBe(5)
  })

  it('go into the log in one append with the offset that passes them', async () => {
    const appends: { letters: number; offset: number | undefined }[] = []
    const engine = withAppend(rig.engine, async (entries, options) => {
      appends.push({ letters: entries.length, offset: options?.commits?.[0]?.offsets[0]?.offset })
      return rig.engine.append(entries, options)
    })
    const { end, sink } = runs.run({ sink: { isBad, failing }, plan: withDeadLetters, engine })
    current = sink
    await runs.whenDelivered(45)
    await rig.clock.advance(1_000)
    await end()
    expect(appends).toEqual([{ letters: 1, offset: 50 }])
  })

  it('are there once although the append that holds them was refused at first', async () => {
    let refusals = 7
    const engine = withAppend(rig.engine, async (entries, options) => {
      if (refusals-- > 0) throw engineErrors.make('log_disk_full', 'no room')
      return rig.engine.append(entries, options)
    })
    const { end, sink, meter } = runs.run({ sink: { isBad, failing }, plan: withDeadLetters, engine })
    current = sink
    await runs.whenDelivered(45)
    await rig.clock.advance(1_000)
    expect(runs.committed()).toBeUndefined()
    expect(meter.status().error?.code).toBe('log_disk_full')
    await rig.clock.advance(120_000)
    expect(runs.committed()).toBe(50)
    expect(meter.status().error).toBeUndefined()
    await end()
    expect(await deadValues()).toHaveLength(5)
  })

  it('are failed again, and are there once, when the run ends before their offset is committed', async () => {
    const options = { sink: { isBad, failing, outcome: 'accepted' as const }, plan: withDeadLetters }
    const first = runs.run({
      ...options,
      sink: {
        ...options.sink,
        beforeFlush: () => {
          throw testErrors.make('target_broken', 'cannot flush')
        },
      },
    })
    current = first.sink
    await runs.whenWritten(first.sink, 1)
    await first.end()
    expect(await deadValues()).toEqual([])
    const second = runs.run(options)
    current = second.sink
    await runs.whenWritten(second.sink, 1)
    await second.end()
    expect(await deadValues()).toHaveLength(5)
    expect(runs.delivered()).toHaveLength(45)
  })

  it('stay failed when the write throws behind them, if the sink has passed them', async () => {
    let passed = 0
    const passing: TestSinkOptions['failing'] = (record, cursor, batch) => {
      if (cursor.offset < passed) return
      failing(record, cursor, batch)
      passed = cursor.offset + 1
      current.context.keepFailed()
      if (cursor.offset === 23) throw down()
    }
    const { end, sink } = runs.run({ sink: { isBad, failing: passing }, plan: withDeadLetters })
    current = sink
    await runs.whenDelivered(45)
    await rig.clock.advance(1_000)
    await end()
    expect(await deadValues()).toEqual(['13', '23', '3', '33', '43'])
  })

  it('go ahead of the offset when the sink asks for it, and still are there once', async () => {
    const options = { sink: { isBad, failing, outcome: 'accepted' as const }, plan: withDeadLetters }
    const first = runs.run(options)
    current = first.sink
    const write = first.sink.write.bind(first.sink)
    first.sink.write = async (batch) => {
      const outcome = await write(batch)
      await first.sink.context.settleFailed()
      expect(await deadValues()).toHaveLength(5)
      return outcome
    }
    first.sink.revoked = async () => {
      throw testErrors.make('target_broken', 'cannot flush')
    }
    await runs.whenWritten(first.sink, 1)
    await rig.clock.advance(100)
    await first.end()
    expect(runs.committed()).toBe(0)

    const second = runs.run(options)
    current = second.sink
    await runs.whenWritten(second.sink, 1)
    await second.end()
    expect(runs.committed()).toBe(50)
    expect(await deadValues()).toHaveLength(5)
  })

  it('are tried as often as the file says when their error passes by itself', async () => {
    const attempts: number[] = []
    const failingForNow: TestSinkOptions['failing'] = (_record, cursor, batch) => {
      attempts.push(cursor.offset)
      current.context.fail(batch, cursor, testErrors.make('record_refused', 'busy'))
    }
    const { end, sink } = runs.run({
      sink: { isBad: ({ value }) => value === '3', failing: failingForNow },
      plan: withDeadLetters,
    })
    current = sink
    await runs.whenDelivered(49)
    await end()
    expect(attempts).toEqual([3, 3, 3])
    const letters = await readTopic(rig.engine, 'dead')
    expect(letters.map(({ headers }) => headers['tailrace.error.attempts'])).toEqual(['3'])
  })

  it('stop a sink without a dead-letter topic, which passes none of them', async () => {
    const { done, sink } = runs.run({ sink: { isBad, failing } })
    current = sink
    await expect(advanceUntil(rig, done)).rejects.toMatchObject({
      code: 'no_dead_letter_topic',
      details: { offset: 3 },
    })
    expect(runs.committed()).toBe(0)
  })

  it('stop a sink that swallows what fail throws', async () => {
    const swallowing: TestSinkOptions['failing'] = (record, cursor, batch) => {
      try {
        failing(record, cursor, batch)
      } catch {
        // What a careless sink does.
      }
    }
    const { done, sink } = runs.run({ sink: { isBad, failing: swallowing } })
    current = sink
    await expect(advanceUntil(rig, done)).rejects.toMatchObject({ code: 'no_dead_letter_topic' })
    expect(runs.committed()).toBe(0)
  })

  it('count only in the write that went well', async () => {
    const { end, sink } = runs.run({
      sink: {
        isBad,
        failing: (record, cursor, batch) => {
          if (sink.writes === 1 && record.value === '23') throw down()
          failing(record, cursor, batch)
        },
      },
      plan: withDeadLetters,
    })
    current = sink
    await runs.whenDelivered(45)
    await end()
    const letters = await readTopic(rig.engine, 'dead')
    expect(letters.map(({ value }) => String(value)).toSorted()).toEqual(['13', '23', '3', '33', '43'])
    expect(letters.find(({ value }) => value === '3')?.headers['tailrace.error.attempts']).toBe('2')
  })

  it('count in a write that failed, too, where the sink called them durable before', async () => {
    const { end, sink } = runs.run({ sink: {}, plan: withDeadLetters })
    current = sink
    const offsets: number[] = []
    sink.write = async (batch) => {
      const isFirst = offsets.length === 0
      const cursor = batch.cursor()
      while (cursor.next()) {
        if (cursor.offset < 10 && !isFirst) continue
        offsets.push(cursor.offset)
        if (isBad({ value: cursor.value()!.toString() })) sink.context.fail(batch, cursor, bad)
        if (cursor.offset < 19) continue
        if (!isFirst) continue
        sink.context.durable(batch, 10)
        throw down()
      }
      return 'durable'
    }
    for (let waits = 0; runs.committed() !== 50; waits++) {
      if (waits > 100) throw new Error('the offsets were never committed')
      await rig.clock.advance(100)
    }
    await end()
    expect(await deadValues()).toEqual(['13', '23', '3', '33', '43'])
  })

  it('make the sink flush before they fill the memory', async () => {
    await makeTopic(rig.engine, 'large', 1)
    const batch = encodeBatch([plain('x'.repeat(900_000))])
    for (let count = 0; count < 20; count++) await rig.engine.append([{ topic: 'large', partition: 0, batch }])
    let flushes = 0
    const { end, sink } = runs.run({
      sink: { isBad: () => true, failing, outcome: 'accepted', beforeFlush: () => void flushes++ },
      plan: { ...withDeadLetters, from: ['large'] },
    })
    current = sink
    await runs.whenWritten(sink, 5)
    expect(flushes).toBeGreaterThanOrEqual(2)
    await end()
    expect(await deadValues()).toHaveLength(20)
  })
})
