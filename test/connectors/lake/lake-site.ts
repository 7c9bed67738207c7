// A lake in a directory and one in a bucket, for tests of what holds of both: on a real disk.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { readLake } from './lake-files.js'
import type { LakeRunOptions } from './lake-run.js'
import { bucketName, openS3Site } from './s3/s3-site.js'
import { TestLog } from './test-log.js'

export interface LakeSite {
  readonly log: TestLog
  options(settings: Readonly<Record<string, unknown>>): LakeRunOptions
  /** Name → bytes, in the order of names. */
  files(): Promise<ReadonlyMap<string, Buffer>>
  /** Somebody else puts a file there. */
  putForeign(name: string): void
  remove(name: string): void
  /** Other bytes; what is said of the file beside them stays. */
  replace(name: string, bytes: Buffer): void
  /** Where files under way lie. */
  readonly spool: string
  close(): Promise<void>
}

export async function directorySite(): Promise<LakeSite> {
  const base = mkdtempSync(join(tmpdir(), 'lake-'))
  const root = join(base, 'lake')
  const log = new TestLog()
  return {
    log,
    options: (settings) => ({ world: nodeWorld(), log, base, settings: { root, ...settings } }),
    files: () => readLake(nodeWorld().files, root),
    putForeign: (name) => {
      mkdirSync(dirname(join(root, name)), { recursive: true })
      writeFileSync(join(root, name), 'foreign')
    },
    remove: (name) => rmSync(join(root, name)),
    replace: (name, bytes) => writeFileSync(join(root, name), bytes),
    spool: join(root, '.tailrace/open/shop.lake'),
    close: () => Promise.resolve(rmSync(base, { recursive: true })),
  }
}

export async function bucketSite(): Promise<LakeSite> {
  const site = await openS3Site()
  const { objects } = site.server.buckets.get(bucketName)!
  return {
    ...site,
    files: () => Promise.resolve(site.objects()),
    putForeign: (name) =>
      void objects.set(name, { bytes: Buffer.from('foreign'), etag: '"x"', headers: {}, modifiedMs: 0 }),
    remove: (name) => void objects.delete(name),
    replace: (name, bytes) => void objects.set(name, { ...objects.get(name)!, bytes }),
    spool: join(site.options().base, 'hub/work/shop.lake'),
  }
}
