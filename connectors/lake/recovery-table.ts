// What to do with one file of an open plan after a crash: a table of what stands under its name and what in the staging
// folder. Total by type.

import type { Seen } from './object-store.js'

/**
 * keep: it is in place. move: it is whole and only has to be moved into place. make: it has to be made again from the
 * records. refuse: something else stands under its name, and is not touched.
 */
export type ObjectAction = 'keep' | 'move' | 'make' | 'refuse'

/** By what stands under the name, then by what is staged. */
export const objectActions: Readonly<Record<Seen, Readonly<Record<Seen, ObjectAction>>>> = {
  // A rename that was not durable may have left either name, both, or none.
  agrees: { absent: 'keep', agrees: 'keep', differs: 'keep' },
  absent: { absent: 'make', agrees: 'move', differs: 'make' },
  // A file is moved only when it was whole and on the device: no crash of ours leaves another one.
  differs: { absent: 'refuse', agrees: 'refuse', differs: 'refuse' },
}
