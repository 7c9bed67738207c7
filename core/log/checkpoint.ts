// The checkpoint: from where to replay the journal, and what everything before that place amounts to.
//
// Two slots are written in turn, so that one is always whole:
//   0 magic "TRCP"   4 CRC-32C of 8..end   8 body bytes u32   12 reserved u32   16 body: a Checkpoint as JSON
//
// Source of the scheme: two alternating, checksummed superblocks, as file systems have them.

import { readInt32, writeInt32 } from '../bytes/big-endian.js'
import { crc32c } from '../bytes/crc32c.js'
import { runtimeErrors } from '../runtime/errors.js'
import type { Files } from '../runtime/files.js'
import type { DataLayout } from './data-layout.js'
import type { TopicRecord } from './journal-entry.js'
import type { PartitionRecord } from './partition-log.js'
import type { OwedFileWork } from './replay.js'

const magic = 0x54524350
const headerBytes = 16

/** The place of the first frame that is not covered. */
export interface ReplayStart {
  readonly sequence: number
  /** Hexadecimal; names the journal file. */
  readonly epoch: string
  readonly position: number
}

export interface Checkpoint {
  /** Grows by one with each checkpoint; the newer slot wins. */
  readonly number: number
  readonly hubId: string
  readonly replay: ReplayStart
  /** The highest sequence known durable when it was written. */
  readonly durable: number
  readonly leaderEpoch: number
  /** Written by a close that left nothing to replay. */
  readonly clean: boolean
  readonly topics: readonly TopicRecord[]
  readonly partitions: readonly PartitionRecord[]
  /** No producer was given this id or a higher one. */
  readonly nextProducerId: number
  /** What recovery still had to do to files when it wrote the checkpoint; empty in every other one. */
  readonly owed: OwedFileWork
}

function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  const body = Buffer.from(JSON.stringify(checkpoint))
  const bytes = Buffer.alloc(headerBytes + body.length)
  writeInt32(bytes, 0, magic)
  writeInt32(bytes, 8, body.length)
  body.copy(bytes, headerBytes)
  writeInt32(bytes, 4, crc32c(bytes, 8, bytes.length))
  return bytes
}

/** Undefined when the slot holds no whole checkpoint. */
function decodeCheckpoint(bytes: Buffer): Checkpoint | undefined {
  if (bytes.length < headerBytes || readInt32(bytes, 0) !== magic) return undefined
  const end = headerBytes + (readInt32(bytes, 8) >>> 0)
  if (end > bytes.length || crc32c(bytes, 8, end) !== readInt32(bytes, 4) >>> 0) return undefined
  return JSON.parse(bytes.toString('utf8', headerBytes, end)) as Checkpoint
}

export interface SlotContents {
  readonly slot: 0 | 1
  /** Undefined when the file is missing. */
  readonly bytes: Buffer | undefined
  readonly checkpoint: Checkpoint | undefined
}

export async function readSlots(files: Files, layout: DataLayout): Promise<readonly SlotContents[]> {
  const slots: SlotContents[] = []
  for (const slot of [0, 1] as const) {
    const bytes = await readIfThere(files, layout.checkpointSlot(slot))
    slots.push({ slot, bytes, checkpoint: bytes === undefined ? undefined : decodeCheckpoint(bytes) })
  }
  return slots
}

async function readIfThere(files: Files, path: string): Promise<Buffer | undefined> {
  try {
    return await files.readAll(path)
  } catch (error) {
    if (runtimeErrors.is(error, 'not_found')) return undefined
    throw error
  }
}

/** The newest whole checkpoint, or undefined. */
export function newestOf(slots: readonly SlotContents[]): Checkpoint | undefined {
  let newest: Checkpoint | undefined
  for (const { checkpoint } of slots) {
    if (checkpoint !== undefined && (newest === undefined || checkpoint.number > newest.number)) newest = checkpoint
  }
  return newest
}

/** Writes the slot that the number selects and waits for the device, its name included; the other slot stays whole. */
export async function writeCheckpoint(files: Files, layout: DataLayout, checkpoint: Checkpoint): Promise<void> {
  const file = await files.open(layout.checkpointSlot(slotOf(checkpoint.number)), 'create')
  try {
    await file.write(encodeCheckpoint(checkpoint), 0)
    await file.datasync()
  } finally {
    await file.close()
  }
  await files.syncDirectory(layout.root)
}

/**
 * Makes what was read from a slot durable, wherever it came from: a process that died, or whose sync failed, may have
 * left it in the page cache alone, and the other slot is about to be overwritten.
 */
export async function secureCheckpoint(files: Files, layout: DataLayout, checkpoint: Checkpoint): Promise<void> {
  await files.replace(layout.checkpointSlot(slotOf(checkpoint.number)), encodeCheckpoint(checkpoint))
}

export function slotOf(checkpointNumber: number): 0 | 1 {
  return checkpointNumber % 2 === 0 ? 0 : 1
}
