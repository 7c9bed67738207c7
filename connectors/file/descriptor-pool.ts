// The open files of a source: a bounded number, the one that was not used for longest is closed first.
//
// A file that no path leads to any more is kept open until it is drained, since it could not be opened again; that is
// why one more than the limit may be open for a moment. When the system grants fewer descriptors, the limit sinks.

import type { Files, OpenFile } from '../../core/runtime/files.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { fileErrors } from './errors.js'
import type { TrackedFile } from './tracked-file.js'

export interface DescriptorPoolOptions {
  readonly files: Files
  readonly limit: number
  /** Told once, when the limit sinks for the first time. */
  readonly onShort: (error: TailraceError) => void
}

export class DescriptorPool {
  readonly #files: Files
  readonly #onShort: (error: TailraceError) => void
  #limit: number
  #isShort = false
  /** In the order of their last use. */
  readonly #open = new Set<TrackedFile>()

  constructor(options: DescriptorPoolOptions) {
    this.#files = options.files
    this.#onShort = options.onShort
    // The one beyond is for what is pinned, see above.
    this.#limit = Math.max(1, options.limit - 1)
  }

  get openCount(): number {
    return this.#open.size
  }

  /** Opens the file, or gives its open descriptor. Throws as Files.openSync does. */
  acquire(file: TrackedFile): OpenFile {
    if (file.open !== undefined) {
      this.#open.delete(file)
      this.#open.add(file)
      return file.open
    }
    while (this.#open.size >= this.#limit && this.#closeOldest());
    file.open = this.#openFile(file.at)
    this.#open.add(file)
    return file.open
  }

  /** Closes the file; its next reading opens and verifies it again. */
  release(file: TrackedFile): void {
    file.open?.closeSync()
    file.open = undefined
    file.verified = false
    this.#open.delete(file)
  }

  /** Also while a call on one of them is under way: it is waited for. */
  async closeAll(): Promise<void> {
    const open = [...this.#open]
    this.#open.clear()
    for (const file of open) {
      await file.open?.close()
      file.open = undefined
    }
  }

  #openFile(path: string): OpenFile {
    for (;;) {
      try {
        return this.#files.openSync(path, 'read')
      } catch (error) {
        if (!(error instanceof TailraceError) || error.code !== 'too_many_files' || !this.#closeOldest()) throw error
        this.#sink(error)
      }
    }
  }

  /** Ends at 1, or where nothing can be closed: each turn of `#openFile` closes one. */
  #sink(cause: TailraceError): void {
    this.#limit = Math.max(1, this.#open.size)
    if (this.#isShort) return
    this.#isShort = true
    this.#onShort(
      fileErrors.make('file_descriptors_short', `goes on with ${this.#limit} open files: ${cause.message}`, { cause }),
    )
  }

  #closeOldest(): boolean {
    for (const file of this.#open) {
      if (file.whereabouts === 'gone' && !file.drained) continue
      this.release(file)
      return true
    }
    return false
  }
}
