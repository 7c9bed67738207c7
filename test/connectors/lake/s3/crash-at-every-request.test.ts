// A crash at any request to the store and any put of the state, before or after it takes effect, or with the request still
// on its way: every record is in the bucket exactly once when the next runs are through, and no upload is left.

import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { crc32c } from '../../../../core/bytes/crc32c.js'
import { deliverAndClose } from '../lake-run.js'
import { linesOf } from '../lake-files.js'
import { textRecord } from '../test-log.js'
import { Belated, Killed, MortalRun } from './mortal-run.js'
import type { Moment, Strike } from './mortal-run.js'
import { bucketName, openS3Site } from './s3-site.js'
import type { S3Site } from './s3-site.js'

interface Scenario {
  readonly settings: Readonly<Record<string, unknown>>
  readonly partitions: number
  readonly records: number
  readonly recordsPerPlan: number
  readonly knowsConditions?: boolean
}

const scenarios: Readonly<Record<string, Scenario>> = {
  'one request for each object': {
    settings: { prefix: 'shop/lake', path: '{topic}/{partition}-{first}-{last}', format: { type: 'raw' } },
    partitions: 2,
    records: 3,
    recordsPerPlan: 3,
  },
  'in parts, several objects for each plan': {
    settings: { path: '{level}/{topic}-{partition}-{first}', partBytes: '64B', uploads: 2 },
    partitions: 1,
    records: 9,
    recordsPerPlan: 8,
  },
  'compressed, into a store that ignores conditions': {
    settings: { format: { type: 'ndjson', compression: 'gzip' }, partBytes: '70B', uploads: 1 },
    partitions: 1,
    records: 6,
    recordsPerPlan: 4,
    knowsConditions: false,
  },
  'whose small objects are merged': {
    settings: {
      path: '{topic}/{partition}-{first}',
      format: { type: 'ndjson', compression: 'gzip' },
      compact: { below: '4KiB', to: '8KiB', after: '0s', every: '1h' },
    },
    partitions: 1,
    records: 9,
    recordsPerPlan: 4,
  },
}

let site: S3Site | undefined

afterEach(() => site?.close())

async function openSite(scenario: Scenario): Promise<S3Site> {
  const opened = await openS3Site({ knowsConditions: scenario.knowsConditions ?? true })
  for (let partition = 0; partition < scenario.partitions; partition++) {
    const of = opened.log.add('orders', partition)
    for (let first = 0; first < scenario.records; first += 3) {
      const records = [first, first + 1, first + 2].map((offset) =>
        textRecord(JSON.stringify({ id: `${partition}/${offset}`, level: ['info', 'warn'][offset % 2] })),
      )
      opened.log.append(of, records)
    }
  }
  site = opened
  return opened
}

/** One run after the other until one is through, each struck as said; the last one, and how many died. */
async function runStruck(
  opened: S3Site,
  scenario: Scenario,
  strikes: readonly Strike[],
): Promise<{ readonly last: MortalRun; readonly deaths: number }> {
  const belated = new Belated()
  for (let struck = 0; ; struck++) {
    const run = new MortalRun(strikes[struck], belated)
    opened.server.intercept = () => run.intercept()
    const rotate = { records: scenario.recordsPerPlan - (struck % 3) }
    const options = opened.options({ ...scenario.settings, rotate })
    try {
      const life = deliverAndClose({ ...options, world: run.world, signal: run.signal })
      // What a dead run rejects with is nobody's concern.
      life.catch(() => undefined)
      await Promise.race([life, run.death])
      belated.arriveAll()
      return { last: run, deaths: struck }
    } catch (error) {
      if (!(error instanceof Killed) && !run.isDead) throw error
      // More than a loss of power takes: every file under way.
      if (struck % 2 === 1) rmSync(workOf(opened), { recursive: true, force: true })
    }
  }
}

const workOf = (opened: S3Site): string => join(opened.options().base, 'hub/work/shop.lake')

/** What must hold of the bucket when all is in it. */
function judge(opened: S3Site, scenario: Scenario, label: string): void {
  const bucket = opened.server.buckets.get(bucketName)!
  const ids: string[] = []
  for (const [key, bytes] of opened.objects()) {
    const lines = linesOf(key, bytes)
    const found = lines.map((line) => (JSON.parse(line) as { id: string }).id)
    const metadata = bucket.objects.get(key)!.headers
    expect(Number(metadata['x-amz-meta-tailrace-records']), `${label} ${key}`).toBe(found.length)
    expect(Number.parseInt(metadata['x-amz-meta-tailrace-crc32c']!, 16)).toBe(crc32c(bytes, 0, bytes.length))
    for (const id of found) {
      const offset = Number(id.split('/')[1])
      expect(offset).toBeGreaterThanOrEqual(Number(metadata['x-amz-meta-tailrace-first-offset']))
      expect(offset).toBeLessThan(Number(metadata['x-amz-meta-tailrace-next-offset']))
    }
    ids.push(...found)
  }
  const expected = Array.from({ length: scenario.partitions }, (_, partition) =>
    Array.from({ length: scenario.records }, (__, offset) => `${partition}/${offset}`),
  ).flat()
  expect(ids.toSorted(), label).toEqual(expected.toSorted())
  expect(
    [...bucket.uploads.values()].map(({ key }) => key),
    label,
  ).toEqual([])
  expect(readdirSync(workOf(opened)), label).toEqual([])
}

async function callsOfQuietRun(scenario: Scenario): Promise<number> {
  const opened = await openSite(scenario)
  const { last } = await runStruck(opened, scenario, [])
  judge(opened, scenario, 'a quiet run')
  await opened.close()
  return last.callCount
}

/** The strikes, then a clean run: what a request that was under way began is its to end. How many runs died. */
async function proveStruck(scenario: Scenario, strikes: readonly Strike[]): Promise<number> {
  const label = JSON.stringify(strikes)
  const opened = await openSite(scenario)
  const { deaths } = await runStruck(opened, scenario, strikes)
  if (strikes.some(({ moment }) => moment === 'late')) await runStruck(opened, scenario, [])
  judge(opened, scenario, label)
  await opened.close()
  site = undefined
  return deaths
}

describe.each(Object.entries(scenarios))('a bucket, %s', (_, scenario) => {
  it.each(['before', 'after', 'late'] as const)('holds every record once after a crash %s any call', async (moment) => {
    const calls = await callsOfQuietRun(scenario)
    expect(calls).toBeGreaterThan(15)
    let deaths = 0
    for (let call = 1; call <= calls; call++) {
      deaths += await proveStruck(scenario, [{ call, moment, laterCalls: (call * 7) % 13 }])
    }
    expect(deaths).toBe(calls)
  })

  it('survives further crashes while it recovers', async () => {
    const calls = await callsOfQuietRun(scenario)
    const moments: readonly Moment[] = ['before', 'after', 'late']
    for (let seed = 1; seed <= 10; seed++) {
      const strikes = [0, 1, 2, 3].map((index) => ({
        call: 1 + ((seed * 7919 + index * 104729) % Math.ceil(calls / (1 + index / 2))),
        moment: moments[(seed + index) % 3]!,
        laterCalls: (seed * 31 + index * 17) % 20,
      }))
      await proveStruck(scenario, strikes)
    }
  })
})
