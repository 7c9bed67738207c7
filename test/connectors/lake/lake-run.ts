// One run of a directory sink in a world, simulated or real, over a log and a state that outlive it.

import { join } from 'node:path'
import type { ConnectorState, Json } from '../../../core/connector/context.js'
import { readSettings } from '../../../core/connector/fields.js'
import type { Assignment, Sink, SinkContext, SinkPartition } from '../../../core/connector/sink.js'
import { makeWorkDirectory } from '../../../core/pipeline/work-directory.js'
import type { Files } from '../../../core/runtime/files.js'
import type { World } from '../../../core/runtime/world.js'
import type { TailraceError } from '../../../core/errors/tailrace-error.js'
import { outgoingBehindGuard } from '../../../core/security/address-guard.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { directoryFields } from '../../../connectors/lake/directory-declaration.js'
import { create } from '../../../connectors/lake/directory-sink.js'
import type { TestLog } from './test-log.js'

/** Never aborted. */
export const steady: AbortSignal = new AbortController().signal

export interface LakeRunOptions {
  readonly world: World
  readonly log: TestLog
  /** As a user writes them. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Where the hub keeps its state; the lake lies beside it unless `settings.root` is absolute. */
  readonly base: string
  readonly hubId?: string
  readonly sink?: string
  readonly openFiles?: number
  /** The sink of these settings; a directory when it is not given. */
  readonly create?: (settings: Readonly<Record<string, unknown>>) => Sink
  /** Aborted when the run has to end; never when it is not given. */
  readonly signal?: AbortSignal
  /** The offsets that the group committed; the run adds to them. */
  readonly committed?: Map<string, number>
  /** Takes what no file can hold, by offset; left out, such a record stops the run. */
  readonly refused?: Map<number, TailraceError>
  /** Parts of the context that the test plays itself. */
  readonly context?: Partial<SinkContext>
}

export interface LakeRun {
  readonly sink: Sink
  readonly context: SinkContext
  readonly committed: Map<string, number>
}

const createDirectory = (settings: Readonly<Record<string, unknown>>): Sink =>
  create(readSettings(directoryFields, settings))

/** Opens a sink; nothing is assigned yet. */
export async function openLake(options: LakeRunOptions): Promise<LakeRun> {
  const { world, log, base } = options
  const committed = options.committed ?? new Map<string, number>()
  const context: SinkContext = {
    pipeline: 'shop',
    connector: options.sink ?? 'lake',
    hubId: options.hubId ?? 'hub-1',
    baseDirectory: base,
    dataDirectory: join(base, 'hub'),
    files: world.files,
    clock: world.clock,
    random: world.random,
    logger: silentLogger,
    metrics: silentRecorder,
    limits: { openFiles: options.openFiles ?? 64 },
    outgoing: outgoingBehindGuard(world.resolver),
    state: await openState(world.files, join(base, 'hub')),
    signal: options.signal ?? steady,
    fail: (_, cursor, error) => {
      if (options.refused === undefined) throw error
      options.refused.set(cursor.offset, error)
    },
    settleFailed: () => Promise.resolve(),
    keepFailed: () => undefined,
    bury: () => Promise.reject(new Error('a lake keeps no records')),
    durable: (of, nextOffset) => committed.set(groupKey(of), nextOffset),
    reread: async (of, { firstOffset, nextOffset }, visit) => {
      for (const batch of log.read(of, firstOffset, nextOffset)) await visit(batch)
    },
    workDirectory: () => {
      const owner = { pipeline: 'shop', sink: options.sink ?? 'lake' }
      return makeWorkDirectory(world.files, join(base, 'hub'), owner)
    },
    ...options.context,
  }
  const sink = (options.create ?? createDirectory)(options.settings)
  await sink.open(context)
  return { sink, context, committed }
}

/** Assigns all partitions of the log; where each goes on. */
export async function assignAll(run: LakeRun, log: TestLog): Promise<ReadonlyMap<SinkPartition, number>> {
  const assignments: Assignment[] = log.partitions.map((of) => log.assignment(of, run.committed.get(groupKey(of))))
  const starts = await run.sink.assigned(assignments)
  return new Map(
    log.partitions.map((of, index) => [of, starts[index] ?? assignments[index]!.committed ?? of.logStartOffset]),
  )
}

/** Gives the sink all that the log holds, a batch of each partition in turn, with a tick now and then. */
export async function deliver(run: LakeRun, log: TestLog): Promise<void> {
  const starts = await assignAll(run, log)
  const readers = [...starts].map(([of, firstOffset]) => log.read(of, firstOffset))
  for (let round = 0, left = readers; left.length > 0; round++) {
    const going: typeof readers = []
    for (const reader of left) {
      const { value: batch, done } = reader.next()
      if (done) continue
      await run.sink.write(batch, steady)
      going.push(reader)
    }
    if (round % 3 === 2) await run.sink.tick?.(steady)
    left = going
  }
}

/** For what a sink does between its other work. */
const ticksAtTheEnd = 3

/** A whole life of the sink: everything in the log is in the lake afterwards. */
export async function deliverAndClose(options: LakeRunOptions): Promise<LakeRun> {
  const run = await openLake(options)
  await run.sink.check(steady)
  await deliver(run, options.log)
  await run.sink.flush(steady)
  for (let tick = 0; tick < ticksAtTheEnd; tick++) await run.sink.tick?.(steady)
  await run.sink.revoked(options.log.partitions)
  await run.sink.close()
  return run
}

function groupKey(of: SinkPartition): string {
  return `${of.topicId}/${of.partition}`
}

/** State in a file of the same world: a put is as durable, and as likely to be struck, as any write there. */
async function openState(files: Files, folder: string): Promise<ConnectorState> {
  const path = join(folder, 'state.json')
  await files.makeDirectory(folder)
  const found = await files.stat(path)
  const values = new Map<string, Json>(
    found === undefined ? [] : (JSON.parse((await files.readAll(path)).toString()) as [string, Json][]),
  )
  return {
    get: (key) => values.get(key),
    entries: (prefix) => [...values].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)),
    async put(changes) {
      const next = new Map(values)
      for (const [key, value] of changes) {
        if (value === undefined) next.delete(key)
        else next.set(key, value)
      }
      await files.replace(path, Buffer.from(JSON.stringify([...next])))
      for (const [key, value] of changes) {
        if (value === undefined) values.delete(key)
        else values.set(key, value)
      }
    },
  }
}
