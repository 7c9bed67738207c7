// Files under way on the local disk: a quota, a full disk, and memory that does not grow with the files.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runtimeErrors } from '../../../../core/runtime/errors.js'
import { nodeWorld } from '../../../../core/runtime/node-world.js'
import type { Files } from '../../../../core/runtime/files.js'
import { assignAll, openLake, steady } from '../lake-run.js'
import type { LakeRun } from '../lake-run.js'
import { linesOf } from '../lake-files.js'
import { textRecord } from '../test-log.js'
import { openS3Site } from './s3-site.js'
import type { S3Site } from './s3-site.js'

let site: S3Site

beforeEach(async () => {
  site = await openS3Site()
})

afterEach(() => site.close())

const raw = { format: { type: 'raw' } }

/** Partition n has `counts[n]` lines of 100 bytes, in batches of one. */
function fill(counts: readonly number[]): readonly string[] {
  return counts.flatMap((count, partition) => {
    const of = site.log.add('orders', partition)
    return Array.from({ length: count }, (_, offset) => {
      const line = `${partition}/${offset}`.padEnd(99, '.')
      site.log.append(of, [textRecord(line)])
      return line
    })
  })
}

async function open(spool: string, files?: Partial<Files>): Promise<LakeRun> {
  const world = nodeWorld()
  const options = site.options({ ...raw, spool })
  const run = await openLake({ ...options, world: { ...world, files: { ...world.files, ...files } } })
  await run.sink.check(steady)
  await assignAll(run, site.log)
  return run
}

async function writeAll(run: LakeRun, of = site.log.partitions): Promise<void> {
  for (const partition of of) for (const batch of site.log.read(partition, 0)) await run.sink.write(batch, steady)
}

const stored = (): readonly string[] => [...site.objects()].flatMap(([name, bytes]) => linesOf(name, bytes))
const names = (): readonly string[] => [...site.objects().keys()].map((name) => name.slice('orders/'.length, -4))

describe('the spool of an s3 sink', () => {
  it('has its largest plan completed when the quota is reached, and goes on', async () => {
    const lines = fill([3, 6, 2])
    const run = await open('1000B')
    // Partition 1 is the largest when the tenth line is in; the eleventh needs its room.
    await writeAll(run)
    expect(names()).toEqual(['1-00000000000000000000'])
    await run.sink.flush(steady)
    expect(stored().toSorted()).toEqual(lines.toSorted())
    await run.sink.close()
  })

  it('leaves the last of the disk to the log: plans are completed, and then the sink waits', async () => {
    const lines = fill([4, 1])
    let freeBytes = 2 ** 30
    let asked = 0
    const run = await open('1GiB', {
      freeBytes: () => {
        asked++
        return Promise.resolve(freeBytes)
      },
    })
    const [first, second] = site.log.partitions
    await writeAll(run, [first!])
    // Asked for again when files have grown, and not for each batch.
    expect(asked).toBe(1)
    freeBytes = 1000
    await run.sink.close()
    const again = await open('1GiB', { freeBytes: () => Promise.resolve(freeBytes) })
    const [batch] = site.log.read(second!, 0)
    await expect(again.sink.write(batch!, steady)).rejects.toMatchObject({ code: 'lake_spool_full', retry: 'timed' })
    freeBytes = 2 ** 30
    await writeAll(again)
    await again.sink.flush(steady)
    expect(stored().toSorted()).toEqual(lines.toSorted())
    await again.sink.close()
  })

  it('has its largest plan completed when the disk is full all the same', async () => {
    const lines = fill([3, 6, 2])
    const { files } = nodeWorld()
    let isFull = false
    const run = await open('1GiB', {
      open: (path, mode) => {
        const isNew = isFull && mode === 'create'
        return isNew ? Promise.reject(runtimeErrors.make('disk_full', `${path} got no room`)) : files.open(path, mode)
      },
    })
    const [first, second, third] = site.log.partitions
    await writeAll(run, [first!, second!])
    isFull = true
    const [batch] = site.log.read(third!, 0)
    await expect(run.sink.write(batch!, steady)).rejects.toMatchObject({ code: 'disk_full', retry: 'timed' })
    expect(names()).toEqual(['1-00000000000000000000'])
    isFull = false
    await writeAll(run, [third!])
    await run.sink.flush(steady)
    expect(stored().toSorted()).toEqual(lines.toSorted())
    await run.sink.close()
  })
})
