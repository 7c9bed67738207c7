// The source as it runs: started by its declaration in a pipeline, on a real clock, with the notifications of the
// system, into the engine in memory. Judged by what the topic holds; no test waits for anything but records.

import { noIngress } from '../../../core/connector/no-ingress.js'
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { fileSource } from '../../../connectors/file/declaration.js'
import { readSettings } from '../../../core/connector/fields.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../../core/engine/memory/memory-engine.js'
import type { PipelinePlan, SourcePlan } from '../../../core/pipeline/pipeline-plan.js'
import { type RunningPipelines, startPipelines } from '../../../core/pipeline/supervisor.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { readTopic } from '../../core/pipeline/rig.js'
import { makeDirectory } from './kit.js'

const world = nodeWorld()
const running: { pipelines: RunningPipelines; engine: LogEngine }[] = []

afterEach(async () => {
  for (const { pipelines, engine } of running.splice(0)) {
    await pipelines.drain()
    await engine.close()
  }
})

const openEngine = (): Promise<LogEngine> =>
  openMemoryEngine({ clock: world.clock, random: world.random, logger: silentLogger })

async function start(engine: LogEngine, directory: string, raw: Record<string, unknown>): Promise<RunningPipelines> {
  const source: SourcePlan = {
    id: 'logs',
    declaration: fileSource,
    settings: readSettings(fileSource.fields, raw),
    to: 'lines',
    topic: 'lines',
    topics: ['lines'],
    parse: undefined,
    key: undefined,
    steps: [],
    onError: { deadLetter: undefined, maxAttempts: 1 },
  }
  const plan: PipelinePlan = {
    name: 'test',
    file: path.join(directory, 'pipeline.json'),
    baseDirectory: directory,
    topics: [{ name: 'lines', partitions: 2, settings: {}, declared: true }],
    defaultTopic: { partitions: 1, settings: {} },
    transforms: [],
    sources: [source],
    sinks: [],
    document: {},
  }
  const surroundings = {
    logger: silentLogger,
    recorder: silentRecorder,
    ingress: noIngress,
    dataDirectory: '/nowhere/data',
    openFiles: 64,
  }
  const pipelines = await startPipelines({ plans: [plan], engine, world, ...surroundings })
  running.push({ pipelines, engine })
  return pipelines
}

/** The values of the topic, once there are so many; woken by the appends. */
async function values(engine: LogEngine, count: number): Promise<string[]> {
  for (;;) {
    const bounds = await Promise.all([0, 1].map((partition) => engine.bounds({ topic: 'lines', partition })))
    if (bounds.reduce((sum, { highWatermark }) => sum + highWatermark, 0) >= count) break
    const reads = bounds.map(({ highWatermark }, partition) => {
      return { topic: 'lines', partition, offset: highWatermark, maxBytes: 1024 }
    })
    const limits = { minBytes: 1, maxBytes: 1024, maxWaitMs: 20_000, isolation: 'durable' } as const
    await engine.read(reads, limits, new AbortController().signal)
  }
  return (await readTopic(engine, 'lines')).map(({ value }) => value ?? '')
}

describe('a pipeline with a file source', () => {
  it.each(['auto', 'poll'])('brings lines into the topic as they are written (watch: %s)', async (watch) => {
    const directory = makeDirectory()
    const engine = await openEngine()
    await start(engine, directory, { include: ['logs/*.log'], watch, rescan: '50ms' })
    fs.mkdirSync(path.join(directory, 'logs'))
    const log = path.join(directory, 'logs', 'app.log')
    fs.writeFileSync(log, 'one\n')
    await values(engine, 1)
    fs.appendFileSync(log, 'two\n')
    await values(engine, 2)
    fs.renameSync(log, `${log}.1`)
    fs.appendFileSync(`${log}.1`, 'three\n')
    fs.writeFileSync(log, 'four\n')
    expect(await values(engine, 4)).toEqual(['one', 'two', 'three', 'four'])
  })

  it('goes on where the log says, after it was drained and started again', async () => {
    const directory = makeDirectory()
    const engine = await openEngine()
    const log = path.join(directory, 'app.log')
    fs.writeFileSync(log, 'one\ntwo\n')
    const first = await start(engine, directory, { include: ['*.log'], rescan: '50ms' })
    await values(engine, 2)
    await first.drain()
    fs.appendFileSync(log, 'three\n')
    fs.renameSync(log, `${log}.1`)
    fs.writeFileSync(log, 'four\n')
    await start(engine, directory, { include: ['*.log'], rescan: '50ms' })
    expect(await values(engine, 4)).toEqual(['one', 'two', 'three', 'four'])
  })

  it('takes in a backlog of many appends, each line once and in order', async () => {
    const directory = makeDirectory()
    const engine = await openEngine()
    const lines = Array.from({ length: 60_000 }, (_, line) => `line ${line} ${'.'.repeat(line % 80)}`)
    fs.writeFileSync(path.join(directory, 'app.log'), `${lines.join('\n')}\n`)
    await start(engine, directory, { include: ['*.log'] })
    const found = await values(engine, lines.length)
    expect(found.length).toBe(lines.length)
    expect(found.findIndex((value, line) => value !== lines[line])).toBe(-1)
  })
})
