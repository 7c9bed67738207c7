// From what a crash (or a close) left on disk to a state that may be served.
//
// Newest checkpoint, made durable → journal from there → every byte above the checkpoint is written to its segment
// again (the page cache may hold what the disk does not), synced, and checked to be there → the leader epoch is raised →
// a new chain of journal files is begun → a checkpoint makes all of it the new start. Until that write nothing that the
// old checkpoint needs is touched, so a crash before it is a crash before the recovery.
//
// Only then files are renamed, cut and removed for what the frames said: a frame may have been read from the page cache
// alone, and a loss of power may still take it. What of this work cannot be seen from the catalogue, the checkpoint
// says itself, and a second one says that it is done.

import { join } from 'node:path'
import type { Files } from '../runtime/files.js'
import type { World } from '../runtime/world.js'
import type { Logger } from '../telemetry/logger.js'
import { newestOf, readSlots, secureCheckpoint, slotOf, writeCheckpoint, type Checkpoint } from './checkpoint.js'
import { removedSuffix, type DataLayout } from './data-layout.js'
import { logErrors } from './errors.js'
import { Journal, type JournalLimits } from './journal.js'
import { walkEntries, type BatchEntry, type ChangeEntry, type TopicRecord } from './journal-entry.js'
import {
  listJournal,
  newestCheckpointNamed,
  scanJournal,
  walkJournal,
  type JournalEnd,
  type JournalFile,
  type ScannedFrame,
} from './journal-scan.js'
import {
  checkPartition,
  moveAside,
  reconcilePartition,
  removeDirectoryTree,
  type ReconcileRequest,
} from './partition-files.js'
import type { PartitionRecord } from './partition-log.js'
import { acceptLostSegments } from './loss-acceptance.js'
import { lostRanges } from './loss-report.js'
import { nothingOwed, Replay } from './replay.js'
import { SegmentRewriter } from './segment-rewriter.js'

export interface RecoveryOptions {
  readonly world: World
  readonly layout: DataLayout
  readonly logger: Logger
  readonly hubId: string
  readonly limits: JournalLimits
  /** `log repair`: takes what can be read, sets the unreadable journal aside and goes on without it. */
  readonly acceptsLoss: boolean
}

export interface Recovered {
  readonly journal: Journal
  readonly checkpoint: Checkpoint
  readonly topics: readonly TopicRecord[]
  readonly partitions: readonly PartitionRecord[]
  readonly leaderEpoch: number
  readonly replayedFrames: number
}

/**
 * What a repair skips, since reservations may be among what it cannot read: a journal of 12 files of 64 MiB has room
 * for less than 2^18 of them, each of 1000 ids.
 */
const unreadableProducerIds = 2 ** 28

export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const { world, layout, hubId, limits } = options
  const journalFiles = await listJournal(world.files, layout)
  const last = await lastCheckpoint(options, journalFiles)
  await secureCheckpoint(world.files, layout, last)
  const replay = new Replay(last)
  const end = last.clean ? cleanEnd(last) : await readJournal(options, { last, journalFiles, replay })
  replay.dropBelowStart()
  if (options.acceptsLoss) replay.nextProducerId += unreadableProducerIds
  const replayedFrames = end.sequence - last.replay.sequence
  const chain = chainOf(journalFiles, last.replay.epoch)
  if (replayedFrames > 0) await rewriteSegments(options, { last, journalFiles, replay })
  await checkSegments(options, replay)
  const leaderEpoch = last.clean ? last.leaderEpoch : last.leaderEpoch + 1
  const numbers = journalFiles.map(({ number }) => number)
  const journal = await Journal.start(
    { files: world.files, random: world.random, layout, hubId, limits },
    { sequence: end.sequence, existing: numbers, untouchable: chain },
  )
  journal.watchPlace(end.sequence)
  let checkpoint: Checkpoint = {
    number: last.number + 1,
    hubId,
    replay: journal.watchedPlace(end.sequence),
    durable: end.sequence - 1,
    leaderEpoch,
    clean: false,
    topics: [...replay.topics.values()],
    partitions: replay.records(),
    nextProducerId: replay.nextProducerId,
    owed: replay.owed(),
  }
  await writeCheckpoint(world.files, layout, checkpoint)
  await finishDeletions(options, replay)
  await setAsideUnknownDirectories(options, replay)
  await reconcile(options, replay)
  if (!isSettled(checkpoint)) {
    checkpoint = { ...checkpoint, number: checkpoint.number + 1, owed: nothingOwed }
    await writeCheckpoint(world.files, layout, checkpoint)
  }
  journal.checkpointNumber = checkpoint.number
  await journal.adopt(chain)
  return {
    journal,
    checkpoint,
    topics: checkpoint.topics,
    partitions: checkpoint.partitions,
    leaderEpoch,
    replayedFrames,
  }
}

async function lastCheckpoint(options: RecoveryOptions, journalFiles: readonly JournalFile[]): Promise<Checkpoint> {
  const { world, layout, hubId } = options
  const slots = await readSlots(world.files, layout)
  const last = newestOf(slots)
  if (last === undefined) {
    throw logErrors.make(
      'checkpoint_damaged',
      `neither ${layout.checkpointSlot(0)} nor ${layout.checkpointSlot(1)} holds a whole checkpoint`,
    )
  }
  if (last.hubId !== hubId) {
    throw logErrors.make(
      'directory_foreign',
      `the checkpoint in ${layout.root} belongs to hub ${last.hubId}, the directory to ${hubId}`,
    )
  }
  if (slots.some(({ checkpoint }) => checkpoint === undefined)) await mustBeNewest(options, journalFiles, last)
  return last
}

/**
 * One slot cannot be read. When a crash cut its write, the other one is the newest; when it went bad later, the frames
 * since tell its number: what it covered is in no journal any more, and a start without it would lose that.
 */
async function mustBeNewest(
  { world, layout, logger, acceptsLoss }: RecoveryOptions,
  journalFiles: readonly JournalFile[],
  last: Checkpoint,
): Promise<void> {
  const named = await newestCheckpointNamed(world.files, journalFiles)
  if (named <= last.number) return
  const message = `the journal rests on checkpoint ${named}, but ${layout.checkpointSlot(slotOf(named))} cannot be read, and the other slot holds the older checkpoint ${last.number}`
  const hint = 'Restore both slots from a copy of the directory; `tailrace log repair DIR` goes on from the older one.'
  if (!acceptsLoss)
    throw logErrors.make('checkpoint_damaged', message, { details: { named, found: last.number }, hint })
  logger.warn('goes on from an older checkpoint', { named, found: last.number })
}

function cleanEnd(last: Checkpoint): JournalEnd {
  return { sequence: last.replay.sequence, path: '', position: 0, damage: undefined, isReached: true }
}

interface ReplayWork {
  readonly last: Checkpoint
  readonly journalFiles: readonly JournalFile[]
  readonly replay: Replay
}

async function readJournal(options: RecoveryOptions, work: ReplayWork): Promise<JournalEnd> {
  const { world, logger, acceptsLoss, layout, hubId } = options
  const nowMs = world.clock.now()
  for (const { header, path } of work.journalFiles) {
    if (header !== undefined && header.hubId !== hubId) {
      throw logErrors.make('directory_foreign', `${path} belongs to hub ${header.hubId}, the directory to ${hubId}`)
    }
  }
  const end = await scanJournal(world.files, { files: work.journalFiles, checkpoint: work.last }, (frame) => {
    for (const entry of entriesOf(frame)) work.replay.apply(entry, frame.bytes, nowMs)
  })
  if (!end.isReached && !acceptsLoss) {
    const message = `no journal file in ${layout.journalDirectory} holds frame ${work.last.replay.sequence}, where the checkpoint begins`
    throw logErrors.make('journal_gap', message, { details: { sequence: work.last.replay.sequence } })
  }
  if (end.damage !== undefined) await meetDamage(options, work, end)
  logger.info('read the journal', { fromSequence: work.last.replay.sequence, toSequence: end.sequence })
  return end
}

/** Frames that were acknowledged cannot be read: refuses, or (for repair) keeps a copy of the journal and goes on. */
async function meetDamage(options: RecoveryOptions, work: ReplayWork, end: JournalEnd): Promise<void> {
  const { world, layout, logger, acceptsLoss } = options
  const durable = end.damage?.durable ?? end.sequence
  const lost = await lostRanges(world.files, { files: work.journalFiles, replay: work.replay, end })
  const what =
    lost.length === 0
      ? 'unknown records'
      : lost.map(({ topic, partition, from, to }) => `${topic}-${partition} offsets ${from} to ${to}`).join(', ')
  const message = `journal frames ${end.sequence} to ${durable} were acknowledged (${end.damage?.shownBy}) but cannot be read from byte ${end.position} of ${end.path}: ${what}`
  if (!acceptsLoss) throw logErrors.make('journal_damaged', message, { details: { ...end, lost } })
  logger.warn('accepts the loss of journal frames', { fromSequence: end.sequence, toSequence: durable, lost })
  for (const { number, path } of work.journalFiles) {
    await world.files.makeDirectory(layout.setAsideDirectory)
    await world.files.replace(
      join(layout.setAsideDirectory, `journal-${number}-before-${end.sequence}`),
      await world.files.readAll(path),
    )
  }
}

function* entriesOf(frame: ScannedFrame): Generator<BatchEntry | ChangeEntry> {
  for (const entry of walkEntries(frame.bytes, frame.start, frame.end)) {
    if (entry === undefined) {
      const message = `frame ${frame.sequence} at byte ${frame.position} of ${frame.path} is intact but holds an entry that does not fit`
      throw logErrors.make('journal_damaged', message)
    }
    yield entry
  }
}

/** Writes every batch above the checkpoint to its place again and syncs the segments. */
async function rewriteSegments(options: RecoveryOptions, work: ReplayWork): Promise<void> {
  const { world, layout } = options
  const rewriter = new SegmentRewriter(world.files, layout, work.replay)
  try {
    await walkJournal(world.files, { files: work.journalFiles, checkpoint: work.last }, (frame) => {
      for (const entry of entriesOf(frame)) if (entry.kind === 'batch') rewriter.write(entry, frame.bytes)
    })
    await rewriter.sync()
  } finally {
    rewriter.close()
  }
}

/** A deletion whose entry was durable before its files were gone. */
async function finishDeletions({ world, layout }: RecoveryOptions, replay: Replay): Promise<void> {
  for (const topic of replay.deleted.values()) {
    for (let partition = 0; partition < topic.partitions; partition++) {
      const directory = layout.partitionDirectory(topic.name, partition)
      const isReplaced = [...replay.topics.values()].some(
        ({ name, partitions }) => name === topic.name && partitions > partition,
      )
      if (!isReplaced && (await world.files.stat(directory)) !== undefined) {
        await world.files.rename(directory, layout.removedDirectory(topic.name, partition, topic.id))
      }
    }
  }
  await world.files.syncDirectory(layout.topicsDirectory)
  for (const name of await world.files.list(layout.topicsDirectory)) {
    if (name.endsWith(removedSuffix)) await removeDirectoryTree(world.files, join(layout.topicsDirectory, name))
  }
}

/** A directory that no entry names was never acknowledged, or lost its entry: it is kept out of the way, not reused. */
async function setAsideUnknownDirectories({ world, layout, logger }: RecoveryOptions, replay: Replay): Promise<void> {
  const known = new Set<string>()
  for (const { topicId, partition } of replay.partitions.values()) {
    const topic = replay.topics.get(topicId)
    if (topic !== undefined) known.add(`${topic.name}-${partition}`)
  }
  for (const name of await world.files.list(layout.topicsDirectory)) {
    if (known.has(name)) continue
    const path = join(layout.topicsDirectory, name)
    if ((await world.files.list(path)).length === 0) {
      await world.files.removeDirectory(path)
      continue
    }
    const target = await moveAside(world.files, layout, path, name)
    logger.warn('set aside a directory that no topic names', { path, target })
  }
  await world.files.syncDirectory(layout.topicsDirectory)
}

/** Every segment must be there as the journal says; for `log repair`, what is lost is taken out of what is asked for. */
async function checkSegments({ world, layout, logger, acceptsLoss }: RecoveryOptions, replay: Replay): Promise<void> {
  for (const partition of replay.partitions.values()) {
    const topic = replay.topics.get(partition.topicId)
    if (topic === undefined || !acceptsLoss) continue
    const directory = layout.partitionDirectory(topic.name, partition.partition)
    await world.files.makeDirectory(directory)
    const swaps = replay.swapsOf(partition.topicId, partition.partition)
    await acceptLostSegments(world.files, directory, { partition, swaps, logger })
  }
  for (const request of reconcileRequests(world.files, layout, replay)) await checkPartition(request)
}

async function reconcile({ world, layout, logger }: RecoveryOptions, replay: Replay): Promise<void> {
  for (const request of reconcileRequests(world.files, layout, replay)) {
    const setAside = await reconcilePartition(request)
    for (const path of setAside) logger.warn('set aside a file that no segment explains', { path })
  }
}

function* reconcileRequests(files: Files, layout: DataLayout, replay: Replay): Generator<ReconcileRequest> {
  for (const record of replay.records()) {
    const topic = replay.topics.get(record.topicId)
    if (topic === undefined) continue
    yield { files, layout, topic: topic.name, record, swaps: replay.swapsOf(record.topicId, record.partition) }
  }
}

function isSettled({ owed }: Checkpoint): boolean {
  return owed.deleted.length === 0 && owed.swaps.length === 0
}

/** Numbers of the files that the old checkpoint may need until the new one is durable. */
function chainOf(files: readonly JournalFile[], epoch: string): readonly number[] {
  const numbers: number[] = []
  let file = files.find(({ header }) => header?.epoch.toString('hex') === epoch)
  while (file !== undefined && !numbers.includes(file.number)) {
    numbers.push(file.number)
    const before: JournalFile = file
    file = files.find(
      ({ header }) =>
        header !== undefined && before.header !== undefined && header.previousEpoch.equals(before.header.epoch),
    )
  }
  return numbers
}
