// The small files of a lake become larger ones while it is written: against a directory and a bucket.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gunzipSync } from 'node:zlib'
import { ManualClock } from '../../../support/manual-clock.js'
import { assignAll, deliver, deliverAndClose, type LakeRun, openLake, steady } from '../lake-run.js'
import { bucketSite, directorySite, type LakeSite } from '../lake-site.js'
import { textRecord } from '../test-log.js'

const compact = { below: '1KiB', to: '4KiB', after: '0s', every: '0s' }
const raw = { format: { type: 'raw' }, rotate: { records: 2 } }
const digits = (offset: number): string => String(offset).padStart(20, '0')
const nameOf = (first: number, through?: number): string =>
  `orders/0-${digits(first)}${through === undefined ? '' : `.through-${digits(through)}`}.log`
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join('')

describe.each([
  ['a directory', directorySite],
  ['a bucket', bucketSite],
])('small files in %s', (_, open) => {
  let site: LakeSite

  beforeEach(async () => {
    site = await open()
    site.log.add('orders', 0)
  })

  afterEach(() => site.close())

  function append(from: number, to: number): void {
    for (let offset = from; offset < to; offset += 2) {
      site.log.append(site.log.partitions[0]!, [textRecord(`line ${offset}`), textRecord(`line ${offset + 1}`)])
    }
  }

  async function content(): Promise<Readonly<Record<string, string>>> {
    return Object.fromEntries([...(await site.files())].map(([name, bytes]) => [name, bytes.toString()]))
  }

  async function ticks(run: LakeRun, count: number): Promise<void> {
    for (let tick = 0; tick < count; tick++) await run.sink.tick?.(steady)
  }

  it('become one, with those that came before the setting', async () => {
    append(0, 6)
    await deliverAndClose(site.options(raw))
    expect(Object.keys(await content())).toHaveLength(3)
    append(6, 10)
    await deliverAndClose(site.options({ ...raw, compact }))
    expect(await content()).toEqual({ [nameOf(0, 8)]: lines(0, 10) })
  })

  it('become one again with what came behind them', async () => {
    append(0, 6)
    await deliverAndClose(site.options({ ...raw, compact }))
    append(6, 14)
    await deliverAndClose(site.options({ ...raw, compact }))
    const found = await content()
    expect(Object.values(found).join('')).toBe(lines(0, 14))
    // The last one may be too little to write all the others again for it.
    expect(Object.keys(found).length).toBeLessThanOrEqual(2)
    expect(Object.keys(found)[0]! > nameOf(0, 4)).toBe(true)
  })

  it('are left alone until they are old enough', async () => {
    append(0, 6)
    await deliverAndClose(site.options({ ...raw, compact: { ...compact, after: '1h' } }))
    expect(Object.keys(await content())).toHaveLength(3)
  })

  it('are looked for again when the time has come, and not before', async () => {
    const clock = new ManualClock()
    const options = site.options({ ...raw, compact: { ...compact, every: '1h' } })
    const run = await openLake({ ...options, world: { ...options.world, clock: timeOfDay(clock) } })
    await deliver(run, site.log)
    await ticks(run, 3)
    append(0, 6)
    for (const batch of site.log.read(site.log.partitions[0]!, 0)) await run.sink.write(batch, steady)
    await run.sink.flush(steady)
    await ticks(run, 3)
    expect(Object.keys(await content())).toHaveLength(3)
    await clock.advance(3_600_000)
    await ticks(run, 3)
    expect(Object.keys(await content())).toEqual([nameOf(0, 4)])
    await run.sink.close()
  })

  it('are never missing while they are merged, and twice for a moment only', async () => {
    append(0, 40)
    await deliverAndClose(site.options(raw))
    const run = await openLake(site.options({ ...raw, compact }))
    await assignAll(run, site.log)
    const seen: string[] = []
    const merging = { isOver: false }
    const looking = (async () => {
      while (!merging.isOver) {
        const files = await site.files().catch((error: unknown) => {
          // Whoever opens what he listed before may find it gone: he is told, and lists again.
          expect(error).toMatchObject({ code: 'not_found' })
          return new Map<string, Buffer>()
        })
        if (files.size > 0) seen.push([...files.values()].map(String).join(''))
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    await ticks(run, 3)
    merging.isOver = true
    await looking
    await run.sink.close()
    expect(seen.length).toBeGreaterThan(0)
    for (const text of seen) for (let offset = 0; offset < 40; offset++) expect(text).toContain(`line ${offset}\n`)
    expect(await content()).toEqual({ [nameOf(0, 38)]: lines(0, 40) })
  })

  it('overwrite nothing that stands where they would go', async () => {
    append(0, 6)
    site.putForeign(nameOf(0, 4))
    await deliverAndClose(site.options({ ...raw, compact }))
    const expected = { [nameOf(0)]: lines(0, 2), [nameOf(2, 4)]: lines(2, 6) }
    expect(await content()).toEqual({ ...expected, [nameOf(0, 4)]: 'foreign' })
  })

  it('go around one that is damaged, and around what somebody else put there', async () => {
    append(0, 12)
    const gzip = { ...raw, format: { type: 'raw', compression: 'gzip' } }
    await deliverAndClose(site.options(gzip))
    const damaged = `${nameOf(4)}.gz`
    const bytes = (await site.files()).get(damaged)!
    site.replace(damaged, Buffer.concat([bytes.subarray(0, bytes.length - 1), Buffer.from([0xff])]))
    site.putForeign(`${nameOf(100)}.gz`)
    await deliverAndClose(site.options({ ...gzip, compact }))
    const found = await site.files()
    expect([...found.keys()]).toEqual([`${nameOf(0, 2)}.gz`, damaged, `${nameOf(6, 10)}.gz`, `${nameOf(100)}.gz`])
    expect(gunzipSync(found.get(`${nameOf(0, 2)}.gz`)!).toString()).toBe(lines(0, 4))
    expect(gunzipSync(found.get(`${nameOf(6, 10)}.gz`)!).toString()).toBe(lines(6, 12))
  })

  it('of a topic that is gone from the sink stay as they are', async () => {
    append(0, 6)
    const other = site.log.add('others', 0)
    site.log.append(other, [textRecord('x'), textRecord('y')])
    site.log.append(other, [textRecord('z'), textRecord('z')])
    await deliverAndClose(site.options(raw))
    const run = await openLake(site.options({ ...raw, compact }))
    await run.sink.assigned([site.log.assignment(site.log.partitions[0]!, undefined)])
    await ticks(run, 3)
    await run.sink.close()
    expect(Object.keys(await content())).toEqual([
      nameOf(0, 4),
      `others/0-${digits(0)}.log`,
      `others/0-${digits(2)}.log`,
    ])
  })
})

/** The time of the files is that of the system. */
function timeOfDay(clock: ManualClock): ManualClock {
  return new Proxy(clock, {
    get: (target, name) => {
      if (name === 'now') return () => Date.now() + target.monotonicMs()
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value as (...all: unknown[]) => unknown).bind(target) : value
    },
  })
}
