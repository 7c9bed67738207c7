import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { batchHeaderBytes, sealBatch, setBaseOffset } from '../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { compressedBatch, unreadableBatch } from '../record/compressed-batch.js'
import { advanceUntil, appendNumbers, makeTopic, numbers, plain, readTopic, type Rig } from './rig.js'
import { place, SinkRuns } from './sink-runs.js'

const withDeadLetters = { onError: { deadLetter: 'dead', maxAttempts: 3 } }
const codecs = [1, 2, 3, 4]

describe('a sink that meets a batch which nobody can read', () => {
  let runs: SinkRuns
  let rig: Rig
  const unreadable = (codec: number): Buffer =>
    unreadableBatch(encodeBatch([plain('a'), plain('b'), plain('c')]), codec)

  beforeEach(async () => {
    runs = await SinkRuns.make()
    rig = runs.rig
    await makeTopic(rig.engine, 'dead')
  })

  afterEach(() => rig.engine.close())

  it('gets the records of compressed batches like any others', async () => {
    for (const codec of codecs) {
      const from = codec * 10
      const batch = encodeBatch(numbers(from, from + 10).map((value) => plain(value)))
      await rig.engine.append([{ ...place, batch: compressedBatch(batch, codec) }])
    }
    const { end } = runs.run()
    await runs.whenDelivered(40)
    await end()
    expect(runs.delivered()).toEqual(numbers(10, 50))
    expect(runs.committed()).toBe(40)
  })

  it.each(codecs)(
    'has one dead letter of codec %i with the batch as it lies in the log, and goes on',
    async (codec) => {
      await appendNumbers(rig.engine, place, { from: 0, to: 5 })
      await rig.engine.append([{ ...place, batch: unreadable(codec) }])
      await appendNumbers(rig.engine, place, { from: 8, to: 12 })
      const { end, meter } = runs.run({ plan: withDeadLetters })
      await runs.whenDelivered(9)
      await rig.clock.advance(1_000)
      await end()

      expect(runs.delivered()).toEqual([...numbers(0, 5), ...numbers(8, 12)])
      expect(runs.committed()).toBe(12)
      expect(meter.status().deadLetterCount).toBe(1)
      const [letter, ...others] = await readTopic(rig.engine, 'dead')
      expect(others).toEqual([])
      expect(letter?.headers).toMatchObject({
        'tailrace.error.code': 'decompression_failed',
        'tailrace.error.topic': 'numbers',
        'tailrace.error.offset': '5',
        'tailrace.error.lastOffset': '7',
      })
      const stored = unreadable(codec)
      setBaseOffset(stored, 0, 5)
      stored.writeInt32BE(0, 12)
      expect(letter?.value).toBe(stored.toString())
    },
  )

  it('has a dead letter for the rest of a batch whose records contradict themselves', async () => {
    const batch = encodeBatch([plain('a'), plain('b')])
    const whole = Buffer.from(batch)
    // The length of the second record, which lies behind the eight bytes of the first.
    batch[batchHeaderBytes + 8] = 0x7e
    sealBatch(batch, 0, batch.length)
    await rig.engine.append([{ ...place, batch: batch }])
    await rig.engine.append([{ ...place, batch: whole }])
    const { end } = runs.run({ plan: withDeadLetters })
    await runs.whenDelivered(3)
    await rig.clock.advance(1_000)
    await end()
    expect(runs.delivered()).toEqual(['a', 'a', 'b'])
    const [letter] = await readTopic(rig.engine, 'dead')
    expect(letter?.headers).toMatchObject({
      'tailrace.error.code': 'record_malformed',
      'tailrace.error.offset': '1',
      'tailrace.error.lastOffset': '1',
    })
  })

  it('stops without a dead-letter topic, and passes nothing', async () => {
    await appendNumbers(rig.engine, place, { from: 0, to: 5 })
    await rig.engine.append([{ ...place, batch: unreadable(2) }])
    const { done } = runs.run()
    await expect(advanceUntil(rig, done)).rejects.toMatchObject({
      code: 'no_dead_letter_topic',
      details: { offset: 5, code: 'decompression_failed' },
    })
    expect(runs.committed()).toBe(0)
  })

  it('has its dead letter once, though it starts again in the middle of the batch and is read twice', async () => {
    await rig.engine.append([{ ...place, batch: unreadable(3) }])
    await appendNumbers(rig.engine, place, { from: 3, to: 5 })
    let isFirst = true
    const first = runs.run({
      plan: withDeadLetters,
      sink: {
        beforeWrite: (batch) => {
          const cursor = batch.cursor()
          while (cursor.next());
          expect(batch.cursor().skipTo(4)).toBe(true)
          expect(isFirst).toBe(true)
          isFirst = false
        },
      },
    })
    await runs.whenDelivered(2)
    await rig.clock.advance(1_000)
    await first.end()
    expect(await readTopic(rig.engine, 'dead')).toHaveLength(1)
    expect(runs.committed()).toBe(5)
  })
})
