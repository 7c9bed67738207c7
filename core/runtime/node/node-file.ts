// An open file of the real disk, over a plain descriptor.
//
// A FileHandle has no synchronous calls, so the descriptor is ours. Invariant: it is closed only when no asynchronous
// call is in flight on it, else the number could belong to another file by the time the call reaches the kernel.

import fs from 'node:fs'
import { invariant } from '../../errors/invariant.js'
import { fileFailure } from '../file-failure.js'
import type { FileStat, OpenFile } from '../files.js'
import { errnoOf, systemFailure } from './system-error.js'

/** Linux takes at most this many parts in one pwritev (IOV_MAX). */
const maxWriteParts = 1024

/** Interruptions in a row after which an operation is given up: a file that only ever says "again" is broken. */
const maxInterruptions = 100

type Callback<T> = (error: NodeJS.ErrnoException | null, result: T) => void

export class NodeFile implements OpenFile {
  readonly path: string
  readonly #descriptor: number
  #inFlight = 0
  #closed = false
  #idle: (() => void) | undefined

  /** Takes over the descriptor. */
  constructor(path: string, descriptor: number) {
    this.path = path
    this.#descriptor = descriptor
  }

  async read(into: Uint8Array, at: number, length: number, position: number): Promise<number> {
    return this.#transfer('read', length, (done, callback: Callback<number>) => {
      fs.read(this.#descriptor, into, at + done, length - done, position + done, callback)
    })
  }

  readSync(into: Uint8Array, at: number, length: number, position: number): number {
    return this.#transferSync('read', length, (done) =>
      fs.readSync(this.#descriptor, into, at + done, length - done, position + done),
    )
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    const written = await this.#transfer('write', bytes.length, (done, callback: Callback<number>) => {
      fs.write(this.#descriptor, bytes, done, bytes.length - done, position + done, callback)
    })
    this.#checkWritten(written, bytes.length)
  }

  writeSync(bytes: Uint8Array, position: number): void {
    const written = this.#transferSync('write', bytes.length, (done) =>
      fs.writeSync(this.#descriptor, bytes, done, bytes.length - done, position + done),
    )
    this.#checkWritten(written, bytes.length)
  }

  writevSync(parts: readonly Uint8Array[], position: number): void {
    if (parts.length <= maxWriteParts) {
      this.#writeParts(parts, position)
      return
    }
    let at = position
    for (let first = 0; first < parts.length; first += maxWriteParts) {
      at += this.#writeParts(parts.slice(first, first + maxWriteParts), at)
    }
  }

  datasync(): Promise<void> {
    return this.#call('sync', (callback: Callback<void>) => fs.fdatasync(this.#descriptor, callback))
  }

  truncate(bytes: number): Promise<void> {
    return this.#call('truncate', (callback: Callback<void>) => fs.ftruncate(this.#descriptor, bytes, callback))
  }

  truncateSync(bytes: number): void {
    this.#callSync('truncate', () => fs.ftruncateSync(this.#descriptor, bytes))
  }

  async stat(): Promise<FileStat> {
    const stat = await this.#call('stat', (callback: Callback<fs.BigIntStats>) =>
      fs.fstat(this.#descriptor, { bigint: true }, callback),
    )
    return fileStat(stat)
  }

  sizeSync(): number {
    return this.#callSync('stat', () => fs.fstatSync(this.#descriptor).size)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    }
    await new Promise<void>((resolve, reject) => {
      fs.close(this.#descriptor, (error) => (error ? reject(systemFailure('close', this.path, error)) : resolve()))
    })
  }

  closeSync(): void {
    if (this.#closed) return
    invariant(this.#inFlight === 0, `closeSync of ${this.path} with ${this.#inFlight} calls in flight`)
    this.#closed = true
    try {
      fs.closeSync(this.#descriptor)
    } catch (error) {
      throw systemFailure('close', this.path, error)
    }
  }

  /** Repeats a partial operation until `length` bytes are through or it returns 0; gives the count. */
  async #transfer(
    operation: string,
    length: number,
    step: (done: number, callback: Callback<number>) => void,
  ): Promise<number> {
    let done = 0
    while (done < length) {
      const from = done
      const count = await this.#call(operation, (callback: Callback<number>) => step(from, callback))
      if (count === 0) break
      done += count
    }
    return done
  }

  #transferSync(operation: string, length: number, step: (done: number) => number): number {
    let done = 0
    while (done < length) {
      const from = done
      const count = this.#callSync(operation, () => step(from))
      if (count === 0) break
      done += count
    }
    return done
  }

  /** Writes up to maxWriteParts parts whole and returns their bytes. */
  #writeParts(parts: readonly Uint8Array[], position: number): number {
    let bytes = 0
    for (const part of parts) bytes += part.length
    let rest = parts
    const written = this.#transferSync('write', bytes, (done) => {
      const count = fs.writevSync(this.#descriptor, rest, position + done)
      if (done + count < bytes) rest = behind(rest, count)
      return count
    })
    this.#checkWritten(written, bytes)
    return bytes
  }

  async #call<T>(operation: string, start: (callback: Callback<T>) => void): Promise<T> {
    for (let interruptions = 0; ; interruptions++) {
      this.#checkOpen(operation)
      this.#inFlight++
      try {
        return await new Promise<T>((resolve, reject) => {
          start((error, result) => (error ? reject(error) : resolve(result)))
        })
      } catch (error) {
        if (!isInterruption(error) || interruptions === maxInterruptions) {
          throw systemFailure(operation, this.path, error)
        }
      } finally {
        this.#inFlight--
        if (this.#inFlight === 0) this.#idle?.()
      }
    }
  }

  #callSync<T>(operation: string, call: () => T): T {
    for (let interruptions = 0; ; interruptions++) {
      this.#checkOpen(operation)
      try {
        return call()
      } catch (error) {
        if (!isInterruption(error) || interruptions === maxInterruptions) {
          throw systemFailure(operation, this.path, error)
        }
      }
    }
  }

  #checkOpen(operation: string): void {
    if (this.#closed) throw fileFailure({ operation, path: this.path, errno: 'EBADF', reason: 'the file is closed' })
  }

  #checkWritten(written: number, wanted: number): void {
    if (written === wanted) return
    const reason = `the system took ${written} of ${wanted} bytes and no more`
    throw fileFailure({ operation: 'write', path: this.path, errno: 'EIO', reason })
  }
}

/** The parts that lie behind the first `count` bytes, the first of them cut. */
function behind(parts: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let left = count
  let index = 0
  for (let part = parts[0]; part !== undefined && left >= part.length; part = parts[index]) {
    left -= part.length
    index++
  }
  const rest = parts.slice(index)
  if (left > 0 && rest[0] !== undefined) rest[0] = rest[0].subarray(left)
  return rest
}

function isInterruption(error: unknown): boolean {
  const errno = errnoOf(error)
  return errno === 'EINTR' || errno === 'EAGAIN'
}

/** A stat of node:fs in the shape of the contract. */
export function fileStat(stat: fs.BigIntStats): FileStat {
  return {
    kind: kindOf(stat),
    bytes: Number(stat.size),
    device: Number(stat.dev),
    inode: String(stat.ino),
    modifiedMs: Number(stat.mtimeNs) / 1e6,
    bornMs: Number(stat.birthtimeNs) / 1e6,
    links: Number(stat.nlink),
  }
}

function kindOf(stat: fs.BigIntStats): FileStat['kind'] {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  return stat.isSymbolicLink() ? 'link' : 'other'
}
