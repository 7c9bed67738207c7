// The sink as the pipelines run it, on the real disk.

import { noIngress } from '../../../core/connector/no-ingress.js'
import { mkdtempSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSettings } from '../../../core/connector/fields.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../../core/engine/memory/memory-engine.js'
import type { PipelinePlan } from '../../../core/pipeline/pipeline-plan.js'
import { startPipelines } from '../../../core/pipeline/supervisor.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { directoryFields, directorySink } from '../../../connectors/lake/directory-declaration.js'
import { compressedBatch, unreadableBatch } from '../../core/record/compressed-batch.js'
import { linesOf, readLake } from './lake-files.js'
import { deliverAndClose } from './lake-run.js'
import { TestLog, textRecord } from './test-log.js'

const world = nodeWorld()
let base: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'lake-'))
})

afterEach(() => {
  rmSync(base, { recursive: true })
})

function planOf(settings: Readonly<Record<string, unknown>>): PipelinePlan {
  const onError = { deadLetter: undefined, maxAttempts: 1 }
  const sink = { id: 'lake', declaration: directorySink, settings: readSettings(directoryFields, settings) }
  const topics = ['orders', 'payments'].map((name) => ({ name, partitions: 2, settings: {}, declared: true }))
  return {
    name: 'shop',
    file: join(base, 'shop.json'),
    baseDirectory: base,
    topics,
    defaultTopic: { partitions: 1, settings: {} },
    transforms: [],
    sources: [],
    sinks: [{ ...sink, from: ['orders', 'payments'], group: 'shop.lake', steps: [], onError }],
    document: {},
  }
}

/** Runs the pipeline until it has published so many files, and drains it. */
async function runOnce(engine: LogEngine, plan: PipelinePlan, fileCount: number): Promise<void> {
  let publishedAll: () => void = () => undefined
  const published = new Promise<void>((resolve) => (publishedAll = resolve))
  let files = 0
  const running = await startPipelines({
    plans: [plan],
    engine,
    world,
    ingress: noIngress,
    logger: silentLogger,
    recorder: {
      ...silentRecorder,
      count(name, _labels, by = 1) {
        if (name === 'tailrace_lake_files_total') files += by
        if (files >= fileCount) publishedAll()
      },
    },
    dataDirectory: join(base, 'hub'),
    openFiles: 64,
  })
  await published
  await running.drain()
  expect(running.status().map((edge) => edge.error)).toEqual([undefined])
}

describe('a pipeline into a directory', () => {
  it('delivers every record once over several runs, in order, from all topics and partitions', async () => {
    const engine = await openMemoryEngine({ clock: world.clock, random: world.random, logger: silentLogger })
    const settings = {
      root: 'lake',
      path: '{topic}/{level}/{partition}-{first}',
      format: { type: 'ndjson', compression: 'gzip' },
      columns: ['topic', 'partition', 'offset'],
      rotate: { records: 20 },
    }
    for (const name of ['orders', 'payments']) await engine.topics.create({ name, partitions: 2, settings: {} })
    for (let round = 0; round < 3; round++) {
      for (const topic of ['orders', 'payments']) {
        for (let partition = 0; partition < 2; partition++) {
          const records = Array.from({ length: 25 }, (_, index) =>
            textRecord(JSON.stringify({ n: round * 25 + index, level: index % 2 === 0 ? 'info' : 'warn' })),
          )
          await engine.append([{ topic, partition, batch: encodeBatch(records) }])
        }
      }
      // Twenty records of each partition fill a plan of two files at once; the others come with the drain.
      await runOnce(engine, planOf(settings), 8)
    }
    const seen = new Map<string, number[]>()
    for (const [name, bytes] of await readLake(world.files, join(base, 'lake'))) {
      for (const line of linesOf(name, bytes)) {
        const { n, level, _topic, _partition, _offset } = JSON.parse(line) as Record<string, string | number>
        expect(n).toBe(_offset)
        expect(name.startsWith(`${_topic}/${level}/${_partition}-`)).toBe(true)
        const from = `${_topic}-${_partition}`
        seen.set(from, [...(seen.get(from) ?? []), Number(n)])
      }
    }
    const all = Array.from({ length: 75 }, (_, n) => n)
    expect([...seen.keys()].sort()).toEqual(['orders-0', 'orders-1', 'payments-0', 'payments-1'])
    for (const numbers of seen.values()) expect(numbers.toSorted((a, b) => a - b)).toEqual(all)
    expect(engine.groups.committed('shop.lake', { topic: 'orders', partition: 0 })?.offset).toBe(75)
    await engine.close()
  })

  it('delivers the records of compressed batches, and a dead letter for one that nobody can read', async () => {
    const engine = await openMemoryEngine({ clock: world.clock, random: world.random, logger: silentLogger })
    for (const name of ['orders', 'payments']) await engine.topics.create({ name, partitions: 2, settings: {} })
    await engine.topics.create({ name: 'dead', partitions: 1, settings: {} })
    const of = { topic: 'orders', partition: 0 }
    const lines = (codec: number): string[] => [1, 2, 3].map((number) => `codec ${codec} record ${number}`)
    for (const codec of [0, 1, 2, 3, 4]) {
      const batch = encodeBatch(lines(codec).map((line) => textRecord(line)))
      if (codec === 2) await engine.append([{ ...of, batch: unreadableBatch(batch, codec) }])
      await engine.append([{ ...of, batch: compressedBatch(batch, codec) }])
    }
    const rotate = { records: 15 }
    const plan = planOf({ root: 'lake', path: '{topic}/{partition}-{first}', format: { type: 'raw' }, rotate })
    const onError = { deadLetter: 'dead', maxAttempts: 1 }
    await runOnce(engine, { ...plan, sinks: plan.sinks.map((sink) => ({ ...sink, onError })) }, 1)

    const [[name, bytes], ...others] = [...(await readLake(world.files, join(base, 'lake')))] as [[string, Buffer]]
    expect(others).toEqual([])
    expect(linesOf(name, bytes)).toEqual([0, 1, 2, 3, 4].flatMap(lines))
    expect((await engine.bounds({ topic: 'dead', partition: 0 })).highWatermark).toBe(1)
    expect(engine.groups.committed('shop.lake', of)?.offset).toBe(18)
    await engine.close()
  })

  it('does not follow a link out of its root', async () => {
    const log = new TestLog()
    log.append(log.add('orders', 0), [textRecord('{"name":"link"}')])
    const options = { world, log, base, settings: { root: 'lake', path: '{name}/{partition}-{first}' } }
    mkdirSync(join(base, 'lake'))
    mkdirSync(join(base, 'outside'))
    symlinkSync(join(base, 'outside'), join(base, 'lake', 'link'))
    await expect(deliverAndClose(options)).rejects.toThrow(expect.objectContaining({ code: 'lake_path_escapes' }))
    expect(await world.files.list(join(base, 'outside'))).toEqual([])
  })

  it('takes a link under a needed name for what it is: not its file', async () => {
    const log = new TestLog()
    log.append(log.add('orders', 0), [textRecord('a')])
    const options = {
      world,
      log,
      base,
      settings: { root: 'lake', path: '{partition}-{first}.log', format: { type: 'raw' } },
    }
    mkdirSync(join(base, 'lake'))
    symlinkSync('/dev/null', join(base, 'lake', '0-00000000000000000000.log'))
    await expect(deliverAndClose(options)).rejects.toThrow(expect.objectContaining({ code: 'lake_name_taken' }))
  })

  it('says at its check that the root cannot be a directory', async () => {
    await world.files.replace(join(base, 'lake'), Buffer.from('a file'))
    const options = { world, log: new TestLog(), base, settings: { root: 'lake' } }
    await expect(deliverAndClose(options)).rejects.toThrow(join(base, 'lake'))
  })
})
