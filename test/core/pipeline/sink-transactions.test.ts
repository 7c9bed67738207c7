import { beforeEach, describe, expect, it } from 'vitest'
import { TransactionalProducer } from '../../contracts/log-engine/transactional-producer.js'
import { appendNumbers } from './rig.js'
import { place, SinkRuns } from './sink-runs.js'

let runs: SinkRuns

beforeEach(async () => {
  runs = await SinkRuns.make()
})

describe('a sink', () => {
  it('gets records of committed transactions, and passes what was aborted', async () => {
    const { engine, clock } = runs.rig
    const producer = await TransactionalProducer.open(engine, 'tx')
    await producer.send(place, '0', '1')
    await producer.end('commit')
    await producer.send(place, 'aborted')
    await producer.end('abort')
    await appendNumbers(engine, place, { from: 2, to: 4 })
    const { end, meter } = runs.run()
    await runs.whenDelivered(4)
    await clock.advance(1_000)
    const { highWatermark } = await engine.bounds(place)
    expect(runs.committed()).toBe(highWatermark)
    expect(meter.status()).toMatchObject({ lagRecords: 0 })
    await end()
    expect(runs.delivered()).toEqual(['0', '1', '2', '3'])
  })

  it('waits for an open transaction, and is not behind once it was aborted', async () => {
    const { engine, clock } = runs.rig
    await appendNumbers(engine, place, { from: 0, to: 2 })
    const producer = await TransactionalProducer.open(engine, 'tx')
    await producer.send(place, 'open')
    await appendNumbers(engine, place, { from: 2, to: 3 })
    const { end, meter } = runs.run()
    await runs.whenDelivered(2)
    await clock.advance(10_000)
    expect(runs.committed()).toBe(2)
    await producer.end('abort')
    await runs.whenDelivered(3)
    await producer.send(place, 'aborted as well')
    await producer.end('abort')
    await clock.advance(5_000)
    expect(meter.status()).toMatchObject({ lagRecords: 0 })
    const { highWatermark } = await engine.bounds(place)
    expect(runs.committed()).toBe(highWatermark)
    await end()
    expect(runs.delivered()).toEqual(['0', '1', '2'])
  })
})
