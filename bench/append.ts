// Appends in-process, fsynced, 64 in flight, over partitions and batch sizes, against a bare loop that appends the same
// bytes to one growing (and to one preallocated) file with one fdatasync in flight. Then `written` topics against a
// bare loop without syncs.

import { join } from 'node:path'
import { openEmbeddedEngine } from '../core/engine/embedded/embedded-engine.js'
import type { LogEngine } from '../core/engine/log-engine.js'
import { encodeBatch } from '../core/record/encode-batch.js'
import { nodeWorld } from '../core/runtime/node-world.js'
import { silentLogger } from '../core/telemetry/logger.js'
import { silentRecorder } from '../core/telemetry/recorder.js'
import { BareAppender } from './measure/bare-append.js'
import { closedLoop } from './measure/closed-loop.js'
import { benchOptions, compare, printMachine, type Run } from './measure/pairs.js'
import { inScratch } from './measure/scratch.js'

const inFlight = 64
const kibibyte = 1024
const cells = [
  { batchBytes: kibibyte, totalBytes: 64 * kibibyte * kibibyte, target: 0.7 },
  { batchBytes: 16 * kibibyte, totalBytes: 256 * kibibyte * kibibyte, target: 0.5 },
  { batchBytes: 128 * kibibyte, totalBytes: 384 * kibibyte * kibibyte, target: 0.4 },
]
const partitionCounts = [1, 16, 128, 512]

function batchOf(bytes: number): Buffer {
  const value = Buffer.alloc(bytes - 80)
  for (let at = 0; at < value.length; at++) value[at] = (at * 31) % 251
  return encodeBatch([{ key: null, value, timestampMs: 1_700_000_000_000 }])
}

async function engineRun(
  engine: LogEngine,
  load: {
    readonly batch: Buffer
    readonly partitions: number
    readonly count: number
    readonly durability: 'fsync' | 'written'
  },
): Promise<Run> {
  await engine.topics.create({ name: 'bench', partitions: load.partitions, settings: { durability: load.durability } })
  const append = (index: number): Promise<unknown> => {
    const partition = (index * 7919) % load.partitions
    return engine.append([{ topic: 'bench', partition, batch: load.batch }])
  }
  const run = await closedLoop({ count: load.count, inFlight, call: append })
  await engine.topics.delete('bench')
  return { ...run, amount: run.amount * load.batch.length }
}

async function bareRun(
  path: string,
  load: { readonly batch: Buffer; readonly count: number; readonly preallocated: boolean; readonly sync: boolean },
): Promise<Run> {
  const appender = new BareAppender({
    path,
    preallocatedBytes: load.preallocated ? load.batch.length * load.count : 0,
    sync: load.sync,
  })
  const run = await closedLoop({ count: load.count, inFlight, call: () => appender.append(load.batch) })
  appender.close()
  return { ...run, amount: run.amount * load.batch.length }
}

const { pairs, only } = benchOptions()
printMachine()
await inScratch(async (directory) => {
  const engine = await openEmbeddedEngine({
    directory: join(directory, 'data'),
    world: nodeWorld(),
    logger: silentLogger,
    recorder: silentRecorder,
  })
  const path = join(directory, 'bare')
  for (const { batchBytes, totalBytes, target } of cells) {
    const batch = batchOf(batchBytes)
    const count = Math.floor(totalBytes / batchBytes)
    for (const partitions of partitionCounts) {
      for (const preallocated of [false, true]) {
        const name = `append ${batchBytes / kibibyte} KiB, ${partitions} partitions, against a ${preallocated ? 'preallocated' : 'growing'} file`
        if (!name.includes(only)) continue
        const subject = (): Promise<Run> => engineRun(engine, { batch, partitions, count, durability: 'fsync' })
        const denominator = (): Promise<Run> => bareRun(path, { batch, count, preallocated, sync: true })
        await compare(
          { name, unit: 'MB/s', scale: 1e6, subject, denominator, target: preallocated ? undefined : target },
          pairs,
        )
      }
    }
  }
  const written = 'written 128 KiB, 16 partitions, against a bare write loop'
  if (written.includes(only)) {
    const batch = batchOf(128 * kibibyte)
    const count = 3072
    const subject = (): Promise<Run> => engineRun(engine, { batch, partitions: 16, count, durability: 'written' })
    const denominator = (): Promise<Run> => bareRun(path, { batch, count, preallocated: false, sync: false })
    await compare({ name: written, unit: 'MB/s', scale: 1e6, subject, denominator, target: 0.35 }, pairs)
  }
  await engine.close()
})
