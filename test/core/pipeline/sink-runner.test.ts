import { beforeEach, describe, expect, it } from 'vitest'
import type { SinkBatch } from '../../../core/connector/sink.js'
import { engineErrors } from '../../../core/engine/errors.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { advanceUntil, appendNumbers, down, endRun, makeTopic, numbers, plain, type Rig, testErrors } from './rig.js'
import { place, SinkRuns } from './sink-runs.js'

let runs: SinkRuns
let rig: Rig

beforeEach(async () => {
  runs = await SinkRuns.make()
  rig = runs.rig
})

describe('a sink run', () => {
  it('brings every record to a durable sink once, in order, and commits behind the last', async () => {
    await appendNumbers(rig.engine, place, { from: 0, to: 100 })
    const { end, meter, sink } = runs.run()
    await runs.whenDelivered(100)
    await appendNumbers(rig.engine, place, { from: 100, to: 150 })
    await runs.whenDelivered(150)
    await rig.clock.advance(1_000)
    expect(runs.committed()).toBe(150)
    expect(meter.status()).toMatchObject({ state: 'running', recordCount: 150, lagRecords: 0, error: undefined })
    await end()
    expect(runs.delivered()).toEqual(numbers(0, 150))
    expect(sink.isClosed).toBe(true)
  })

  it('goes on behind what the group committed', async () => {
    await appendNumbers(rig.engine, place, { from: 0, to: 10 })
    const first = runs.run()
    await runs.whenDelivered(10)
    await first.end()
    await appendNumbers(rig.engine, place, { from: 10, to: 20 })
    const second = runs.run()
    await runs.whenDelivered(20)
    await second.end()
    expect(runs.delivered()).toEqual(numbers(0, 20))
  })

  it('begins in the middle of a batch where the group stands there', async () => {
    await appendNumbers(rig.engine, place, { from: 0, to: 10 })
    await rig.engine.groups.commit({
      group: 'shop.copy',
      memberId: '',
      generation: -1,
      offsets: [{ ...place, offset: 4 }],
    })
    const { end } = runs.run()
    await runs.whenDelivered(6)
    await end()
    expect(runs.delivered()).toEqual(numbers(4, 10))
  })

  it('moves the group by what is durable only, which an accepting sink becomes when it is let go', async () => {
    await appendNumbers(rig.engine, place, { from: 0, to: 10 })
    const { end, sink, meter } = runs.run({ sink: { outcome: 'accepted' } })
    await runs.whenWritten(sink, 1)
    await rig.clock.advance(2_000)
    expect(runs.committed()).toBe(0)
    expect(meter.status()).toMatchObject({ recordCount: 0, lagRecords: 10 })
    await end()
    expect(meter.status()).toMatchObject({ recordCount: 10, lagRecords: 0 })
    expect(runs.delivered()).toEqual(numbers(0, 10))
    expect(runs.committed()).toBe(10)
  })

  it('moves the group as far as the sink says that it is durable', async () => {
    await appendNumbers(rig.engine, place, { from: 0, to: 10 })
    const { end, sink } = runs.run({ sink: { outcome: 'accepted' } })
    await runs.whenWritten(sink, 1)
    sink.context.durable({ ...place, topicId: rig.engine.topics.find('numbers')!.id }, 6)
    await rig.clock.advance(1_000)
    expect(runs.committed()).toBe(6)
    await end()
  })

  it('does not take a flush for the end of what the sink holds', async () => {
    await appendNumbers(rig.engine, place, { from: 0, to: 10 })
    const { end, sink } = runs.run({ sink: { outcome: 'held' } })
    await runs.whenWritten(sink, 1)
    sink.context.durable({ ...place, topicId: rig.engine.topics.find('numbers')!.id }, 6)
    await end()
    expect(runs.committed()).toBe(6)
  })

  it('never lets a sink call records durable that the log does not have', async () => {
    const { end, sink } = runs.run()
    await rig.clock.advance(100)
    expect(() => sink.context.durable({ ...place, topicId: '' }, 1)).toThrow('log ends at 0')
    await end()
  })

  it('ticks at least once a second while nothing is to be written', async () => {
    const { end, sink } = runs.run()
    await rig.clock.advance(10_000)
    expect(sink.calls.filter((call) => call === 'tick').length).toBeGreaterThanOrEqual(10)
    await end()
  })

  it('ticks between writes that take longer than a second, however much is behind them', async () => {
    await appendNumbers(rig.engine, place, { from: 0, to: 10 })
    const { end, sink } = runs.run({
      sink: {
        async beforeWrite(batch) {
          if (batch.nextOffset < 50)
            await appendNumbers(rig.engine, place, { from: batch.nextOffset, to: batch.nextOffset + 10 })
          await rig.clock.sleep(1_500)
        },
      },
    })
    await runs.whenDelivered(50)
    const calls = sink.calls.filter((call) => call === 'tick' || call.startsWith('write'))
    const writes = calls.flatMap((call, index) => (call === 'tick' ? [] : [index]))
    expect(writes.length).toBeGreaterThan(2)
    for (const index of writes.slice(0, -1)) expect(calls[index + 1]).toBe('tick')
    await end()
  })

  it('gets large batches where one partition has much, and no partition waits for another where many have', async () => {
    const mebibyte = 1024 * 1024
    const batch = encodeBatch([plain('x'.repeat(mebibyte / 2))])
    await makeTopic(rig.engine, 'more', 4)
    for (let count = 0; count < 12; count++) await rig.engine.append([{ ...place, batch }])
    const sizes = new Map<string, number[]>()
    const beforeWrite = ({ topic, batches }: SinkBatch): void => {
      sizes.set(topic, [...(sizes.get(topic) ?? []), batches.length / mebibyte])
    }
    const alone = runs.run({ sink: { beforeWrite } })
    await runs.whenDelivered(12)
    await alone.end()
    expect(sizes.get('numbers')![0]).toBeGreaterThan(3)
    expect(Math.max(...sizes.get('numbers')!)).toBeLessThanOrEqual(4)

    for (let count = 0; count < 12; count++) {
      await rig.engine.append([0, 1, 2, 3].map((partition) => ({ topic: 'more', partition, batch })))
    }
    const together = runs.run({ sink: { beforeWrite }, plan: { from: ['more'] }, id: 'other' })
    await runs.whenDelivered(12 + 48)
    await together.end()
    expect(Math.max(...sizes.get('more')!)).toBeLessThanOrEqual(1)
  })

  it('reads partitions of many topics, each in its order', async () => {
    await makeTopic(rig.engine, 'more', 2)
    await appendNumbers(rig.engine, place, { from: 0, to: 30 })
    await appendNumbers(rig.engine, { topic: 'more', partition: 0 }, { from: 100, to: 130 })
    await appendNumbers(rig.engine, { topic: 'more', partition: 1 }, { from: 200, to: 230 })
    const { end } = runs.run({ plan: { from: ['numbers', 'more'] } })
    await runs.whenDelivered(90)
    await end()
    const of = (topic: string, partition: number) =>
      runs.target.filter((record) => record.topic === topic && record.partition === partition).map(({ value }) => value)
    expect(of('numbers', 0)).toEqual(numbers(0, 30))
    expect(of('more', 0)).toEqual(numbers(100, 130))
    expect(of('more', 1)).toEqual(numbers(200, 230))
  })
})

describe('a slow sink', () => {
  it('has at most two reads of the log in memory, however much is there', async () => {
    const mebibyte = 1024 * 1024
    const batch = encodeBatch([plain('x'.repeat(mebibyte - 200))])
    for (let count = 0; count < 40; count++) await rig.engine.append([{ ...place, batch }])
    let readBytes = 0
    const counting = Object.create(rig.engine, {
      read: {
        value: async (...[reads, limits, signal]: Parameters<LogEngine['read']>) => {
          const result = await rig.engine.read(reads, limits, signal)
          for (const chunk of result.chunks) readBytes += chunk.batches.length
          return result
        },
      },
    }) as LogEngine
    const { done, stop, sink } = runs.run({
      engine: counting,
      sink: { beforeWrite: () => new Promise<void>(() => undefined) },
    })
    await runs.whenWritten(sink, 1)
    await rig.clock.advance(60_000)
    expect(sink.writes).toBe(1)
    expect(readBytes).toBeLessThanOrEqual(8 * mebibyte)
    await endRun(rig, stop, done)
  })
})

describe('a sink whose target is down', () => {
  it('waits for as long as it takes, and writes the same batch again', async () => {
    await appendNumbers(rig.engine, place, { from: 0, to: 5 })
    let isDown = true
    const { end, meter, sink } = runs.run({
      sink: {
        beforeWrite: () => {
          if (isDown) throw down()
        },
      },
    })
    await rig.clock.advance(3_600_000)
    expect(meter.status()).toMatchObject({ state: 'waiting', lagRecords: 5, error: { code: 'target_down' } })
    // The longest wait is 30 s: an hour is more than a hundred attempts, and far less than a busy loop makes.
    expect(sink.writes).toBeGreaterThan(100)
    expect(sink.writes).toBeLessThan(400)
    isDown = false
    await runs.whenDelivered(5)
    expect(meter.status()).toMatchObject({ state: 'running', error: undefined })
    await end()
    expect(runs.delivered()).toEqual(numbers(0, 5))
    expect(runs.committed()).toBe(5)
  })

  it('sees the log grow meanwhile', async () => {
    await appendNumbers(rig.engine, place, { from: 0, to: 5 })
    const { end, meter } = runs.run({
      sink: {
        beforeWrite: () => {
          throw down()
        },
      },
    })
    await rig.clock.advance(5_000)
    await appendNumbers(rig.engine, place, { from: 5, to: 500 })
    await rig.clock.advance(1_000)
    expect(meter.status().lagRecords).toBe(500)
    await end()
  })

  it('ends at once when it is told to', async () => {
    await appendNumbers(rig.engine, place, { from: 0, to: 5 })
    const { end, done } = runs.run({
      sink: {
        beforeWrite: () => {
          throw down()
        },
      },
    })
    await rig.clock.advance(60_000)
    const before = rig.clock.monotonicMs()
    await end(4_000)
    await done
    expect(rig.clock.monotonicMs() - before).toBeLessThan(1_000)
    expect(runs.committed()).toBe(0)
  })

  it('fails with an error that waiting does not help, and keeps what was durable before', async () => {
    await appendNumbers(rig.engine, place, { from: 0, to: 5 })
    const { done, sink } = runs.run({
      sink: {
        beforeWrite: (_batch, attempt) => {
          if (attempt > 0) throw testErrors.make('target_broken', 'no such table')
        },
      },
    })
    await runs.whenDelivered(5)
    await appendNumbers(rig.engine, place, { from: 5, to: 10 })
    await expect(advanceUntil(rig, done)).rejects.toMatchObject({ code: 'target_broken' })
    expect(runs.committed()).toBe(5)
    expect(sink.isClosed).toBe(true)
  })

  it('fails when the check of the target does', async () => {
    const { done } = runs.run({
      sink: {
        check: () => {
          throw testErrors.make('target_broken', 'no rights')
        },
      },
    })
    await expect(done).rejects.toMatchObject({ code: 'target_broken' })
  })
})

describe('two members of a sink', () => {
  it('share the partitions, and nothing is lost or repeated when one comes or goes', async () => {
    await makeTopic(rig.engine, 'many', 4)
    let next = 0
    const append = async (): Promise<void> => {
      for (let partition = 0; partition < 4; partition++, next += 10) {
        await appendNumbers(rig.engine, { topic: 'many', partition }, { from: next, to: next + 10 })
      }
    }
    const plan = { from: ['many'], group: 'shop.copy' }
    await append()
    const one = runs.run({ plan, id: 'one' })
    await runs.whenDelivered(40)
    const two = runs.run({ plan, id: 'two' })
    await append()
    await rig.clock.advance(30_000)
    await append()
    await runs.whenDelivered(120)
    expect(one.sink.calls.filter((call) => call.startsWith('assigned')).at(-1)).toMatch(/^assigned many\/\d many\/\d$/)
    expect(two.sink.calls.filter((call) => call.startsWith('assigned')).at(-1)).toMatch(/^assigned many\/\d many\/\d$/)
    await one.end()
    await append()
    await rig.clock.advance(30_000)
    await runs.whenDelivered(160)
    await two.end()
    expect(
      runs
        .delivered()
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(numbers(0, 160).map(Number))
    for (let partition = 0; partition < 4; partition++) {
      const offsets = runs.target.filter((record) => record.partition === partition).map(({ offset }) => offset)
      expect(offsets).toEqual(Array.from({ length: 40 }, (_, index) => index))
    }
  })
})

describe('a sink that is told to end', () => {
  it('gets what the log holds first, as far as its time goes', async () => {
    await appendNumbers(rig.engine, place, { from: 0, to: 5 })
    const { end, sink } = runs.run()
    await runs.whenDelivered(5)
    await rig.clock.advance(100)
    await appendNumbers(rig.engine, place, { from: 5, to: 3_000 })
    await end(4_000)
    expect(runs.delivered()).toEqual(numbers(0, 3_000))
    expect(runs.committed()).toBe(3_000)
    expect(sink.calls.at(-1)).toBe('revoked 1')
  })

  it('is left alone when it does not end in time, and what was durable is committed', async () => {
    await appendNumbers(rig.engine, place, { from: 0, to: 5 })
    const { end, done, sink } = runs.run({
      sink: {
        beforeWrite: (_batch, attempt) => (attempt === 0 ? undefined : new Promise<void>(() => undefined)),
      },
    })
    await runs.whenDelivered(5)
    await appendNumbers(rig.engine, place, { from: 5, to: 10 })
    await runs.whenWritten(sink, 2)
    const before = rig.clock.monotonicMs()
    await end(4_000)
    await done
    expect(rig.clock.monotonicMs() - before).toBeLessThan(9_000)
    expect(runs.committed()).toBe(5)
    expect(runs.delivered()).toEqual(numbers(0, 5))
  })
})

describe('damage in one partition', () => {
  it('keeps only that partition from being read, and is told', async () => {
    await makeTopic(rig.engine, 'two', 2)
    await appendNumbers(rig.engine, { topic: 'two', partition: 0 }, { from: 0, to: 5 })
    await appendNumbers(rig.engine, { topic: 'two', partition: 1 }, { from: 0, to: 5 })
    const damaged: LogEngine = Object.create(rig.engine, {
      read: {
        value: async (...[reads, limits, signal]: Parameters<LogEngine['read']>) => {
          const { chunks } = await rig.engine.read(reads, limits, signal)
          return {
            chunks: chunks.map((chunk) =>
              chunk.partition === 1
                ? { ...chunk, batches: Buffer.alloc(0), error: engineErrors.make('damaged', 'bytes changed') }
                : chunk,
            ),
          }
        },
      },
    }) as LogEngine
    const { end, meter } = runs.run({ plan: { from: ['two'] }, engine: damaged })
    await runs.whenDelivered(5)
    await appendNumbers(rig.engine, { topic: 'two', partition: 0 }, { from: 5, to: 10 })
    await runs.whenDelivered(10)
    expect(runs.target.every(({ partition }) => partition === 0)).toBe(true)
    expect(meter.status()).toMatchObject({ state: 'running', lagRecords: 5, error: { code: 'damaged' } })
    await end()
  })
})
