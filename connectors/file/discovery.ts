// A look at the directories: every file that the scope includes, with its identity. The truth about what is there;
// notifications only say when to look.
//
// Symbolic links are followed inside the fixed root of their include, or anywhere with `followOutside`; a directory
// that a link leads back to is not entered again. What is not read is reported with its reason, once per look.

import { dirname, join } from 'node:path'

import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { Files, FileStat } from '../../core/runtime/files.js'
import { fileErrors } from './errors.js'
import { isWithin, type PathScope, type ScopeState } from './path-scope.js'
import { type Sighting, sightingOf } from './sighting.js'

/** Names of one directory looked at in one go: enough to keep the thread pool busy, few enough to stay small. */
const atOnce = 64

/** Deeper trees than this are a mistake, or made to exhaust memory. */
const maxDepth = 64

export interface Look {
  /** By path, in the order of the walk. */
  readonly files: ReadonlyMap<string, Sighting>
  /** Every directory that was listed, with its inode and how many names it holds. */
  readonly directories: ReadonlyMap<string, SeenDirectory>
  /** What was passed over, by path. */
  readonly skipped: ReadonlyMap<string, TailraceError>
}

export interface SeenDirectory {
  readonly inode: string
  readonly nameCount: number
}

export interface DiscoveryOptions {
  readonly files: Files
  readonly scope: PathScope
  readonly followOutside: boolean
  /** The hub's own data directory, links resolved: never entered. */
  readonly dataDirectory: string
}

interface Place {
  readonly path: string
  readonly realPath: string
  /** The fixed root of the include, links resolved. */
  readonly rootRealPath: string
  readonly states: readonly ScopeState[]
  /** Identities of the directories above. */
  readonly above: readonly string[]
}

interface MutableLook extends Look {
  readonly files: Map<string, Sighting>
  readonly directories: Map<string, SeenDirectory>
  readonly skipped: Map<string, TailraceError>
}

export class Discovery {
  readonly #options: DiscoveryOptions

  constructor(options: DiscoveryOptions) {
    this.#options = options
  }

  /** Walks every root. Directories that vanish meanwhile are simply not there. */
  async look(): Promise<Look> {
    const look: MutableLook = { files: new Map(), directories: new Map(), skipped: new Map() }
    for (const { directory, states } of this.#options.scope.roots) {
      const realPath = await this.#resolve(directory, look)
      if (realPath === undefined) continue
      await this.#walk({ path: directory, realPath, rootRealPath: realPath, states, above: [] }, look)
    }
    return look
  }

  /** The regular file at a path without links, whatever the scope says. */
  async at(path: string): Promise<Sighting | undefined> {
    const stat = await orNothing(() => this.#options.files.statLink(path))
    return stat?.kind === 'file' ? sightingOf(path, path, stat) : undefined
  }

  /** Every regular file directly in the directory, whatever the scope says; nothing when it cannot be listed. */
  async everythingIn(directory: string): Promise<readonly Sighting[]> {
    const names = await orNothing(() => this.#options.files.list(directory))
    if (names === undefined) return []
    const seen: Sighting[] = []
    await inBatches(names, async (name) => {
      const sighting = await this.at(join(directory, name))
      if (sighting !== undefined) seen.push(sighting)
    })
    return seen
  }

  async #walk(place: Place, look: MutableLook): Promise<void> {
    const { files, scope, dataDirectory } = this.#options
    if (isWithin(place.realPath, dataDirectory)) {
      look.skipped.set(place.path, inDataDirectory(place.path))
      return
    }
    if (place.above.length >= maxDepth || scope.prunes(place.path)) return
    try {
      const stat = await files.stat(place.realPath)
      if (stat?.kind !== 'directory') return
      const identity = `${stat.device}-${stat.inode}`
      if (place.above.includes(identity)) return
      const names = await files.list(place.realPath)
      look.directories.set(place.path, { inode: stat.inode, nameCount: names.length })
      const inside = { ...place, above: [...place.above, identity] }
      const directories: Place[] = []
      await inBatches(names, async (name) => {
        const below = await this.#visit(name, inside, look)
        if (below !== undefined) directories.push(below)
      })
      for (const below of directories.sort(byPath)) await this.#walk(below, look)
    } catch (error) {
      this.#pass(place.path, error, look, 'file_directory_denied')
    }
  }

  /** Looks at one name; a directory to enter is returned. */
  async #visit(name: string, inside: Place, look: MutableLook): Promise<Place | undefined> {
    const { files, scope } = this.#options
    const path = join(inside.path, name)
    const states = scope.step(inside.states, name)
    if (states.length === 0 || (!scope.accepts(states) && !scope.reachesBelow(states)) || scope.excludes(path)) {
      return undefined
    }
    try {
      let realPath = join(inside.realPath, name)
      let stat = await files.statLink(realPath)
      if (stat?.kind === 'link') {
        const target = await this.#follow(path, realPath, inside, look)
        if (target === undefined) return undefined
        realPath = target
        stat = await files.stat(realPath)
      }
      if (stat === undefined) return undefined
      if (stat.kind === 'directory') {
        return scope.reachesBelow(states) ? { ...inside, path, realPath, states } : undefined
      }
      if (scope.accepts(states)) this.#take({ path, realPath, stat }, look)
    } catch (error) {
      this.#pass(path, error, look, 'file_unreadable')
    }
    return undefined
  }

  #take(found: { path: string; realPath: string; stat: FileStat }, look: MutableLook): void {
    const { path, realPath, stat } = found
    if (stat.kind === 'file') look.files.set(path, sightingOf(path, realPath, stat))
    else look.skipped.set(path, fileErrors.make('file_not_regular', `${path} is no regular file and is not read`))
  }

  /** Where the link leads; undefined when that is nowhere, or nowhere that may be read. */
  async #follow(path: string, linkPath: string, inside: Place, look: MutableLook): Promise<string | undefined> {
    const target = await this.#resolve(linkPath, look)
    if (target === undefined) return undefined
    if (isWithin(dirname(target), this.#options.dataDirectory)) {
      look.skipped.set(path, inDataDirectory(path))
      return undefined
    }
    if (this.#options.followOutside || isWithin(target, inside.rootRealPath)) return target
    look.skipped.set(
      path,
      fileErrors.make('file_link_outside', `${path} leads to ${target}, outside of ${inside.rootRealPath}`, {
        details: { path, target },
      }),
    )
    return undefined
  }

  async #resolve(path: string, look: MutableLook): Promise<string | undefined> {
    try {
      return await this.#options.files.realPath(path)
    } catch (error) {
      this.#pass(path, error, look, 'file_directory_denied')
      return undefined
    }
  }

  /** What vanished is nothing to report; everything else is. */
  #pass(path: string, error: unknown, look: MutableLook, code: 'file_directory_denied' | 'file_unreadable'): void {
    if (!(error instanceof TailraceError)) throw error
    if (error.code === 'not_found') return
    look.skipped.set(path, fileErrors.make(code, error.message, { cause: error, details: { path } }))
  }
}

/** In the order of the items, some of them at a time. */
async function inBatches<T>(items: readonly T[], visit: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += atOnce) await Promise.all(items.slice(at, at + atOnce).map(visit))
}

/** For a search that may fail: what it does not find is not there. */
async function orNothing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof TailraceError) return undefined
    throw error
  }
}

function inDataDirectory(path: string): TailraceError {
  return fileErrors.make('file_in_data_directory', `${path} lies in the data directory of the hub and is not read`, {
    details: { path },
  })
}

function byPath(a: Place, b: Place): number {
  return a.path < b.path ? -1 : 1
}
