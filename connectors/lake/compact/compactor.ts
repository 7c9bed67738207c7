// Merges the small files of a sink's partitions into larger ones, a merge at a time, between its other work:
//
//   1. the merged file is written in the staging folder, and is whole and on the device
//   2. the merge (its name, sum, and the files that go) is durable in the log
//   3. the merged file appears under its name and is durable; from here on readers see its rows twice
//   4. the files that it is made of are removed; from here on once
//   5. the log knows that the merge is finished
//
// A crash before 2 leaves a staged file, which the next start removes; one after 2 is finished by whoever has the
// partition next. No store can exchange many names for one at once, neither a directory nor a bucket: so readers may see
// rows twice between 3 and 4, but never miss one.
//
// Only files of plans that are finished are touched: a plan that is open may have to look for its files.

import { basename } from 'node:path'
import type { SinkPartition } from '../../../core/connector/sink.js'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import { lakeErrors } from '../errors.js'
import { extensionFor } from '../formats/file-format.js'
import type { FileMaking, Lake } from '../lake.js'
import type { Manifest } from '../manifest.js'
import type { ObjectStore, StoredFile } from '../object-store.js'
import { readPartitionState } from '../partition-state.js'
import { constantPrefix, readPathTemplate, tailOf } from '../path-template.js'
import { leftToLogBytes } from '../spool-room.js'
import { StagedFile } from '../staged-file.js'
import { FileNames } from './file-names.js'
import { type Merge, putMerge, readMerge } from './merge-state.js'
import { type MergedFile, writeMerged } from './merged-file.js'
import { type CompactRules, runsOf, type SmallFile } from './small-files.js'

export interface CompactSettings extends CompactRules {
  /** Milliseconds from the end of a pass over the lake to the beginning of the next one. */
  readonly every: number
}

/** After a failure. */
const retryMs = 60_000
/** So many files of a folder are looked at together. */
const mostOfFolder = 10_000
/** Pages of a listing, or files that could not be merged, for each tick. */
const looksPerTick = 20

interface OwnPartition {
  readonly of: SinkPartition
  readonly names: FileNames
}

/** Files of one partition that are to become one; undefined behind a page without any. */
type Found = { readonly own: OwnPartition; readonly run: readonly SmallFile[] } | undefined

export class Compactor {
  readonly #lake: Lake
  readonly #making: FileMaking
  /** Undefined: what is open is finished, and nothing else. */
  readonly #settings: CompactSettings | undefined
  readonly #partitions = new Map<string, OwnPartition>()
  /** Partitions in whose state a merge is open. */
  readonly #open = new Set<string>()
  /** Files that cannot be merged, as they were told of. */
  readonly #leftAlone = new Set<string>()
  #pass: AsyncGenerator<Found> | undefined
  /** What is left of the files found last: those behind one that could not share a file with the others. */
  #rest: Found
  #dueMs = 0
  #mayRemove = false

  constructor(lake: Lake, making: FileMaking, settings: CompactSettings | undefined) {
    this.#lake = lake
    this.#making = making
    this.#settings = settings
  }

  assigned(of: SinkPartition): void {
    const { context } = this.#lake
    const { template } = readPathTemplate(this.#making.path)
    const { pipeline, connector: sink } = context
    const binding = { pipeline, sink, topic: of.topic, partition: of.partition }
    const names = new FileNames(template, binding, extensionFor(this.#making.format, tailOf(template)))
    this.#partitions.set(keyOf(of), { of: { topic: of.topic, topicId: of.topicId, partition: of.partition }, names })
    if (readMerge(context.state, of) === undefined) return
    this.#open.add(keyOf(of))
    this.#dueMs = 0
  }

  revoked(of: SinkPartition): void {
    this.#partitions.delete(keyOf(of))
    this.#open.delete(keyOf(of))
    this.#endPass()
  }

  /**
   * Does one merge at the most. What fails is logged, tried again later, and no reason for the sink to stop. Errors:
   * state_fenced, and whatever is no failure of the disk or the store.
   */
  async tick(signal: AbortSignal): Promise<void> {
    const { context } = this.#lake
    if (context.clock.monotonicMs() < this.#dueMs) return
    try {
      await this.#step(signal)
    } catch (error) {
      if (!(error instanceof TailraceError) || error.code === 'state_fenced' || signal.aborted) throw error
      // What is begun shows rows twice until it is finished; a pass can wait for its turn.
      const inMs = this.#open.size > 0 ? retryMs : Math.max(retryMs, this.#settings?.every ?? 0)
      context.logger.warn('small files could not be merged; it is tried again', { error, inMs })
      this.#endPass()
      this.#dueMs = context.clock.monotonicMs() + inMs
    }
  }

  async #step(signal: AbortSignal): Promise<void> {
    for (const key of this.#open) {
      const { of } = this.#partitions.get(key)!
      const merge = readMerge(this.#lake.context.state, of)
      if (merge !== undefined) await this.#finish(of, merge, signal)
      this.#open.delete(key)
      return
    }
    const settings = this.#settings
    if (settings === undefined) {
      this.#dueMs = Number.POSITIVE_INFINITY
      return
    }
    this.#pass ??= this.#findRuns(settings)
    for (let look = 0; look < looksPerTick; look++) {
      const { value, done } = this.#rest === undefined ? await this.#pass.next() : { value: this.#rest, done: false }
      if (done === true) {
        this.#endPass()
        this.#dueMs = this.#lake.context.clock.monotonicMs() + settings.every
        return
      }
      this.#rest = undefined
      if (value !== undefined && (await this.#merge(value, signal))) return
    }
  }

  #endPass(): void {
    this.#pass = undefined
    this.#rest = undefined
  }

  /** A pass over the lake: what can be merged, folder by folder. */
  async *#findRuns(settings: CompactSettings): AsyncGenerator<Found> {
    const { context, store } = this.#lake
    const { pipeline, connector: sink } = context
    const prefix = constantPrefix(readPathTemplate(this.#making.path).template, { pipeline, sink })
    let folder = ''
    let files = new Map<OwnPartition, SmallFile[]>()
    let count = 0
    const runsOfFolder = (): readonly Found[] => {
      const nowMs = context.clock.now()
      const runs = [...files].flatMap(([own, small]) => runsOf(small, settings, nowMs).map((run) => ({ own, run })))
      files = new Map()
      count = 0
      return runs
    }
    for await (const page of store.list(prefix)) {
      for (const file of page) {
        const inFolder = file.name.slice(0, file.name.lastIndexOf('/') + 1)
        if (inFolder !== folder || count === mostOfFolder) yield* runsOfFolder()
        folder = inFolder
        const found = this.#recognise(file)
        if (found === undefined) continue
        const others = files.get(found.own)
        if (others === undefined) files.set(found.own, [found.file])
        else others.push(found.file)
        count++
      }
      yield undefined
    }
    yield* runsOfFolder()
  }

  #recognise(stored: StoredFile): { readonly own: OwnPartition; readonly file: SmallFile } | undefined {
    for (const own of this.#partitions.values()) {
      const named = own.names.read(stored.name)
      if (named === undefined) continue
      // What cannot be merged parts its neighbours, as a large file does.
      const bytes = this.#leftAlone.has(stored.name) ? Number.POSITIVE_INFINITY : stored.bytes
      return { own, file: { ...stored, ...named, bytes } }
    }
    return undefined
  }

  /** False when the files stay as they are. */
  async #merge({ own, run }: NonNullable<Found>, signal: AbortSignal): Promise<boolean> {
    const { context, store } = this.#lake
    const sources = run.filter(({ firstOffset }) => this.#isFinished(own.of, firstOffset))
    const [first] = sources
    if (first === undefined || sources.length < 2) return false
    await this.#keepFree(sources.reduce((sum, { bytes }) => sum + bytes, 0))
    const path = store.staging.pathOf(`${store.staging.nameFor(own.of, first.firstOffset, 0)}-merged`)
    const staged = new StagedFile(context.files, path)
    try {
      const names = sources.map(({ name }) => name)
      const { format } = this.#making
      const merged = await writeMerged({ store, of: own.of, format, staged }, names, signal)
      if (merged.fault !== undefined) this.#leaveAlone(names[merged.count]!, merged.fault)
      const rest = sources.slice(merged.count + (merged.fault === undefined ? 0 : 1))
      if (rest.length > 1) this.#rest = { own, run: rest }
      const plan = this.#planOf(own, sources.slice(0, merged.count), merged, path)
      if (plan === undefined) return false
      const merge = { plan, sources: names.slice(0, merged.count) }
      if (!(await this.#isFree(plan))) return false
      await this.#checkRight(plan)
      await store.secureStaged()
      await putMerge(context.state, own.of, merge)
      this.#open.add(keyOf(own.of))
      await this.#finish(own.of, merge, signal)
      this.#open.delete(keyOf(own.of))
      return true
    } finally {
      if (!this.#open.has(keyOf(own.of))) await store.staging.discard(basename(path))
    }
  }

  /** Do all plans end before it, and is none open? */
  #isFinished(of: SinkPartition, firstOffset: number): boolean {
    const state = readPartitionState(this.#lake.context.state, of)
    return state !== undefined && state.plan === undefined && firstOffset < state.nextOffset
  }

  #planOf(
    { of, names }: OwnPartition,
    sources: readonly SmallFile[],
    { sum, records, nextOffset }: MergedFile,
    path: string,
  ): Manifest | undefined {
    const [first, last] = [sources[0], sources.at(-1)]
    if (sources.length < 2 || first === undefined || last === undefined || sum === undefined) return undefined
    const name = names.merged(first.name, last.throughOffset)
    if (name === undefined) return undefined
    const { hubId, pipeline, connector: sink } = this.#lake.context
    return {
      ...of,
      hubId,
      pipeline,
      sink,
      firstOffset: first.firstOffset,
      nextOffset: nextOffset ?? last.throughOffset + 1,
      root: this.#lake.store.root,
      ...this.#making,
      schemas: [],
      objects: [{ name, staged: basename(path), bytes: sum.bytes, crc: sum.crc, records }],
    }
  }

  async #isFree(plan: Manifest): Promise<boolean> {
    const [object] = plan.objects
    if (object === undefined || (await this.#lake.store.observe(object, plan)) === 'absent') return true
    this.#leaveAlone(object.name, 'it stands where files that are merged would go')
    return false
  }

  /** Before rows stand there twice: may the files be removed? A name that nothing has tells. */
  async #checkRight({ objects: [object] }: Manifest): Promise<void> {
    if (this.#mayRemove || object === undefined) return
    await this.#lake.store.remove([`${object.name}.probe`])
    this.#mayRemove = true
  }

  /** May be repeated when it fails. */
  async #finish(of: SinkPartition, { plan, sources }: Merge, signal: AbortSignal): Promise<void> {
    const { context } = this.#lake
    const { state, clock, logger, metrics, pipeline, connector: sink } = context
    const [object] = plan.objects
    const store = await this.#lake.storeOf(plan.root)
    const startedMs = clock.monotonicMs()
    if (object !== undefined && (await this.#stands(store, of, { plan, sources }, signal))) {
      await store.settle([object.name])
      await store.remove(sources)
      metrics.count('tailrace_lake_merged_files_total', { pipeline, sink }, sources.length)
      logger.info('small files were merged', {
        into: object.name,
        files: sources.length,
        records: object.records,
        bytes: object.bytes,
        // For as long readers may have seen the records twice.
        twiceMs: Math.round(clock.monotonicMs() - startedMs),
      })
    }
    await putMerge(state, of, undefined)
    if (object !== undefined) await store.staging.discard(object.staged)
  }

  /** Afterwards the merged file stands under its name; false when it cannot, and the files it is made of stay. */
  async #stands(store: ObjectStore, of: SinkPartition, merge: Merge, signal: AbortSignal): Promise<boolean> {
    const { plan, sources } = merge
    const object = plan.objects[0]!
    const seen = await store.observe(object, plan)
    if (seen === 'agrees') return true
    if (seen === 'absent' && ((await isStaged(store, plan)) || (await this.#writeAgain(store, of, merge, signal)))) {
      await store.publish(object, plan)
      return true
    }
    this.#lake.context.logger.error('a merge that was begun is given up; the files stay as they are', {
      into: object.name,
      files: sources.length,
      found: seen,
    })
    return false
  }

  async #writeAgain(store: ObjectStore, of: SinkPartition, { plan, sources }: Merge, signal: AbortSignal) {
    const object = plan.objects[0]!
    const staged = new StagedFile(this.#lake.context.files, store.staging.pathOf(object.staged))
    const { sum, count } = await writeMerged({ store, of, format: plan.format, staged }, sources, signal)
    return count === sources.length && sum?.bytes === object.bytes && sum.crc === object.crc
  }

  /** Errors: lake_spool_full. */
  async #keepFree(neededBytes: number): Promise<void> {
    const { path } = this.#lake.store.staging
    const freeBytes = await this.#lake.context.files.freeBytes(path)
    if (freeBytes >= neededBytes + leftToLogBytes) return
    throw lakeErrors.make('lake_spool_full', `${path}: ${freeBytes} bytes are free, a merge needs ${neededBytes}`, {
      details: { directory: path, freeBytes, neededBytes, leftToLogBytes },
    })
  }

  #leaveAlone(name: string, why: string): void {
    if (this.#leftAlone.size >= mostOfFolder) this.#leftAlone.clear()
    this.#leftAlone.add(name)
    const { root } = this.#lake.store
    this.#lake.context.logger.warn('a file is left as it is, and merged with no other', {
      file: `${root.path}/${name}`,
      why,
    })
  }
}

async function isStaged(store: ObjectStore, plan: Manifest): Promise<boolean> {
  return (await store.staging.observe(plan.objects[0]!)) === 'agrees'
}

function keyOf(of: SinkPartition): string {
  return `${of.topicId}/${of.partition}`
}
