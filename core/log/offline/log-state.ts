// What a data directory that nobody runs holds, read without changing a byte: its identity, the checkpoints, the
// journal, and the segments that both together say must be there.

import { logErrors } from '../errors.js'
import { newestOf, readSlots, type Checkpoint, type SlotContents } from '../checkpoint.js'
import type { DataLayout } from '../data-layout.js'
import { readIdentity, type DirectoryIdentity } from '../identity.js'
import { listJournal, scanJournal, type JournalEnd, type JournalFile, type ScannedFrame } from '../journal-scan.js'
import { walkEntries } from '../journal-entry.js'
import { Replay } from '../replay.js'
import type { Files } from '../../runtime/files.js'

export interface LogState {
  readonly identity: DirectoryIdentity
  readonly slots: readonly SlotContents[]
  readonly checkpoint: Checkpoint
  readonly journalFiles: readonly JournalFile[]
  /** After every frame that can be read. */
  readonly replay: Replay
  /** Undefined after a clean close, which leaves nothing to replay. */
  readonly end: JournalEnd | undefined
  readonly frameCount: number
}

/**
 * Reads it all; `visit` sees every frame behind the checkpoint. Errors: directory_unknown for what is no data directory,
 * directory_version, checkpoint_damaged when neither checkpoint can be read.
 */
export async function readLogState(
  files: Files,
  layout: DataLayout,
  visit: (frame: ScannedFrame) => void = () => undefined,
): Promise<LogState> {
  const identity = await readIdentity(files, layout)
  if (identity === undefined) throw logErrors.make('directory_unknown', `${layout.root} is no data directory`)
  const slots = await readSlots(files, layout)
  const checkpoint = newestOf(slots)
  if (checkpoint === undefined) {
    throw logErrors.make('checkpoint_damaged', `neither checkpoint in ${layout.root} can be read`)
  }
  const journalFiles = await listJournal(files, layout)
  const replay = new Replay(checkpoint)
  let frameCount = 0
  const end = checkpoint.clean
    ? undefined
    : await scanJournal(files, { files: journalFiles, checkpoint }, (frame) => {
        frameCount++
        visit(frame)
        for (const entry of walkEntries(frame.bytes, frame.start, frame.end)) {
          // Creation times play no part in what is looked at here.
          if (entry !== undefined) replay.apply(entry, frame.bytes, 0)
        }
      })
  replay.dropBelowStart()
  return { identity, slots, checkpoint, journalFiles, replay, end, frameCount }
}
