import { beforeEach, describe, expect, it } from 'vitest'
import { advanceUntil, appendNumbers, down, numbers, type Rig } from './rig.js'
import { place, SinkRuns } from './sink-runs.js'

let runs: SinkRuns
let rig: Rig

beforeEach(async () => {
  runs = await SinkRuns.make()
  rig = runs.rig
})

describe('where a sink starts', () => {
  beforeEach(() => appendNumbers(rig.engine, place, { from: 0, to: 10 }))

  const commitAt = (offset: number) =>
    rig.engine.groups.commit({ group: 'shop.copy', memberId: '', generation: -1, offsets: [{ ...place, offset }] })

  it('is what the target holds, before what the group committed', async () => {
    await commitAt(3)
    const { end } = runs.run({ sink: { startAt: () => 7 } })
    await runs.whenDelivered(3)
    await end()
    expect(runs.delivered()).toEqual(numbers(7, 10))
    expect(runs.committed()).toBe(10)
  })

  it('is behind the group when the target is', async () => {
    await commitAt(8)
    const { end } = runs.run({ sink: { startAt: () => 2 } })
    await runs.whenDelivered(8)
    await end()
    expect(runs.delivered()).toEqual(numbers(2, 10))
  })

  it('is never beyond the end of the log', async () => {
    const { done } = runs.run({ sink: { startAt: () => 11 } })
    await expect(done).rejects.toMatchObject({ code: 'offset_beyond_end' })
    expect(runs.delivered()).toEqual([])
  })

  it('is never before the start of the log: the lost range is named', async () => {
    await commitAt(2)
    await rig.engine.deleteRecords(place, 6)
    const { done } = runs.run()
    await expect(done).rejects.toMatchObject({
      code: 'offset_out_of_range',
      details: { firstOffset: 2, lastOffset: 5, logStartOffset: 6 },
    })
    expect(runs.committed()).toBe(2)
  })

  it('is the start of the log for a group that never committed', async () => {
    await rig.engine.deleteRecords(place, 6)
    const { end } = runs.run()
    await runs.whenDelivered(4)
    await end()
    expect(runs.delivered()).toEqual(numbers(6, 10))
  })

  it('counts what the sink finished while it was assigned', async () => {
    const visited: string[] = []
    const { end, sink } = runs.run({
      sink: {
        startAt: () => undefined,
      },
    })
    const assigned = sink.assigned.bind(sink)
    sink.assigned = async (partitions) => {
      const of = partitions[0]!
      await sink.context.reread(of, { firstOffset: 2, nextOffset: 6 }, async (batch) => {
        const cursor = batch.cursor()
        while (cursor.next()) visited.push(cursor.value()!.toString())
      })
      sink.context.durable(of, 6)
      return assigned(partitions)
    }
    await runs.whenDelivered(4)
    await end()
    expect(visited).toEqual(numbers(2, 6))
    expect(runs.delivered()).toEqual(numbers(6, 10))
  })

  it('fails while records vanish before they were read, with the lost range', async () => {
    const { done, sink } = runs.run({
      sink: {
        beforeWrite: async (_batch, attempt) => {
          if (attempt > 0) throw down()
        },
      },
    })
    await runs.whenDelivered(10)
    await appendNumbers(rig.engine, place, { from: 10, to: 20 })
    await runs.whenWritten(sink, 2)
    await appendNumbers(rig.engine, place, { from: 20, to: 30 })
    await rig.engine.deleteRecords(place, 30)
    // What was read stays in hand; the target comes back, and the next read finds the hole.
    sink.write = async () => 'durable'
    await appendNumbers(rig.engine, place, { from: 30, to: 40 })
    await expect(advanceUntil(rig, done)).rejects.toMatchObject({ code: 'offset_out_of_range' })
  })
})
