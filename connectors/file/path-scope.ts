// Which paths a source reads: include and exclude over absolute paths, and never the hub's own data directory.
//
// Includes are relative to the pipeline file. An exclude that begins with `**` or has no slash holds anywhere; one
// that matches a directory, or all below it, prunes the directory: a walk does not even list it.

import { isAbsolute, join, resolve } from 'node:path'
import { compileGlobs, type Glob, type GlobState } from './glob.js'

export interface ScopeSettings {
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

/** One pattern and how far a walk came in it. */
export interface ScopeState {
  readonly glob: Glob
  readonly state: GlobState
}

/** Where a walk begins. */
export interface ScopeRoot {
  readonly directory: string
  readonly states: readonly ScopeState[]
}

export class PathScope {
  readonly roots: readonly ScopeRoot[]
  readonly #includes: readonly Glob[]
  readonly #excludes: readonly Glob[]

  /** `file_pattern_invalid` when a pattern cannot be understood. */
  constructor(settings: ScopeSettings, baseDirectory: string) {
    this.#includes = settings.include.flatMap((pattern) =>
      compileGlobs(absolute(pattern, baseDirectory), { matchHidden: false }),
    )
    this.#excludes = settings.exclude.flatMap((pattern) =>
      compileGlobs(absoluteExclude(pattern, baseDirectory), { matchHidden: true }),
    )
    const states = new Map<string, ScopeState[]>()
    for (const glob of this.#includes) {
      const ofRoot = states.get(glob.root) ?? []
      states.set(glob.root, ofRoot)
      ofRoot.push({ glob, state: glob.start })
    }
    this.roots = [...states].map(([directory, ofRoot]) => ({ directory, states: ofRoot }))
  }

  /** The states that are left after a name in a directory; empty when neither it nor anything below can match. */
  step(states: readonly ScopeState[], name: string): readonly ScopeState[] {
    const next: ScopeState[] = []
    for (const { glob, state } of states) {
      const stepped = glob.step(state, name)
      if (stepped.length > 0) next.push({ glob, state: stepped })
    }
    return next
  }

  /** Is the path that led to these states an included file, as far as the name says? */
  accepts(states: readonly ScopeState[]): boolean {
    return states.some(({ glob, state }) => glob.accepts(state))
  }

  /** Can an included file lie below the path that led to these states? */
  reachesBelow(states: readonly ScopeState[]): boolean {
    return states.some(({ glob, state }) => glob.reachesBelow(state))
  }

  /** Is this very path excluded? */
  excludes(path: string): boolean {
    return this.#excludes.some((glob) => {
      const state = walk(glob, path)
      return state !== undefined && glob.accepts(state)
    })
  }

  /** Is everything below the directory excluded? */
  prunes(directory: string): boolean {
    return this.#excludes.some((glob) => {
      const state = walk(glob, directory)
      return state !== undefined && (glob.accepts(state) || glob.takesAllBelow(state))
    })
  }

  /** Would a regular file at the path be read? */
  includes(path: string): boolean {
    const matches = this.#includes.some((glob) => {
      const state = walk(glob, path)
      return state !== undefined && glob.accepts(state)
    })
    return matches && !this.excludes(path) && !this.#isBelowPruned(path)
  }

  /** Could a file made anywhere below the directory be read? */
  reads(directory: string): boolean {
    if (this.prunes(directory) || this.#isBelowPruned(directory)) return false
    return this.#includes.some((glob) => {
      if (isWithin(glob.root, directory)) return true
      const state = walk(glob, directory)
      return state !== undefined && glob.reachesBelow(state)
    })
  }

  #isBelowPruned(path: string): boolean {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      if (this.prunes(path.slice(0, at))) return true
    }
    return false
  }
}

/** Is `path` the directory or something below it? Both absolute and normalized. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}

/** The state of the glob at the path; undefined when the path lies outside of its root. */
function walk(glob: Glob, path: string): GlobState | undefined {
  if (!isWithin(path, glob.root)) return undefined
  let state = glob.start
  for (const name of path.slice(glob.root.length).split('/')) {
    if (name !== '') state = glob.step(state, name)
  }
  return state
}

function absolute(pattern: string, baseDirectory: string): string {
  return isAbsolute(pattern) ? normalized(pattern) : normalized(`${escaped(resolve(baseDirectory))}/${pattern}`)
}

function absoluteExclude(pattern: string, baseDirectory: string): string {
  if (pattern.startsWith('**')) return `/${pattern}`
  return pattern.includes('/') ? absolute(pattern, baseDirectory) : `/**/${pattern}`
}

/** Resolves `.` and `..`, which a walk would never meet as names. */
function normalized(pattern: string): string {
  return join('/', pattern)
}

/** A folder with a wildcard character in its name is meant literally. */
function escaped(directory: string): string {
  return directory.replace(/[\\*?[\]{}]/g, '\\$&')
}
