// What both readers share: how a visit to a file ends, when something unfinished is taken as it is, and the bound of
// a visit.

import type { FileSettings } from './settings.js'
import type { Ending } from './record-emitter.js'
import type { TrackedFile } from './tracked-file.js'

export type Outcome =
  | 'more' // there is more to read at once
  | 'full' // the writer takes no more
  | 'drained' // everything is read
  | 'unfinished' // all but a last line, or group, that may go on
  | 'replaced' // the file is there, but its content is not what was read
  | 'displaced' // the path does not lead to the file any more: look where it went
  | 'failed' // it cannot be read at the moment: `file.failure` says why

/** How much of one file is read before the next one's turn. */
export const quantumBytes = 512 * 1024

export interface EndingTimes {
  readonly partialLineMs: number
  /** undefined without multiline. */
  readonly groupMs: number | undefined
  /** A rotated file waits this long only: its writer has gone on to the next one. */
  readonly rotatedMs: number
}

export function endingTimesOf(settings: FileSettings): EndingTimes {
  return {
    partialLineMs: settings.partialLine,
    groupMs: settings.multiline?.timeout,
    rotatedMs: Math.min(settings.partialLine, settings.rescan),
  }
}

/** What may be taken of a file whose end was reached. `isSucceeded`: a newer file has its key's path. */
export function endingOf(file: TrackedFile, times: EndingTimes, isSucceeded: boolean, nowMs: number): Ending {
  const quietMs = nowMs - file.changedAtMs
  const isRotated = file.whereabouts === 'gone' || (file.whereabouts === 'moved' && isSucceeded)
  if (quietMs >= (isRotated ? times.rotatedMs : times.partialLineMs)) return 'all'
  return times.groupMs !== undefined && quietMs >= times.groupMs ? 'group' : 'open'
}
