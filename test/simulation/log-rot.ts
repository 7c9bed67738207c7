// Bit rot between two lives: where on the device a bit may flip, and what the engine may then refuse.
//
// The journal is read here by an own reader, so that a flip lies in a frame of which the disk still shows that it was
// durable: only there must a start refuse rather than take the frame for a torn tail.

import { batchField } from '../../core/record/batch-layout.js'
import type { LogModel } from './log-model.js'
import { dataDirectory } from './log-operations.js'
import type { RotKind } from './log-plan.js'
import type { SeededRandom } from './world/seeded-random.js'
import type { SimulatedDisk } from './world/simulated-disk.js'
import type { SimulatedWorld } from './world/simulated-world.js'

export interface Rot {
  readonly kind: RotKind
  readonly path: string
  readonly position: number
  readonly bit: number
  isHealed: boolean
}

/** What is known of the disk when no process runs. */
interface RotSource {
  readonly model: LogModel
  readonly random: SeededRandom
  readonly kinds: readonly RotKind[]
}

/** Chooses a bit to flip; undefined when nothing fits. Marks the batch that it hits. */
export function rotAtRest(disk: SimulatedDisk, source: RotSource): Rot | undefined {
  if (source.kinds.length === 0) return undefined
  const kind = source.random.pick(source.kinds)
  const place = choosePlace[kind](disk, source)
  if (place === undefined) return undefined
  return { kind, ...place, bit: source.random.below(8), isHealed: false }
}

/** Flips the bit once more: the device is as it was. */
export function flipBit(machine: SimulatedWorld, rot: Rot): void {
  machine.rot(rot.path, rot.position, rot.bit)
  rot.isHealed = true
}

type Place = { readonly path: string; readonly position: number } | undefined

const choosePlace: Readonly<Record<RotKind, (disk: SimulatedDisk, source: RotSource) => Place>> = {
  segment: rotSegment,
  index: (disk, { random }) => anywhere(disk, random, /\/topics\/.*\.(?:index|timeindex)$/),
  checkpoint: rotCheckpoint,
  journal: rotJournal,
}

function anywhere(disk: SimulatedDisk, random: SeededRandom, pattern: RegExp): Place {
  const paths = disk.paths().filter((path) => pattern.test(path) && disk.findFile('rot', path).durable.size > 0)
  if (paths.length === 0) return undefined
  const path = random.pick(paths)
  return { path, position: random.below(disk.findFile('rot', path).durable.size) }
}

/** A batch whose place is known; internal topics are left alone, as a start cannot do without them. */
function rotSegment(disk: SimulatedDisk, { model, random }: RotSource): Place {
  const topics = [...model.topics.values()].filter(({ fate, isCompacted }) => fate === 'there' && !isCompacted)
  const batches = topics.flatMap(({ partitions }) => partitions.flatMap((partition) => partition.batches))
  const placed = batches.filter(({ baseOffset, append }) => baseOffset >= 0 && append.fate === 'acked')
  if (placed.length === 0) return undefined
  const batch = random.pick(placed)
  const { topic, number } = batch.partition
  const directory = `${dataDirectory}/topics/${topic.name}-${number}`
  for (const path of disk.paths().filter((one) => one.startsWith(`${directory}/`) && one.endsWith('.log'))) {
    const bytes = disk.findFile('rot', path).durable.content()
    const at = bytes.indexOf(batch.bytes.subarray(batchField.magic))
    if (at < 0) continue
    // Leader epoch and base offset lie outside of the checksum; nothing of ours reads the epoch.
    const inBatch = random.pick([
      random.below(8),
      8 + random.below(4),
      batchField.magic + random.below(batch.bytes.length - batchField.magic),
    ])
    batch.isRotten = true
    batch.hasRottenHeader ||=
      inBatch < batchField.crc + 4 || (inBatch >= batchField.lastOffsetDelta && inBatch < batchField.baseTimestamp)
    return { path, position: at - batchField.magic + inBatch }
  }
  return undefined
}

/** The older slot, or one of which a frame still tells that it was whole: else it looks like one whose write was cut. */
function rotCheckpoint(disk: SimulatedDisk, { random }: RotSource): Place {
  const named = Math.max(0, ...journalFrames(disk).map(({ checkpoint }) => checkpoint))
  const path = `${dataDirectory}/checkpoint-${random.below(2)}`
  if (disk.find(path) === undefined) return undefined
  const bytes = disk.findFile('rot', path).durable.content()
  const number = Number(/"number":(\d+)/.exec(bytes.toString('latin1', 16, 60))?.[1] ?? 0)
  return number > 0 && number <= named ? { path, position: random.below(16 + bytes.readUInt32BE(8)) } : undefined
}

interface FrameAt {
  readonly path: string
  readonly position: number
  readonly epoch: string
  readonly sequence: number
  readonly durable: number
  readonly checkpoint: number
  readonly bodyBytes: number
}

/** In a frame that a later whole frame of its file says was durable. */
function rotJournal(disk: SimulatedDisk, { random }: RotSource): Place {
  const frames = journalFrames(disk)
  const shown = frames.filter((frame) =>
    frames.some(
      (later) => later.epoch === frame.epoch && later.sequence > frame.sequence && later.durable >= frame.sequence,
    ),
  )
  if (shown.length === 0) return undefined
  const { path, position, bodyBytes } = random.pick(shown)
  return { path, position: position + random.below(56 + bodyBytes) }
}

function journalFrames(disk: SimulatedDisk): FrameAt[] {
  const journals = disk.paths().filter((path) => path.endsWith('.journal'))
  return journals.flatMap((path) => framesOf(path, disk.findFile('rot', path).durable.content()))
}

const journalHeaderBytes = 8192
const frameStepBytes = 4096
const frameHeadBytes = 56

/** Frames of the file's present use, as far as they stand one behind the other. */
function framesOf(path: string, bytes: Buffer): FrameAt[] {
  const frames: FrameAt[] = []
  const epoch = bytes.toString('hex', 16, 24)
  for (let position = journalHeaderBytes; position + frameHeadBytes <= bytes.length; ) {
    if (bytes.toString('latin1', position, position + 4) !== 'TRJ1') break
    if (bytes.toString('hex', position + 8, position + 16) !== epoch) break
    const sequence = Number(bytes.readBigUInt64BE(position + 16))
    const durable = Number(bytes.readBigUInt64BE(position + 24))
    const bodyBytes = bytes.readUInt32BE(position + 32)
    const checkpoint = bytes.readUInt32BE(position + 44)
    frames.push({ path, position, epoch, sequence, durable, checkpoint, bodyBytes })
    position += Math.ceil((frameHeadBytes + bodyBytes) / frameStepBytes) * frameStepBytes
  }
  return frames
}
