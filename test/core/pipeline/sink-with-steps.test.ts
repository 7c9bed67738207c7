import { describe, expect, it } from 'vitest'
import { makeRecordSteps } from '../../../core/pipeline/steps/make-record-steps.js'
import { nodeFiles } from '../../../core/runtime/node/node-files.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { down, makeTopic, plain, readTopic, testErrors } from './rig.js'
import { place, SinkRuns } from './sink-runs.js'
import type { TestSink } from './sinks.js'
import { planOf } from './steps/kinds/step-rig.js'

const steps = [
  planOf({ filter: 'number != 4' }),
  planOf({ set: { half: 'number % 2 == 0 ? number / 2 : fail' } }),
  planOf({ set: { number: 'number * 10' } }),
]

describe('a sink with steps', () => {
  it('gets what they let through, and commits behind what they leave out and what fails', async () => {
    // What a kind needs is loaded with the first step of it, which takes no time of the clock that is moved here.
    await makeRecordSteps(steps, { baseDirectory: '/', files: nodeFiles })
    const runs = await SinkRuns.make()
    const { engine, clock } = runs.rig
    await makeTopic(engine, 'dead')
    const values = [0, 1, 2, 3, 4, 6, 8].map((number) => plain(JSON.stringify({ number })))
    await engine.append([{ ...place, batch: encodeBatch(values) }])
    const bad = testErrors.make('record_bad', 'it is twenty')
    let writes = 0
    const sink: { current?: TestSink } = {}
    const run = runs.run({
      plan: { steps, onError: { deadLetter: 'dead', maxAttempts: 3 } },
      sink: {
        // The target is down at first: the same batch comes again.
        beforeWrite: () => {
          if (writes++ === 0) throw down()
        },
        isBad: ({ value }) => value?.includes('"number":20') === true,
        failing: (_record, cursor, batch) => sink.current?.context.fail(batch, cursor, bad),
      },
    })
    sink.current = run.sink
    await runs.whenDelivered(3)
    await clock.advance(1_000)
    await run.end()
    expect(runs.target.map(({ offset, value }) => [offset, JSON.parse(value!) as unknown])).toEqual([
      [0, { number: 0, half: 0 }],
      [5, { number: 60, half: 3 }],
      [6, { number: 80, half: 4 }],
    ])
    expect(runs.committed()).toBe(7)
    const letters = await readTopic(engine, 'dead')
    expect(
      letters.map(({ value, headers }) => [
        value,
        headers['tailrace.error.offset'],
        headers['tailrace.error.code'],
        headers['tailrace.error.step'],
      ]),
    ).toEqual([
      ['{"number":1}', '1', 'expression_failed', '2 (set)'],
      ['{"number":2}', '2', 'record_bad', undefined],
      ['{"number":3}', '3', 'expression_failed', '2 (set)'],
    ])
  })
})
