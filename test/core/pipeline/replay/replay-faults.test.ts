import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LogEngine } from '../../../../core/engine/log-engine.js'
import { deadLetterOf } from '../../../../core/pipeline/dead-letter.js'
import { replayDeadLetters, type ReplayFilter } from '../../../../core/pipeline/replay/replay.js'
import { encodeBatch } from '../../../../core/record/encode-batch.js'
import { emptyPlan, makeRig, makeTopic, plain, readTopic, testErrors, withAppend } from '../rig.js'
import { sinkPlan } from '../sinks.js'

const plans = [{ ...emptyPlan, sinks: [sinkPlan()] }]

type Fate = 'taken' | 'refused' | 'taken, and the answer lost'

/** Each append meets the next fate; all is well when they are used up. */
function faulty(engine: LogEngine, fates: Fate[]): LogEngine {
  return withAppend(engine, async (entries, options) => {
    const fate = fates.shift() ?? 'taken'
    if (fate === 'refused') throw testErrors.make('target_down', 'refused')
    const appended = await engine.append(entries, options)
    if (fate === 'taken') return appended
    throw testErrors.make('target_down', 'the answer was lost')
  })
}

describe('replays whose appends fail at random', () => {
  it('put each letter back once, the letters of a key in their order, whatever the runs choose', async () => {
    const fate = fc.constantFrom<Fate>('taken', 'refused', 'taken, and the answer lost')
    const run = fc.record({ limit: fc.integer({ min: 1, max: 30 }), code: fc.constantFrom(undefined, 'even', 'odd') })
    const scenario = fc.record({
      letters: fc.array(fc.record({ key: fc.integer({ min: 0, max: 4 }) }), { maxLength: 60 }),
      runs: fc.array(run, { maxLength: 12 }),
      fates: fc.array(fate, { maxLength: 10 }),
    })
    await fc.assert(
      fc.asyncProperty(scenario, async ({ letters, runs, fates }) => {
        const { engine } = await makeRig()
        await makeTopic(engine, 'numbers', 3)
        await makeTopic(engine, 'dead', 2)
        for (const [offset, { key }] of letters.entries()) {
          const place = { pipeline: 'shop', edge: 'copy', topic: 'numbers', topicId: 'id', partition: key % 3, offset }
          const reason = { ...place, code: offset % 2 === 0 ? 'even' : 'odd', message: '', attempts: 1, atMs: 1 }
          const letter = deadLetterOf(plain(String(offset), `k${key}`), reason, 100_000)
          // As the runners do: the letters of a key lie in one partition.
          await engine.append([{ topic: 'dead', partition: key % 2, batch: encodeBatch([letter]) }])
        }
        const before = faulty(engine, [...fates])
        for (const { limit, code } of runs) {
          const filter: ReplayFilter = code === undefined ? {} : { code }
          await attempt(() =>
            replayDeadLetters({ engine: before, plans, topic: 'dead', filter, limit, isDryRun: false }),
          )
        }
        const whole = { engine, plans, topic: 'dead', filter: {}, isDryRun: false }
        await replayDeadLetters(whole)
        expect((await replayDeadLetters(whole)).replayed).toBe(0)
        const back = letters.length === 0 ? [] : await readTopic(engine, 'shop.copy.replay')
        const values = back.map(({ value }) => Number(value))
        expect(values.toSorted((a, b) => a - b)).toEqual(letters.map((_, offset) => offset))
        if (runs.some(({ code }) => code !== undefined)) return
        for (const key of new Set(back.map((record) => record.key))) {
          const own = back.filter((record) => record.key === key).map(({ value }) => Number(value))
          expect(own).toEqual(own.toSorted((a, b) => a - b))
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** The runs that fail are run again later. */
async function attempt(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!testErrors.is(error, 'target_down')) throw error
  }
}
