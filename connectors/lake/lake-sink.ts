// The sink of every lake: records grow into plans, plans become files, and the log knows how far the lake is.
// What makes that exactly once stands in publication.ts and finish-open-plan.ts; README.md tells it as a story.

import type { Assignment, Sink, SinkBatch, SinkContext, SinkPartition } from '../../core/connector/sink.js'
import { present } from '../../core/errors/invariant.js'
import { prepareZstd } from '../../core/record/zstd.js'
import { Compactor } from './compact/compactor.js'
import { lakeErrors } from './errors.js'
import { finishOpenPlan } from './finish-open-plan.js'
import { boundPath } from './lake.js'
import type { FileMaking, Lake, LakeTarget } from './lake.js'
import { PartitionWriter } from './partition-writer.js'
import { readPartitionState } from './partition-state.js'
import { holdsTopic, readPathTemplate } from './path-template.js'
import { fileFormatOf } from './format-settings.js'
import { givenTable } from './given-table.js'
import { LakeTables } from './lake-tables.js'
import type { LakeSettings } from './settings.js'
import { SpoolRoom } from './spool-room.js'
import { TableMemory } from './table-memory.js'
import { tidyUp } from './tidy-up.js'
import { WriterSlots } from './writer-slots.js'

/** For the rows of all open tables together. */
const tableBytes = 96 * 1024 * 1024

export class LakeSink implements Sink {
  readonly #settings: LakeSettings
  readonly #target: LakeTarget
  readonly #making: FileMaking
  readonly #writers = new Map<string, PartitionWriter>()
  readonly #topics = new Set<string>()
  #context: SinkContext | undefined
  #lake: Lake | undefined
  #room: SpoolRoom | undefined
  #compactor: Compactor | undefined

  constructor(settings: LakeSettings, target: LakeTarget) {
    this.#settings = settings
    this.#target = target
    this.#making = { path: settings.path, format: fileFormatOf(settings.format, settings.columns) }
  }

  async open(context: SinkContext): Promise<void> {
    this.#context = context
  }

  async check(): Promise<void> {
    await this.#target.check(this.#openContext())
  }

  async assigned(partitions: readonly Assignment[]): Promise<readonly (number | undefined)[]> {
    for (const of of partitions) this.#checkPath(of)
    const lake = (this.#lake ??= await this.#start())
    const starts: (number | undefined)[] = []
    for (const of of partitions) {
      starts.push(await startOf(lake, of))
      this.#writers.set(keyOf(of), new PartitionWriter(lake, of, this.#making, this.#settings.rotate))
      this.#compactor?.assigned(of)
    }
    return starts
  }

  write(batch: SinkBatch): Promise<'accepted' | 'durable'> {
    const writer = this.#writer(batch)
    return this.#room === undefined ? writer.write(batch) : this.#room.whileIn(writer, () => writer.write(batch))
  }

  async tick(signal: AbortSignal): Promise<void> {
    for (const writer of this.#writers.values()) {
      signal.throwIfAborted()
      await writer.publishIfDue()
    }
    await this.#compactor?.tick(signal)
  }

  async flush(signal: AbortSignal): Promise<void> {
    for (const writer of this.#writers.values()) {
      signal.throwIfAborted()
      await writer.publish()
    }
  }

  async revoked(partitions: readonly SinkPartition[]): Promise<void> {
    for (const of of partitions) {
      const writer = this.#writer(of)
      await writer.publish()
      this.#room?.forget(writer)
      this.#compactor?.revoked(of)
      this.#writers.delete(keyOf(of))
    }
  }

  /** Leaves what was not flushed: its records come again, and the next start removes its files. */
  async close(): Promise<void> {
    this.#writers.clear()
    await this.#lake?.slots.close()
    this.#lake = undefined
    this.#room = undefined
    this.#compactor = undefined
    this.#target.close()
  }

  async #start(): Promise<Lake> {
    const context = this.#openContext()
    await prepareZstd()
    const run = context.random.bytes(8).toString('hex')
    const store = await this.#target.open(context, run)
    await tidyUp(context, store)
    const { spoolBytes } = this.#target
    if (spoolBytes !== undefined) this.#room = new SpoolRoom(context.files, store.staging.path, spoolBytes)
    const lake: Lake = {
      context,
      store,
      slots: new WriterSlots(context.limits.openFiles),
      memory: new TableMemory(tableBytes),
      tables: await this.#openTables(context),
      storeOf: async (root) => (root.id === store.root.id ? store : this.#target.openFormer(context, run, root)),
    }
    this.#compactor = new Compactor(lake, this.#making, this.#settings.compact)
    return lake
  }

  async #openTables({ state, files, baseDirectory }: SinkContext): Promise<LakeTables | undefined> {
    const { format, columns } = this.#settings
    if (format.type !== 'parquet') return undefined
    const given = await givenTable(format, { files, baseDirectory })
    return new LakeTables(state, { columns, changes: format.changes }, given)
  }

  /** Names of two topics must differ, and none be too long. Errors: lake_path_unfit. */
  #checkPath(of: SinkPartition): void {
    boundPath(this.#openContext(), of, { ...this.#making, path: this.#target.keyPrefix + this.#making.path })
    this.#topics.add(of.topic)
    const { path } = this.#settings
    if (this.#topics.size === 1 || holdsTopic(readPathTemplate(path).template)) return
    const topics = [...this.#topics].join(', ')
    throw lakeErrors.make(
      'lake_path_unfit',
      `the path ${path} gives the same names for several topics: ${topics}; it must hold {topic}`,
      { details: { path, topics } },
    )
  }

  #writer(of: SinkPartition): PartitionWriter {
    return present(this.#writers.get(keyOf(of)), `the writer of ${of.topic}-${of.partition}, which was not assigned`)
  }

  #openContext(): SinkContext {
    return present(this.#context, 'the context of a sink that was opened')
  }
}

/**
 * Finishes what a crash interrupted and says where to go on. What the lake holds wins over an offset of the group that
 * lies before it; one that lies behind it was set by a person who wants to leave something out.
 */
async function startOf(lake: Lake, of: Assignment): Promise<number | undefined> {
  const state = readPartitionState(lake.context.state, of)
  if (state === undefined) return undefined
  if (state.plan !== undefined) await finishOpenPlan(lake, state.plan)
  const nextOffset = state.plan?.nextOffset ?? state.nextOffset
  return Math.max(nextOffset, of.committed ?? 0)
}

function keyOf(of: SinkPartition): string {
  return `${of.topicId}/${of.partition}`
}
