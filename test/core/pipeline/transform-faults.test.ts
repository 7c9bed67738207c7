// Random runs of a transform: appends that are refused, appends that the log took though the transform never heard of
// it, and runs that are cut off. Whatever happens, what came of the records is what one pass over them gives.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { engineErrors } from '../../../core/engine/errors.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { settled } from '../../support/manual-clock.js'
import { type Event, statefulStep, TransformRuns } from './transform-runs.js'
import { testErrors, withAppend } from './rig.js'

type Fault = 'none' | 'refused' | 'broken' | 'unheard'

const partitions = 3
const windowMs = 1_000

const fault = fc.constantFrom<Fault>('none', 'none', 'none', 'refused', 'broken', 'unheard')
const burst = fc.array(
  fc.record({
    partition: fc.integer({ min: 0, max: partitions - 1 }),
    id: fc.integer({ min: 0, max: 15 }),
    stepMs: fc.integer({ min: 0, max: 700 }),
    price: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(Number.MAX_SAFE_INTEGER)),
  }),
  { minLength: 1, maxLength: 8 },
)

/** The engine with the faults of the list, one for each append that has state with it; well again behind the last. */
function faulty(engine: LogEngine, faults: Fault[]): LogEngine {
  return withAppend(engine, async (entries, options) => {
    const next = options?.state === undefined ? 'none' : (faults.shift() ?? 'none')
    if (next === 'refused') throw engineErrors.make('log_disk_full', 'no room')
    if (next === 'broken') throw testErrors.make('target_broken', 'the run is cut off')
    const appended = await engine.append(entries, options)
    if (next === 'unheard') throw testErrors.make('target_broken', 'the run is cut off behind its append')
    return appended
  })
}

/** Records whose times go up within each partition, as `lateness` nothing is late. */
function eventsOf(bursts: readonly (readonly { partition: number; id: number; stepMs: number; price: number }[])[]) {
  const times = Array.from({ length: partitions }, () => 0)
  return bursts.map((records) =>
    records.map(({ partition, id, stepMs, price }): Event => {
      const timeMs = (times[partition]! += stepMs)
      return { key: `p${partition}`, partition, timeMs, fields: { id, price, group: id % 3 } }
    }),
  )
}

async function runThrough(
  bursts: readonly (readonly Event[])[],
  faults: Fault[],
  step: ReturnType<typeof statefulStep>,
) {
  const runs = await TransformRuns.make(partitions)
  const engine = faulty(runs.rig.engine, faults)
  let sent = 0
  let run = runs.run([step], {}, engine)
  let hasEnded = false
  const watch = (): void => void run.done.catch(() => undefined).finally(() => (hasEnded = true))
  watch()
  for (const events of bursts) {
    await runs.send(events)
    sent += events.length
    for (let turns = 0; runs.passed() < sent; turns++) {
      if (turns > 2_000) throw new Error(`stuck at ${runs.passed()} of ${sent}`)
      await runs.rig.clock.advance(100)
      await settled()
      if (!hasEnded) continue
      hasEnded = false
      run = runs.run([step], {}, engine)
      watch()
    }
  }
  await runs.rig.clock.advance(1_000)
  await run.end()
  return runs
}

describe('a transform whose appends fail at random', () => {
  it('counts and sums every record of a closed window once', async () => {
    const step = statefulStep('aggregate', {
      by: { group: 'group' },
      window: '1s',
      values: { count: { count: true }, total: { sum: 'price' }, ids: { distinct: 'id' } },
      idle: '1h',
    })
    await fc.assert(
      fc.asyncProperty(fc.array(burst, { minLength: 1, maxLength: 6 }), fc.array(fault), async (bursts, faults) => {
        const last = Array.from({ length: partitions }, (_, partition) => ({ partition, id: 0, stepMs: 1e6, price: 0 }))
        const events = eventsOf([...bursts, last])
        const runs = await runThrough(events, [...faults], step)
        const closed = events.slice(0, -1).flat()
        expect(await totals(runs)).toEqual(batchTotals(closed))
      }),
      { numRuns: 40 },
    )
  })

  it('lets each key pass once', async () => {
    const step = statefulStep('dedupe', { key: 'id', window: '1h', idle: '1h' })
    await fc.assert(
      fc.asyncProperty(fc.array(burst, { minLength: 1, maxLength: 6 }), fc.array(fault), async (bursts, faults) => {
        const events = eventsOf(bursts)
        const runs = await runThrough(events, [...faults], step)
        const ids = ((await runs.values()) as { id: number }[]).map(({ id }) => id)
        const wanted = new Set(events.flat().map(({ fields }) => fields['id'] as number))
        expect(ids).toHaveLength(wanted.size)
        expect(new Set(ids)).toEqual(wanted)
      }),
      { numRuns: 40 },
    )
  })
})

async function totals(runs: TransformRuns): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const { value } of await runs.records()) {
    const exact = value!.replace(/"total":(-?\d+)/, '"total":"$1"')
    const { group, start, count, total, ids } = JSON.parse(exact) as Record<string, string | number>
    const name = `${start}/${group}`
    if (name in found) throw new Error(`the window ${name} came twice`)
    found[name] = [count, total, ids]
  }
  return found
}

function batchTotals(events: readonly Event[]): Record<string, unknown> {
  const sums = new Map<string, { count: number; total: bigint; ids: Set<unknown> }>()
  for (const { timeMs, fields } of events) {
    const start = new Date(Math.floor(timeMs / windowMs) * windowMs).toISOString()
    const name = `${start}/${String(fields['group'])}`
    const sum = sums.get(name) ?? { count: 0, total: 0n, ids: new Set() }
    sums.set(name, sum)
    sum.count++
    sum.total += BigInt(fields['price'] as number)
    sum.ids.add(fields['id'])
  }
  return Object.fromEntries([...sums].map(([name, { count, total, ids }]) => [name, [count, String(total), ids.size]]))
}
