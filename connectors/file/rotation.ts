// What to do with a file after a look at the directories: a table, observation in, action out. README.md draws it.
//
// The table is total by type: an observation that gets no action does not compile. Nothing else decides whether a
// file is followed, drained, replaced, given up or forgotten.

/** Where the identity (device and inode) of a tracked file is now. */
export type Whereabouts =
  | 'in-place' // its first path leads to it
  | 'moved' // another path leads to it: it was rotated
  | 'gone' // no path in the directories that we see leads to it

/** What stands behind the identity. */
export type Content =
  | 'same' // nothing speaks against it; the anchors are verified on every open and every read
  | 'replaced' // it shrank below our position, the anchors differ, or it was born anew

export interface Observation {
  readonly whereabouts: Whereabouts
  readonly content: Content
  /** A file that nobody reads holds the same content: the copy of copytruncate, or the compressed form. */
  readonly successor: boolean
  /** Its descriptor is open, so that its bytes can be read though no path leads to it. */
  readonly held: boolean
  /** It is gone, and was for so long that nothing of it will turn up any more. */
  readonly overdue: boolean
}

export type Action =
  | 'follow' // read on as it grows
  | 'finish' // read to its end, then take what has no line end: it gets no more
  | 'hand-over' // its successor is read on from the same position, before anything newer of the same key
  | 'abandon' // its unread bytes are lost and counted; what stands there now is a new file, read from its beginning
  | 'wait' // a rename or a compression may be under way
  | 'forget' // it is gone: count what was unread as lost, remove its resume point

type ByHeld = { readonly held: Action; readonly closed: Action }
type ByAge = { readonly recent: ByHeld; readonly overdue: ByHeld }
type BySuccessor = { readonly none: ByAge; readonly found: ByAge }

/** Age does not matter to a file that is there. */
const always = (action: Action): ByAge => {
  const either: ByHeld = { held: action, closed: action }
  return { recent: either, overdue: either }
}

export const rotationTable: Readonly<Record<Whereabouts, Readonly<Record<Content, BySuccessor>>>> = {
  'in-place': {
    // A successor of a file that still has its content is a mere copy: it is held back while this one is there.
    same: { none: always('follow'), found: always('follow') },
    replaced: { none: always('abandon'), found: always('hand-over') },
  },
  moved: {
    same: { none: always('finish'), found: always('finish') },
    replaced: { none: always('abandon'), found: always('hand-over') },
  },
  gone: {
    same: {
      // Through the descriptor every byte can still be read; the successor has nothing more.
      none: {
        recent: { held: 'finish', closed: 'wait' },
        overdue: { held: 'finish', closed: 'forget' },
      },
      found: {
        recent: { held: 'finish', closed: 'hand-over' },
        overdue: { held: 'finish', closed: 'hand-over' },
      },
    },
    replaced: { none: always('abandon'), found: always('hand-over') },
  },
}

/** Looks the observation up in the table. */
export function decideRotation(seen: Observation): Action {
  const byAge = rotationTable[seen.whereabouts][seen.content][seen.successor ? 'found' : 'none']
  const byHeld = byAge[seen.overdue ? 'overdue' : 'recent']
  return byHeld[seen.held ? 'held' : 'closed']
}
