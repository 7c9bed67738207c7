// Makes the files of a partition's directory agree with what recovery says must be there.
//
// First it is checked, without a change, that every segment is there and long enough: anything else is damage. Then, when
// nothing needs the older state any more, interrupted swaps are finished, segments are cut behind their last batch,
// leftovers go. A file that nothing explains is set aside, never removed.

import { join } from 'node:path'
import { runtimeErrors } from '../runtime/errors.js'
import type { Files } from '../runtime/files.js'
import type { DataLayout } from './data-layout.js'
import { segmentBaseOffset, segmentName } from './data-layout.js'
import { logErrors } from './errors.js'
import type { FinishedSwap } from './replay.js'
import type { PartitionRecord } from './partition-log.js'

export const cleanedSuffix = '.cleaned'
const segmentSuffixes = ['.log', '.index', '.timeindex']

export interface ReconcileRequest {
  readonly files: Files
  readonly layout: DataLayout
  readonly topic: string
  readonly record: PartitionRecord
  readonly swaps: readonly FinishedSwap[]
}

/** Where a segment stands: what compaction made may not have been renamed yet. */
export async function segmentPath(
  files: Files,
  directory: string,
  segment: { readonly base: number; readonly isSwapped: boolean },
): Promise<string> {
  const path = join(directory, `${segmentName(segment.base)}.log`)
  const isUnfinished = segment.isSwapped && (await files.stat(`${path}${cleanedSuffix}`)) !== undefined
  return isUnfinished ? `${path}${cleanedSuffix}` : path
}

/** Throws `segment_missing` when a segment is not there or too short; changes nothing. */
export async function checkPartition({ files, layout, topic, record, swaps }: ReconcileRequest): Promise<void> {
  const directory = layout.partitionDirectory(topic, record.partition)
  for (const { base, bytes } of record.segments) {
    const isSwapped = swaps.some((swap) => swap.base === base)
    const path = await segmentPath(files, directory, { base, isSwapped })
    const thereBytes = (await files.stat(path))?.bytes ?? 0
    if (thereBytes < bytes) throw missing({ topic, partition: record.partition, base, bytes }, thereBytes)
  }
}

/** Returns what was set aside, by path. */
export async function reconcilePartition(request: ReconcileRequest): Promise<readonly string[]> {
  const { files, layout, topic, record } = request
  const directory = layout.partitionDirectory(topic, record.partition)
  for (const swap of request.swaps) await finishSwap(files, directory, swap)
  const expected = new Map(record.segments.map((segment) => [segment.base, segment]))
  const setAside: string[] = []
  for (const name of await files.list(directory)) {
    const path = join(directory, name)
    const base = segmentBaseOffset(name)
    const segment = base === undefined ? undefined : expected.get(base)
    if (base !== undefined && segment !== undefined) {
      await cutSegment(files, path, segment.bytes)
    } else if (isLeftover(name, base, record)) {
      await files.unlink(path)
    } else if (base !== undefined || !isIndexOf(name, expected)) {
      setAside.push(await moveAside(files, layout, path, `${topic}-${record.partition}.${name}`))
    }
  }
  await files.syncDirectory(directory)
  return setAside
}

async function cutSegment(files: Files, path: string, bytes: number): Promise<void> {
  const file = await files.open(path, 'write')
  try {
    if (file.sizeSync() <= bytes) return
    await file.truncate(bytes)
    await file.datasync()
  } finally {
    await file.close()
  }
}

function missing(
  segment: { readonly topic: string; readonly partition: number; readonly base: number; readonly bytes: number },
  thereBytes: number,
): Error {
  const { topic, partition, base, bytes } = segment
  const message = `segment ${segmentName(base)}.log of ${topic}-${partition} has ${thereBytes} of the ${bytes} bytes that were synced`
  return logErrors.make('segment_missing', message, {
    details: { topic, partition, firstOffset: base, thereBytes, bytes },
  })
}

/** Work that was interrupted: compaction not swapped in, segments below the log start, a segment that nothing acknowledged is in. */
function isLeftover(name: string, base: number | undefined, record: PartitionRecord): boolean {
  if (name.endsWith(cleanedSuffix)) return true
  const stem = /^(\d{20})\.(?:log|index|timeindex)$/.exec(name)
  const offset = base ?? (stem === null ? undefined : Number(stem[1]))
  if (offset === undefined) return false
  if (record.segments.some((segment) => segment.base === offset)) return false
  return offset >= record.nextOffset || offset < record.logStartOffset
}

function isIndexOf(name: string, expected: ReadonlyMap<number, unknown>): boolean {
  const match = /^(\d{20})\.(?:index|timeindex)$/.exec(name)
  return match !== null && expected.has(Number(match[1]))
}

/** Renames what compaction made over its first source and removes the other sources; may be repeated. */
export async function finishSwap(
  files: Files,
  directory: string,
  swap: Pick<FinishedSwap, 'base' | 'sources'>,
): Promise<void> {
  const target = join(directory, segmentName(swap.base))
  if ((await files.stat(`${target}.log${cleanedSuffix}`)) !== undefined) {
    for (const suffix of ['.index', '.timeindex']) await removeIfThere(files, `${target}${suffix}`)
    await files.rename(`${target}.log${cleanedSuffix}`, `${target}.log`)
    await files.syncDirectory(directory)
  }
  for (const source of swap.sources) {
    if (source === swap.base) continue
    for (const suffix of segmentSuffixes) await removeIfThere(files, join(directory, `${segmentName(source)}${suffix}`))
  }
}

export async function removeIfThere(files: Files, path: string): Promise<void> {
  try {
    await files.unlink(path)
  } catch (error) {
    if (!runtimeErrors.is(error, 'not_found')) throw error
  }
}

/** Removes a directory and what is in it, directories included. */
export async function removeDirectoryTree(files: Files, path: string): Promise<void> {
  for (const name of await files.list(path)) {
    const inside = join(path, name)
    const stat = await files.statLink(inside)
    if (stat?.kind === 'directory') await removeDirectoryTree(files, inside)
    else await removeIfThere(files, inside)
  }
  await files.removeDirectory(path)
}

/** Moves a path below set-aside/, under a name that is free. */
export async function moveAside(files: Files, layout: DataLayout, path: string, name: string): Promise<string> {
  await files.makeDirectory(layout.setAsideDirectory)
  for (let attempt = 0; ; attempt++) {
    const target = join(layout.setAsideDirectory, attempt === 0 ? name : `${name}.${attempt}`)
    if ((await files.stat(target)) !== undefined) continue
    await files.rename(path, target)
    await files.syncDirectory(layout.setAsideDirectory)
    return target
  }
}
