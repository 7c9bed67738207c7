// Bodies of a few bytes that become many, sent to the process itself, whose memory is looked at from outside.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { prepareZstd, zstdCompress } from '../../core/record/zstd.js'
import { runHub, type RunningHub } from '../cli/tailrace-process.js'
import { gzipBomb, zstdBomb } from '../core/record/bombs.js'
import { residentMemory } from './resident-memory.js'

const mebibyte = 1024 * 1024
const mostGrowthBytes = 64 * mebibyte

let directory: string
let hub: RunningHub
let address: string

beforeAll(async () => {
  await prepareZstd()
  directory = mkdtempSync(join(tmpdir(), 'tailrace-bombs-'))
  const sources = {
    usual: { type: 'http', path: '/usual', to: 'taken' },
    lenient: { type: 'http', path: '/lenient', to: 'taken', maxRatio: 10_000, badLines: 'refuse' },
  }
  writeFileSync(join(directory, 'p.json'), JSON.stringify({ version: 1, name: 'bombs', sources }))
  hub = await runHub(['p.json', '--kafka', 'off', '--http', 'off', '--ingest', '127.0.0.1:0'], { cwd: directory })
  address = / ingest=(\S+)/.exec(hub.readyLine)![1]!
})

afterAll(async () => {
  await hub.stop('SIGTERM')
  rmSync(directory, { recursive: true, force: true })
})

async function send(path: string, encoding: string, body: Uint8Array): Promise<number> {
  const headers = { 'content-type': 'text/plain', 'content-encoding': encoding }
  const answer = await fetch(`http://${address}${path}`, { method: 'POST', headers, body: Uint8Array.from(body) })
  await answer.text()
  return answer.status
}

const zeros = (mebibytes: number): Buffer => Buffer.alloc(mebibytes * mebibyte)
const lines = (mebibytes: number): Buffer => Buffer.from('a\n'.repeat((mebibytes * mebibyte) / 2))

/** What says more than it holds is damaged, and not too large. */
const bombs: readonly (readonly [name: string, encoding: string, bytes: () => Uint8Array])[] = [
  ...[11, 64, 256, 1024].map((size) => [`gzip of ${size} MiB in members`, 'gzip', () => gzipBomb(size)] as const),
  ...[11, 64].map((size) => [`gzip of ${size} MiB`, 'gzip', () => gzipSync(zeros(size))] as const),
  ...[11, 64].map((size) => [`deflate of ${size} MiB`, 'deflate', () => deflateSync(zeros(size))] as const),
  ...[11, 64].map((size) => [`bare deflate of ${size} MiB`, 'deflate', () => deflateRawSync(zeros(size))] as const),
  ...[11, 64].map((size) => [`zstd of ${size} MiB that states it`, 'zstd', () => zstdCompress(zeros(size))] as const),
  ...[11, 64, 1024].map((size) => [`zstd of ${size} MiB in blocks`, 'zstd', () => zstdBomb(size)] as const),
  ['gzip of lines', 'gzip', () => gzipSync(lines(12))],
  ['gzip that ends in the middle', 'gzip', () => gzipBomb(64).subarray(0, -20)],
  ['gzip inside gzip', 'gzip', () => gzipSync(gzipBomb(1024), { level: 0 })],
  ['zstd that states 2^62 bytes', 'zstd', () => Buffer.from('28b52ffde00000000000000040010000', 'hex')],
  ['zstd with a window of 3.75 TiB', 'zstd', () => Buffer.from('28b52ffd00ff010000', 'hex')],
]

it.each(
  bombs.flatMap(([name, encoding, bytes]) => [
    { name, encoding, bytes, path: '/usual' },
    { name, encoding, bytes, path: '/lenient' },
  ]),
)('a bomb is refused in little memory: $name to $path', async ({ path, encoding, bytes }) => {
  await send(path, 'zstd', zstdCompress(Buffer.from('warm')))
  await send(path, 'gzip', gzipSync('warm'))
  const before = residentMemory(hub.child.pid!).nowBytes
  const status = await send(path, encoding, bytes())
  expect([400, 413]).toContain(status)
  expect(residentMemory(hub.child.pid!).nowBytes - before).toBeLessThan(mostGrowthBytes)
})

it('twenty-four bombs at once are refused in little memory, and the next body is taken', async () => {
  const bytes = [gzipBomb(256), zstdBomb(256), deflateSync(zeros(64))]
  const encodings = ['gzip', 'zstd', 'deflate']
  const before = residentMemory(hub.child.pid!).nowBytes
  const statuses = await Promise.all(
    Array.from({ length: 24 }, (_, index) => send('/usual', encodings[index % 3]!, bytes[index % 3]!)),
  )
  // 503 for those that found the memory of bodies taken.
  for (const status of statuses) expect([400, 413, 503]).toContain(status)
  expect(residentMemory(hub.child.pid!).nowBytes - before).toBeLessThan(mostGrowthBytes)
  expect(await send('/usual', 'gzip', gzipSync('next'))).toBe(202)
})
