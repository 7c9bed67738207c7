// What holds of every lake, wherever its files go: one suite against a directory and a bucket, on a real disk.

import { readdirSync, rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../support/manual-clock.js'
import { linesOf } from './lake-files.js'
import { assignAll, deliver, deliverAndClose, openLake, steady } from './lake-run.js'
import { bucketSite, directorySite, type LakeSite } from './lake-site.js'
import { TestLog, textRecord } from './test-log.js'

const raw = { format: { type: 'raw' } }
const first = 'orders/0-00000000000000000000.log'
const refusal = (code: string) => expect.objectContaining({ code })

describe.each([
  ['a directory', directorySite],
  ['a bucket', bucketSite],
])('a lake in %s', (_, open) => {
  let site: LakeSite

  beforeEach(async () => {
    site = await open()
  })

  afterEach(() => site.close())

  const fill = (count: number, record = (offset: number) => textRecord(`line ${offset}`)): void => {
    const of = site.log.add('orders', 0)
    for (let offset = 0; offset < count; offset += 5) {
      site.log.append(
        of,
        Array.from({ length: Math.min(5, count - offset) }, (__, index) => record(offset + index)),
      )
    }
  }

  const content = async (): Promise<readonly (readonly [string, readonly string[]])[]> =>
    [...(await site.files())].map(([name, bytes]) => [name, linesOf(name, bytes)])
  const lines = (from: number, to: number): readonly string[] =>
    Array.from({ length: to - from }, (__, index) => `line ${from + index}`)

  it('goes on over several runs, with plans that end amid a batch', async () => {
    fill(7)
    const settings = { ...raw, path: '{partition}-{first}-{last}', rotate: { records: 4 } }
    await deliverAndClose(site.options(settings))
    site.log.append(site.log.partitions[0]!, [textRecord('line 7'), textRecord('line 8')])
    await deliverAndClose(site.options(settings))
    expect(await content()).toEqual([
      ['0-00000000000000000000-00000000000000000003.log', lines(0, 4)],
      ['0-00000000000000000004-00000000000000000006.log', lines(4, 7)],
      ['0-00000000000000000007-00000000000000000008.log', lines(7, 9)],
    ])
  })

  it('spreads a plan over files by time and field, compressed', async () => {
    const dayMs = 24 * 3600_000
    fill(6, (offset) =>
      textRecord(JSON.stringify({ id: offset, kind: offset % 3 === 0 ? 'a/b' : 'c' }), offset * dayMs),
    )
    const format = { type: 'ndjson', compression: 'gzip' }
    await deliverAndClose(site.options({ format, path: '{kind}/{time:yyyy-MM}/{partition}-{first}' }))
    const name = `1970-01/0-${'0'.repeat(20)}.ndjson.gz`
    const ids = (await content()).map(([path, found]) => [path, found.map((line) => JSON.parse(line).id as number)])
    expect(ids).toEqual([
      [`a%2Fb/${name}`, [0, 3]],
      [`c/${name}`, [1, 2, 4, 5]],
    ])
  })

  it('ends a plan by its age, and never shows a part of one', async () => {
    fill(3)
    const clock = new ManualClock()
    const options = site.options({ ...raw, rotate: { age: '10s' } })
    const run = await openLake({ ...options, world: { ...options.world, clock } })
    await deliver(run, site.log)
    await clock.advance(9_999)
    await run.sink.tick?.(steady)
    expect([await content(), [...run.committed]]).toEqual([[], []])
    await clock.advance(1)
    await run.sink.tick?.(steady)
    expect(await content()).toEqual([[first, lines(0, 3)]])
    expect([...run.committed.values()]).toEqual([3])
    await run.sink.close()
  })

  it('begins behind what it holds, or behind the group where that is further', async () => {
    fill(5)
    await deliverAndClose(site.options(raw))
    for (const [committed, start] of [
      [undefined, 5],
      [2, 5],
      [9, 9],
    ] as const) {
      const run = await openLake(site.options(raw))
      if (committed !== undefined) run.committed.set('id-of-orders/0', committed)
      expect([...(await assignAll(run, site.log)).values()]).toEqual([start])
      await run.sink.close()
    }
  })

  it('takes a topic that was made anew for another one, and overwrites nothing of the old', async () => {
    fill(2)
    await deliverAndClose(site.options(raw))
    const anew = new TestLog()
    anew.append(anew.add('orders', 0, 'another-id'), [textRecord('anew')])
    await expect(deliverAndClose({ ...site.options(raw), log: anew })).rejects.toThrow(refusal('lake_name_taken'))
    expect(await content()).toEqual([[first, lines(0, 2)]])
  })

  it('writes around nothing that is in its way, and goes on when it is gone', async () => {
    fill(3)
    site.putForeign(first)
    await expect(deliverAndClose(site.options(raw))).rejects.toThrow(refusal('lake_name_taken'))
    expect((await site.files()).get(first)?.toString()).toBe('foreign')
    site.remove(first)
    await deliverAndClose(site.options(raw))
    expect(await content()).toEqual([[first, lines(0, 3)]])
  })

  it('removes what a run left that ended without a flush', async () => {
    fill(3)
    const run = await openLake(site.options(raw))
    await deliver(run, site.log)
    await run.sink.close()
    expect(readdirSync(site.spool)).toHaveLength(1)
    const again = await openLake(site.options(raw))
    expect([...(await assignAll(again, site.log)).values()]).toEqual([0])
    expect(readdirSync(site.spool)).toEqual([])
    await again.sink.close()
  })

  /** A run that ends when its plan is durable and its file is in the lake, before the log knows of that. */
  async function interrupted(settings: Readonly<Record<string, unknown>>): Promise<void> {
    const options = site.options(settings)
    const { files } = options.world
    let puts = 0
    const replace: typeof files.replace = async (path, bytes) => {
      if (path.endsWith('state.json') && ++puts === 2) throw new Error('the end of the run')
      await files.replace(path, bytes)
    }
    const run = await openLake({ ...options, world: { ...options.world, files: { ...files, replace } } })
    await deliver(run, site.log)
    await expect(run.sink.flush(steady)).rejects.toThrow('the end of the run')
    await run.sink.close()
  }

  it('finishes a plan as it was made, whatever the settings are by now', async () => {
    fill(3)
    await interrupted(raw)
    site.remove(first)
    rmSync(site.spool, { recursive: true })
    await deliverAndClose(site.options({ path: 'new/{topic}/{partition}-{first}', rotate: { records: 1 } }))
    expect(await content()).toEqual([[first, lines(0, 3)]])
  })

  it('says what is lost when neither a file nor its records are there any more', async () => {
    fill(6)
    await interrupted(raw)
    site.remove(first)
    rmSync(site.spool, { recursive: true })
    site.log.retain(site.log.partitions[0]!, 5)
    const run = await openLake(site.options(raw))
    await expect(assignAll(run, site.log)).rejects.toThrow(refusal('lake_plan_lost'))
    await run.sink.close()
  })
})
