// s3rver, a server of S3's interface that we did not write, for what it knows: in a directory that goes with it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRequire } from 'node:module'

interface S3rver {
  run(): Promise<{ readonly port: number }>
  close(): Promise<void>
}

/** It brings no types. */
const S3rverClass = createRequire(import.meta.url)('s3rver') as new (
  options: Readonly<Record<string, unknown>>,
) => S3rver

export interface ForeignServer {
  readonly url: string
  close(): Promise<void>
}

/** Access key and secret are both `S3RVER`. */
export async function openForeignServer(bucket: string): Promise<ForeignServer> {
  const directory = mkdtempSync(join(tmpdir(), 's3rver-'))
  const server = new S3rverClass({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket }],
  })
  const { port } = await server.run()
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      await server.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
