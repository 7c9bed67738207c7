// A file system gives the inode of a removed file to the next one that is made: often to the log of the same service.

import fs from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { nodeFiles } from '../../../core/runtime/node/node-files.js'
import type { FileStat } from '../../../core/runtime/files.js'
import { makeDirectory, Tail } from './kit.js'

/** Files of which this one has the inode of that one, whatever the file system does. */
function reusing(
  lookUp: () => { readonly path: string; readonly inode: string } | undefined,
): Partial<typeof nodeFiles> {
  const disguised = (at: string, stat: FileStat): FileStat => {
    const reused = lookUp()
    return reused?.path === at ? { ...stat, inode: reused.inode } : stat
  }
  const statOf =
    (ask: typeof nodeFiles.stat): typeof nodeFiles.stat =>
    async (at) => {
      const stat = await ask(at)
      return stat === undefined ? undefined : disguised(at, stat)
    }
  return {
    stat: statOf(nodeFiles.stat),
    statLink: statOf(nodeFiles.statLink),
    openSync: (at, mode) => {
      const open = nodeFiles.openSync(at, mode)
      const stat = open.stat.bind(open)
      return Object.assign(open, { stat: async () => disguised(at, await stat()) })
    },
  }
}

it('reads a new file that has the inode of a compressed one that was read and removed', async () => {
  const directory = makeDirectory()
  const compressed = path.join(directory, 'app.log.1.gz')
  const log = path.join(directory, 'app.log')
  const reused: { place?: { readonly path: string; readonly inode: string } } = {}
  const tail = await Tail.start({ directory, settings: { include: ['*.log*'] }, files: reusing(() => reused.place) })
  fs.writeFileSync(compressed, gzipSync('old 1\nold 2\n'))
  // As gzip leaves it: older than its making, so that its birth proves nothing.
  fs.utimesSync(compressed, 1_700_000_000, 1_700_000_000)
  await tail.settle()
  await tail.settle(6000)
  expect(tail.values).toEqual(['old 1', 'old 2'])
  reused.place = { path: log, inode: String(fs.statSync(compressed, { bigint: true }).ino) }
  fs.unlinkSync(compressed)
  fs.writeFileSync(log, 'new 1\nnew 2\n')
  await tail.settle()
  await tail.settle()
  expect(tail.values).toEqual(['old 1', 'old 2', 'new 1', 'new 2'])
})
