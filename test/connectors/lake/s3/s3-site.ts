// A store and a hub's directory for tests of the s3 sink: the disk is a real one, the log and the group outlive runs.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSettings } from '../../../../core/connector/fields.js'
import { Secret } from '../../../../core/connector/secret.js'
import type { Sink } from '../../../../core/connector/sink.js'
import { nodeWorld } from '../../../../core/runtime/node-world.js'
import { create } from '../../../../connectors/lake/s3/s3-sink.js'
import { s3Fields } from '../../../../connectors/lake/s3/settings.js'
import { S3Server } from '../../../support/s3/s3-server.js'
import type { S3ServerOptions } from '../../../support/s3/s3-server.js'
import type { LakeRunOptions } from '../lake-run.js'
import { TestLog } from '../test-log.js'

export const bucketName = 'lake'

/** As a user writes them, but for the rules of `checkS3Settings`: parts may be smaller. */
function createS3(settings: Readonly<Record<string, unknown>>): Sink {
  return create(readSettings(s3Fields, settings))
}

export interface S3Site {
  readonly server: S3Server
  readonly log: TestLog
  /** Options of a run with these settings besides bucket, endpoint and credentials. */
  options(settings?: Readonly<Record<string, unknown>>): LakeRunOptions
  /** The objects of the lake, without its bookkeeping. */
  objects(): ReadonlyMap<string, Buffer>
  close(): Promise<void>
}

export async function openS3Site(options: S3ServerOptions = {}): Promise<S3Site> {
  const server = await S3Server.open({ fewestPartBytes: 1, ...options })
  const bucket = server.addBucket(bucketName)
  const base = mkdtempSync(join(tmpdir(), 'lake-s3-'))
  const log = new TestLog()
  const credentials = { accessKey: new Secret('tailrace'), secretKey: new Secret('a secret') }
  const place = { bucket: bucketName, endpoint: server.url, credentials }
  return {
    server,
    log,
    options: (settings = {}) => ({
      world: nodeWorld(),
      log,
      base,
      settings: { ...place, ...settings },
      create: createS3,
    }),
    objects: () => {
      const entries = [...bucket.objects].filter(([key]) => !key.includes('.tailrace/'))
      return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { bytes }]) => [key, bytes]))
    },
    close: async () => {
      await server.close()
      rmSync(base, { recursive: true, force: true })
    },
  }
}
