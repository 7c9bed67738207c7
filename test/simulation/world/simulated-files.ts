// The disk as one simulated process sees it.

import { posix } from 'node:path'
import { fileFailure } from '../../../core/runtime/file-failure.js'
import type { Files, FileStat, OpenFile, OpenMode } from '../../../core/runtime/files.js'
import type { Limits } from '../../../core/runtime/limits.js'
import { replaceFile } from '../../../core/runtime/replace-file.js'
import type { Operation } from './faults.js'
import { SimulatedFile } from './simulated-file.js'
import type { SimulatedDisk } from './simulated-disk.js'
import type { Kernel, SystemCall, SystemCalls } from './system-calls.js'

export interface FilesParts {
  readonly kernel: Kernel
  readonly calls: SystemCalls
  readonly disk: SimulatedDisk
  readonly limits: Limits
}

export class SimulatedFiles implements Files {
  readonly #parts: FilesParts
  #openCount = 0

  constructor(parts: FilesParts) {
    this.#parts = parts
  }

  open(path: string, mode: OpenMode): Promise<OpenFile> {
    return this.#parts.calls.later(this.#openCall(path, mode))
  }

  openSync(path: string, mode: OpenMode): OpenFile {
    return this.#parts.calls.now(this.#openCall(path, mode))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#later('rename', from, (disk) => disk.rename(from, to))
  }

  unlink(path: string): Promise<void> {
    return this.#later('unlink', path, (disk) => disk.unlink(path))
  }

  makeDirectory(path: string): Promise<void> {
    return this.#later('makeDirectory', path, (disk) => {
      const names = posix.resolve('/', path).split('/').slice(1)
      for (let depth = 1; depth <= names.length; depth++) disk.makeDirectory(`/${names.slice(0, depth).join('/')}`)
    })
  }

  removeDirectory(path: string): Promise<void> {
    return this.#later('removeDirectory', path, (disk) => disk.removeDirectory(path))
  }

  list(path: string): Promise<readonly string[]> {
    return this.#later('list', path, (disk) => [...disk.findDirectory('list', path).live.keys()].sort())
  }

  stat(path: string): Promise<FileStat | undefined> {
    return this.#later('stat', path, (disk) => {
      const node = disk.find(path)
      return node === undefined ? undefined : disk.stat(node)
    })
  }

  /** The simulated disk has no symbolic links. */
  statLink(path: string): Promise<FileStat | undefined> {
    return this.stat(path)
  }

  realPath(path: string): Promise<string> {
    return this.#later('stat', path, (disk) => {
      if (disk.find(path) !== undefined) return posix.resolve('/', path)
      throw fileFailure({ operation: 'resolve', path, errno: 'ENOENT', reason: 'no such file or directory' })
    })
  }

  syncDirectory(path: string): Promise<void> {
    const { disk, calls } = this.#parts
    const { stamp } = disk
    const effect = () => disk.findDirectory('sync directory', path).settle(stamp)
    // A failed one leaves the names to the next: they are the file system's own, which does not forget them.
    return calls.later({ operation: 'syncDirectory', path, position: 0, length: 0, effect })
  }

  async readAll(path: string): Promise<Buffer> {
    const file = await this.open(path, 'read')
    try {
      const bytes = Buffer.alloc((await file.stat()).bytes)
      const count = await file.read(bytes, 0, bytes.length, 0)
      return bytes.subarray(0, count)
    } finally {
      await file.close()
    }
  }

  replace(path: string, bytes: Uint8Array): Promise<void> {
    return replaceFile(this, path, bytes)
  }

  freeBytes(path: string): Promise<number> {
    return this.#later('stat', path, (disk) => disk.freeBytes)
  }

  #openCall(path: string, mode: OpenMode): SystemCall<OpenFile> {
    const { disk, kernel, limits, calls } = this.#parts
    const operation = mode.startsWith('create') ? 'create' : 'open'
    const effect = () => {
      if (this.#openCount >= limits.openFiles) {
        kernel.faults.count('too-many-files')
        throw fileFailure({ operation: 'open', path, errno: 'EMFILE', reason: 'too many open files' })
      }
      const node = disk.open(path, mode)
      this.#openCount++
      const closed = () => {
        this.#openCount--
      }
      const { random, trace } = kernel
      return new SimulatedFile(path, { calls, disk, random, trace, node, writable: mode !== 'read', closed })
    }
    return { operation, path, position: 0, length: 0, effect }
  }

  #later<T>(operation: Operation, path: string, effect: (disk: SimulatedDisk) => T): Promise<T> {
    const { disk, calls } = this.#parts
    return calls.later({ operation, path, position: 0, length: 0, effect: () => effect(disk) })
  }
}
