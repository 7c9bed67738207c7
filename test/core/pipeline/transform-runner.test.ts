import { beforeEach, describe, expect, it } from 'vitest'
import { engineErrors } from '../../../core/engine/errors.js'
import { inProcessHost } from '../../../core/engine/group-service.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { unreadableBatch } from '../record/compressed-batch.js'
import { eventually, makeTopic, plain, withAppend } from './rig.js'
import { statefulStep, TransformRuns } from './transform-runs.js'

const once = statefulStep('dedupe', { key: 'id', window: '1h' })
const perMinute = statefulStep('aggregate', {
  by: { shop: 'shop' },
  window: '1m',
  values: { orders: { count: true }, total: { sum: 'price' } },
})

let runs: TransformRuns

beforeEach(async () => {
  runs = await TransformRuns.make()
})

function orders(...ids: number[]) {
  return ids.map((id) => ({ key: 'k', timeMs: id, fields: { id, shop: 'a', price: id } }))
}

describe('a run of a transform', () => {
  it('passes every record on as it came, and goes on behind what its group committed', async () => {
    await runs.send(orders(1, 2, 3))
    const first = runs.run([])
    await runs.whenPassed(3)
    expect(first.meter.status()).toMatchObject({ state: 'running', recordCount: 3, lagRecords: 0 })
    await first.end()
    await runs.send(orders(4))
    const second = runs.run([])
    await runs.whenPassed(4)
    await second.end()
    const made = await runs.records()
    expect(made.map(({ value, key, timestampMs }) => [value, key, timestampMs])).toEqual(
      [1, 2, 3, 4].map((id) => [JSON.stringify({ id, shop: 'a', price: id }), 'k', id]),
    )
  })

  it('keeps keys in the partitions of their hash, and records without a key in the partition they came from', async () => {
    const wide = await TransformRuns.make(3)
    const events = ['a', 'b', 'c', 'd', 'e'].map((key) => ({ key, timeMs: 1, fields: { key } }))
    await wide.send([...events, { timeMs: 1, partition: 2, fields: { key: null } }])
    const { end } = wide.run([])
    await wide.whenPassed(6)
    await end()
    const places = async (topic: string) => (await wide.records(topic)).map(({ key, partition }) => [key, partition])
    expect(await places('made')).toEqual(await places('events'))
  })

  it('remembers what it saw through the end of a run', async () => {
    await runs.send(orders(1, 2, 1))
    const first = runs.run([once])
    await runs.whenPassed(3)
    await first.end()
    await runs.send(orders(2, 3))
    const second = runs.run([once])
    await runs.whenPassed(5)
    await second.end()
    expect(await runs.values()).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3 }])
  })

  it('brings a record that fails to the dead letters with its place, and the rest on', async () => {
    await runs.send(orders(1))
    await runs.sendRaw('no json')
    await runs.send(orders(2))
    const { end, meter } = runs.run([once])
    await runs.whenPassed(3)
    expect(meter.status().deadLetterCount).toBe(1)
    await end()
    expect(await runs.values()).toMatchObject([{ id: 1 }, { id: 2 }])
    const [letter] = await runs.records('dead')
    expect(letter).toMatchObject({
      value: 'no json',
      headers: {
        'tailrace.error.code': 'value_not_object',
        'tailrace.error.edge': 'shape',
        'tailrace.error.topic': 'events',
        'tailrace.error.partition': '0',
        'tailrace.error.offset': '1',
        'tailrace.error.step': '1 (dedupe)',
      },
    })
  })

  it('leaves no trace of a record in the state of one step when it fails in another', async () => {
    const sums = statefulStep('aggregate', { window: '1m', values: { total: { sum: 'price' } }, updates: true })
    const order = (price: unknown) => ({ key: 'k', timeMs: 1, fields: { id: 1, price } })
    await runs.send([order('much')])
    const { end } = runs.run([once, sums])
    await runs.whenPassed(1)
    expect(await runs.records('dead')).toMatchObject([{ headers: { 'tailrace.error.code': 'aggregate_value' } }])
    await runs.send([order(5)])
    await runs.whenPassed(2)
    await end()
    expect(await runs.values()).toMatchObject([{ total: 5, final: false }])
  })

  it('spreads what is too much for one append over several, and loses nothing between them', async () => {
    const text = 'x'.repeat(900_000)
    const large = (id: number) => ({ key: 'k', timeMs: id, fields: { id, text } })
    await runs.send(Array.from({ length: 24 }, (_, index) => large(index % 20)))
    const { end } = runs.run([once])
    await runs.whenPassed(24)
    await end()
    expect(((await runs.values()) as { id: number }[]).map(({ id }) => id)).toEqual(
      Array.from({ length: 20 }, (_, id) => id),
    )
  })

  it('brings a record to the dead letters whose output is too large for its topic', async () => {
    await runs.rig.engine.topics.alter('made', { settings: { maxBatchBytes: 2_000 } })
    await runs.send([
      { timeMs: 1, fields: { id: 1, text: 'x'.repeat(3_000) } },
      { timeMs: 2, fields: { id: 2 } },
    ])
    const { end } = runs.run([once])
    await runs.whenPassed(2)
    await end()
    expect(await runs.values()).toEqual([{ id: 2 }])
    expect(await runs.records('dead')).toMatchObject([{ headers: { 'tailrace.error.code': 'record_too_large' } }])
  })

  it('stops at a bad record without a topic for dead letters, with everything before it durable', async () => {
    await runs.send(orders(1, 2))
    await runs.sendRaw('no json')
    const { done } = runs.run([once], { onError: { deadLetter: undefined, maxAttempts: 8 } })
    await runs.whenPassed(2)
    await expect(done).rejects.toMatchObject({ code: 'no_dead_letter_topic', details: { offset: 2 } })
    expect(runs.passed()).toBe(2)
    expect(await runs.values()).toHaveLength(2)
  })

  it('has one dead letter of a batch that nobody can read, and goes on', async () => {
    const batch = unreadableBatch(encodeBatch([plain('a'), plain('b'), plain('c')]), 1)
    await runs.send(orders(1))
    await runs.rig.engine.append([{ topic: 'events', partition: 0, batch }])
    await runs.send(orders(2))
    const { end } = runs.run([once])
    await runs.whenPassed(5)
    await end()
    expect(await runs.values()).toMatchObject([{ id: 1 }, { id: 2 }])
    expect(await runs.records('dead')).toMatchObject([
      { headers: { 'tailrace.error.offset': '1', 'tailrace.error.lastOffset': '3' } },
    ])
  })

  it('waits while the log refuses, and appends nothing twice', async () => {
    let refusals = 3
    const engine = withAppend(runs.rig.engine, (entries, options) => {
      if (refusals-- > 0) return Promise.reject(engineErrors.make('log_disk_full', 'no room'))
      return runs.rig.engine.append(entries, options)
    })
    await runs.send(orders(1, 2))
    const { end, meter } = runs.run([once], {}, engine)
    await eventually(() => meter.isWaiting, 'the transform waits')
    await runs.whenPassed(2)
    expect(meter.status().state).toBe('running')
    await end()
    expect(await runs.values()).toHaveLength(2)
  })

  it('emits a window when the time of the records has passed it, once, through the end of a run', async () => {
    const at = (seconds: number, shop: string, price: number) => ({
      key: shop,
      timeMs: seconds * 1000,
      fields: { shop, price },
    })
    await runs.send([at(5, 'a', 1), at(20, 'b', 2), at(59, 'a', 4), at(61, 'a', 8)])
    const first = runs.run([perMinute])
    await runs.whenPassed(4)
    await first.end()
    await runs.send([at(3, 'a', 100), at(130, 'b', 16)])
    const second = runs.run([perMinute])
    await runs.whenPassed(6)
    await second.end(1_000)
    const [start, end, next] = ['1970-01-01T00:00:00.000Z', '1970-01-01T00:01:00.000Z', '1970-01-01T00:02:00.000Z']
    expect(await runs.values()).toEqual([
      { shop: 'a', start, end, orders: 2, total: 5 },
      { shop: 'b', start, end, orders: 1, total: 2 },
      { shop: 'a', start: end, end: next, orders: 1, total: 8 },
    ])
    expect((await runs.records()).map(({ key, timestampMs }) => [key, timestampMs])).toEqual([
      ['a', 59_999],
      ['b', 59_999],
      ['a', 119_999],
    ])
  })

  it('closes a window without a partition that has become idle', async () => {
    const wide = await TransformRuns.make(2)
    const event = (partition: number, timeMs: number) => ({ timeMs, partition, fields: { shop: 'a', price: 1 } })
    await wide.send([event(0, 1), event(0, 61_000)])
    const { end } = wide.run([perMinute])
    await wide.whenPassed(2)
    expect(await wide.values()).toEqual([])
    await wide.rig.clock.advance(61_000)
    expect(await wide.values()).toMatchObject([{ orders: 1 }])
    await end()
  })

  it('goes by the key of the record where a dedupe has no other, also where it is no text', async () => {
    const byKey = statefulStep('dedupe', { window: '1h' })
    const keys = [Buffer.from('a'), Buffer.from([0xff, 1]), Buffer.from([0xfe, 1]), Buffer.from('a'), null]
    const records = keys.map((key) => ({ key, value: Buffer.from('{}'), timestampMs: 1 }))
    await runs.rig.engine.append([{ topic: 'events', partition: 0, batch: encodeBatch(records) }])
    const { end } = runs.run([byKey])
    await runs.whenPassed(5)
    await end()
    expect(await runs.records()).toHaveLength(3)
    expect(await runs.records('dead')).toMatchObject([{ headers: { 'tailrace.error.code': 'step_key_missing' } }])
  })

  it('sends late records where the file says', async () => {
    const step = statefulStep('aggregate', {
      by: {},
      window: '1m',
      lateness: '1m',
      values: { orders: { count: true } },
      lateTo: 'late',
    })
    const at = (timeMs: number) => ({ key: 'k', timeMs, fields: { timeMs } })
    await runs.send([at(0), at(119_000), at(30_000), at(121_000), at(30_001)])
    const { end } = runs.run([step])
    await runs.whenPassed(5)
    await end()
    expect(await runs.values('late')).toEqual([{ timeMs: 30_001 }])
    expect(await runs.values()).toMatchObject([{ orders: 2 }])
  })

  it('tells of an open window too, when asked', async () => {
    const step = statefulStep('aggregate', { window: '1m', values: { orders: { count: true } }, updates: true })
    await runs.send(orders(1))
    const { end } = runs.run([step])
    await runs.whenPassed(1)
    await runs.send(orders(2))
    await runs.whenPassed(2)
    await runs.send(orders(60_000))
    await runs.whenPassed(3)
    await runs.rig.clock.advance(1_000)
    await end()
    const values = (await runs.values()) as { start: string; orders: number; final: boolean }[]
    const firstWindow = values.filter(({ start }) => start.startsWith('1970-01-01T00:00'))
    expect(firstWindow.map(({ orders: count, final }) => [count, final])).toEqual([
      [1, false],
      [2, false],
      [2, true],
    ])
  })

  it('finds the row that was durable before the record, and the newer one after it', async () => {
    await makeTopic(runs.rig.engine, 'rows', 2, { cleanup: 'compact' })
    const step = statefulStep('lookup', { table: 'rows', key: 'shop', into: 'from.shop', missing: 'null' })
    const row = (name: string) => ({ key: 'a', timeMs: 1, partition: 1, fields: { name } })
    await runs.send([row('old')], 'rows')
    await runs.send(orders(1))
    const { end } = runs.run([step])
    await runs.whenPassed(1)
    await runs.send([row('new')], 'rows')
    await runs.send([...orders(2), { key: 'k', timeMs: 3, fields: { shop: 'none' } }])
    await runs.whenPassed(3)
    await end()
    expect(await runs.values()).toMatchObject([
      { id: 1, from: { shop: { name: 'old' } } },
      { id: 2, from: { shop: { name: 'new' } } },
      { shop: 'none', from: { shop: null } },
    ])
  })

  it('refuses offsets that were moved under its state, until the step has another name', async () => {
    await runs.send(orders(1, 2))
    const first = runs.run([once])
    await runs.whenPassed(2)
    await first.end()
    await runs.rig.engine.groups.reset('shop.shape', [{ topic: 'events', partition: 0, offset: 0 }])
    await expect(runs.run([once]).done).rejects.toMatchObject({ code: 'offsets_moved', details: { offset: 2 } })
    const renamed = statefulStep('dedupe', { key: 'id', window: '1h', name: 'again' })
    const { end } = runs.run([renamed])
    await runs.whenPassed(2)
    await end()
    expect(await runs.values()).toHaveLength(4)
  })

  it('refuses state of another definition, until the step has another name', async () => {
    await runs.send(orders(1))
    const first = runs.run([once])
    await runs.whenPassed(1)
    await first.end()
    const changed = { key: 'shop', window: '1h' }
    await expect(runs.run([statefulStep('dedupe', changed)]).done).rejects.toMatchObject({ code: 'step_changed' })
    const { end } = runs.run([statefulStep('dedupe', { ...changed, name: 'by-shop' })])
    await runs.send(orders(2))
    await runs.whenPassed(2)
    await end()
    expect(await runs.values()).toHaveLength(2)
  })

  it('reads partitions that are added while it runs', async () => {
    await runs.send(orders(1))
    const { end } = runs.run([once])
    await runs.whenPassed(1)
    await runs.rig.engine.topics.alter('events', { partitions: 2 })
    await runs.send([{ timeMs: 2, partition: 1, fields: { id: 2 } }])
    await runs.whenPassed(2)
    await end()
    expect(await runs.values()).toHaveLength(2)
  })

  it('takes replayed records as any others, but for what they say of time and of their place', async () => {
    const { end } = runs.run([perMinute])
    await runs.send([{ timeMs: 1, fields: { shop: 'a', price: 1 } }])
    await runs.whenPassed(1)
    await makeTopic(runs.rig.engine, 'shop.shape.replay', 2)
    const value = Buffer.from('{"shop":"a","price":2}')
    const headers = [{ key: 'tailrace.replay.topic', value: Buffer.from('events') }]
    const batch = encodeBatch([{ key: null, value, timestampMs: 2, headers }])
    await runs.rig.engine.append([{ topic: 'shop.shape.replay', partition: 1, batch }])
    await runs.whenPassed(2)
    await runs.send([{ timeMs: 61_000, fields: { shop: 'a', price: 1 } }])
    await runs.whenPassed(3)
    await runs.rig.clock.advance(500)
    await end()
    expect(await runs.values()).toMatchObject([{ orders: 2, total: 3 }])
  })

  it('waits for as long as somebody else is in its group', async () => {
    const { end, meter } = runs.run([once])
    await runs.rig.clock.advance(500)
    const { groups } = runs.rig.engine
    const request = {
      group: 'shop.shape',
      memberId: '',
      clientId: 'x',
      clientHost: inProcessHost,
      protocolType: 'consumer',
    }
    const metadata = Buffer.from([0, 0, 0, 0, 0, 1, 0, 6, ...Buffer.from('events'), 0xff, 0xff, 0xff, 0xff])
    const joining = groups.join(
      { ...request, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, protocols: [{ name: 'range', metadata }] },
      new AbortController().signal,
    )
    await runs.rig.clock.advance(3_000)
    const joined = await joining
    expect(joined.generation).toBeGreaterThan(1)
    expect(meter.status()).toMatchObject({ state: 'waiting', error: { code: 'transform_not_alone' } })
    await groups.leave({ group: 'shop.shape', memberId: joined.memberId })
    await runs.rig.clock.advance(3_000)
    await runs.send(orders(1))
    await runs.whenPassed(1)
    expect(meter.status().state).toBe('running')
    await end()
    expect(await runs.values()).toHaveLength(1)
  })
})
