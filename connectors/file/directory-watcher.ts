// Notifications of the system about directories, as hints: whatever they miss, the next look finds.
//
// Directories are watched, never files: one watch covers all files in it. The library is used for its raw events only;
// it knows no globs, and ours decide what a name means. When the system has no room for another watch, the directory
// is left to the looks, and the operator is told once.

import { join } from 'node:path'
import { messageOf, type TailraceError } from '../../core/errors/tailrace-error.js'
import type { SeenDirectory } from './discovery.js'
import { fileErrors } from './errors.js'

/**
 * After every event the library lists the directory, at most once a second, and asks for the state of every name. In a
 * directory of more names that costs more than the hint is worth.
 */
const maxNamesWatched = 2000

/** What is used of chokidar's FSWatcher. */
export interface WatchLibrary {
  add(paths: readonly string[]): void
  unwatch(paths: readonly string[]): void
  on(event: 'raw', listener: (event: string, path: string, details: unknown) => void): void
  on(event: 'error', listener: (error: unknown) => void): void
  close(): Promise<void>
}

export interface WatchListener {
  /** Something happened to the path, undefined when the system did not say to which: a name, or only its content. */
  hint(path: string | undefined, isRename: boolean): void
  /** The directory is left to the looks. */
  exhausted(error: TailraceError): void
}

export class DirectoryWatcher {
  readonly #listener: WatchListener
  readonly #make: (isWatched: (path: string) => boolean) => Promise<WatchLibrary>
  readonly #watched = new Map<string, string>()
  /** Those that could not be watched. */
  readonly #refused = new Set<string>()
  #polled: ReadonlySet<string> = new Set()
  #library: WatchLibrary | undefined
  #closed = false

  constructor(listener: WatchListener, make = openChokidar) {
    this.#listener = listener
    this.#make = make
  }

  /** How many directories are left to the looks. */
  get polledCount(): number {
    return this.#polled.size
  }

  /** Watches these directories and no others. One that was made anew under its old name is watched anew. */
  async watch(directories: ReadonlyMap<string, SeenDirectory>): Promise<void> {
    const added: string[] = []
    const removed: string[] = []
    const polled = new Set<string>()
    for (const [path, { inode, nameCount }] of directories) {
      if (this.#refused.has(path) || nameCount > maxNamesWatched) {
        polled.add(path)
        continue
      }
      const before = this.#watched.get(path)
      if (before === inode) continue
      if (before !== undefined) removed.push(path)
      added.push(path)
      this.#watched.set(path, inode)
    }
    for (const path of this.#watched.keys()) {
      if (!directories.has(path)) removed.push(path)
    }
    this.#polled = polled
    if (removed.length > 0) this.#library?.unwatch(removed)
    for (const path of removed) if (!directories.has(path)) this.#watched.delete(path)
    if (added.length === 0 || this.#closed) return
    this.#library ??= await this.#open()
    this.#library.add(added)
  }

  /** Closing twice is fine. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#library?.close()
    this.#library = undefined
  }

  async #open(): Promise<WatchLibrary> {
    const library = await this.#make((path) => this.#watched.has(path))
    library.on('raw', (event, name, details) => {
      const directory = watchedPathOf(details)
      if (directory !== undefined) this.#listener.hint(name ? join(directory, name) : undefined, event === 'rename')
    })
    library.on('error', (error) => this.#fail(error))
    return library
  }

  #fail(error: unknown): void {
    const path = pathOf(error)
    const directories = path !== undefined && this.#watched.has(path) ? [path] : [...this.#watched.keys()]
    for (const directory of directories) {
      this.#watched.delete(directory)
      this.#refused.add(directory)
    }
    this.#listener.exhausted(
      fileErrors.make(
        'file_watch_exhausted',
        `${directories.length === 1 ? directories[0] : `${directories.length} directories`} cannot be watched: ${messageOf(error)}`,
        { cause: error, details: { directories } },
      ),
    )
  }
}

/** Loads the library with the first directory: a declaration must not. */
async function openChokidar(isWatched: (path: string) => boolean): Promise<WatchLibrary> {
  const { FSWatcher } = await import('chokidar')
  return new FSWatcher({
    ignoreInitial: true,
    persistent: true,
    depth: 0,
    ignored: (path: string) => !isWatched(path),
  }) as unknown as WatchLibrary
}

function watchedPathOf(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return undefined
  return typeof details.watchedPath === 'string' ? details.watchedPath : undefined
}

function pathOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('path' in error && typeof error.path === 'string') return error.path
  return 'filename' in error && typeof error.filename === 'string' ? error.filename : undefined
}
