// What every check over whole pipelines gets, and how it says where a mistake is.

import type { Draft } from './draft.js'
import type { Problem } from './problem.js'

export interface CheckInputs {
  /** The files of the run that could be read, in the order given. */
  readonly drafts: readonly Draft[]
  /** False when a file of the run could not be read, so that something may be declared there. */
  readonly allRead: boolean
  /** Absolute; undefined when the files are checked for no data directory in particular. */
  readonly dataDirectory: string | undefined
}

/** A problem with the value at a path. */
export function problemAt(draft: Draft, path: readonly string[], message: string, suggestion?: string): Problem {
  const { document } = draft
  const shared = { file: document.file, position: document.valuePosition(path), path, message }
  return suggestion === undefined ? shared : { ...shared, suggestion }
}

/** A problem with the key at a path. */
export function problemAtKey(draft: Draft, path: readonly string[], message: string): Problem {
  const { document } = draft
  return { file: document.file, position: document.keyPosition(path), path, message }
}
