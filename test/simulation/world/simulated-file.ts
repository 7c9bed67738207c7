// An open file of a simulated process.

import { invariant } from '../../../core/errors/invariant.js'
import { fileFailure } from '../../../core/runtime/file-failure.js'
import type { FileStat, OpenFile } from '../../../core/runtime/files.js'
import type { FileNode } from './inode.js'
import type { SeededRandom } from './seeded-random.js'
import type { SimulatedDisk } from './simulated-disk.js'
import type { SystemCall, SystemCalls } from './system-calls.js'
import type { Trace } from './trace.js'

export interface FileParts {
  readonly calls: SystemCalls
  readonly disk: SimulatedDisk
  readonly random: SeededRandom
  readonly trace: Trace
  readonly node: FileNode
  readonly writable: boolean
  /** Told when the descriptor is free again. */
  readonly closed: () => void
}

export class SimulatedFile implements OpenFile {
  readonly path: string
  readonly #parts: FileParts
  #inFlight = 0
  #closed = false
  #idle: (() => void) | undefined

  constructor(path: string, parts: FileParts) {
    this.path = path
    this.#parts = parts
  }

  read(into: Uint8Array, at: number, length: number, position: number): Promise<number> {
    return this.#later(this.#readCall(into, at, length, position))
  }

  readSync(into: Uint8Array, at: number, length: number, position: number): number {
    return this.#now(this.#readCall(into, at, length, position))
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return this.#later(this.#writeCall(bytes, position))
  }

  writeSync(bytes: Uint8Array, position: number): void {
    this.#now(this.#writeCall(bytes, position))
  }

  writevSync(parts: readonly Uint8Array[], position: number): void {
    this.#now(this.#writeCall(Buffer.concat(parts), position))
  }

  datasync(): Promise<void> {
    const { node, disk } = this.#parts
    const { stamp } = disk
    const effect = () => node.settle(stamp)
    return this.#later({ ...this.#call('datasync', effect), failed: () => disk.failSync(node, stamp) })
  }

  truncate(bytes: number): Promise<void> {
    return this.#later(this.#truncateCall(bytes))
  }

  truncateSync(bytes: number): void {
    this.#now(this.#truncateCall(bytes))
  }

  stat(): Promise<FileStat> {
    const { node, disk } = this.#parts
    return this.#later(this.#call('stat', () => disk.stat(node)))
  }

  sizeSync(): number {
    const { node } = this.#parts
    return this.#now(this.#call('stat', () => node.live.size))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    }
    await this.#parts.calls.later(this.#call('close', () => this.#letGo()))
  }

  closeSync(): void {
    if (this.#closed) return
    invariant(this.#inFlight === 0, `closeSync of ${this.path} with ${this.#inFlight} calls in flight`)
    this.#closed = true
    this.#parts.calls.now(this.#call('close', () => this.#letGo()))
  }

  #letGo(): void {
    this.#parts.disk.close(this.#parts.node)
    this.#parts.closed()
  }

  #call<T>(operation: SystemCall<T>['operation'], effect: () => T): SystemCall<T> {
    return { operation, path: this.path, position: 0, length: 0, effect }
  }

  #readCall(into: Uint8Array, at: number, length: number, position: number): SystemCall<number> {
    const { node } = this.#parts
    const effect = () => node.live.read(into, at, length, position)
    return { operation: 'read', path: this.path, position, length, effect }
  }

  #writeCall(bytes: Uint8Array, position: number): SystemCall<void> {
    const { disk, node, random, trace } = this.#parts
    const effect = () => {
      this.#checkWritable()
      trace.bytes(bytes)
      disk.write(node, this.path, bytes, position)
    }
    const cut = () => {
      if (this.#parts.writable) disk.write(node, this.path, bytes.subarray(0, random.below(bytes.length)), position)
    }
    const failed = () => {
      if (random.chance(0.5)) cut()
    }
    return { operation: 'write', path: this.path, position, length: bytes.length, effect, cut, failed }
  }

  #truncateCall(size: number): SystemCall<void> {
    const { disk, node } = this.#parts
    const effect = () => {
      this.#checkWritable()
      disk.truncate(node, this.path, size)
    }
    return { operation: 'truncate', path: this.path, position: size, length: 0, effect }
  }

  #now<T>(call: SystemCall<T>): T {
    this.#checkOpen(call.operation)
    return this.#parts.calls.now(call)
  }

  async #later<T>(call: SystemCall<T>): Promise<T> {
    this.#checkOpen(call.operation)
    this.#inFlight++
    try {
      return await this.#parts.calls.later(call)
    } finally {
      this.#inFlight--
      if (this.#inFlight === 0) this.#idle?.()
    }
  }

  #checkOpen(operation: string): void {
    if (this.#closed) throw fileFailure({ operation, path: this.path, errno: 'EBADF', reason: 'the file is closed' })
  }

  #checkWritable(): void {
    if (this.#parts.writable) return
    throw fileFailure({ operation: 'write', path: this.path, errno: 'EBADF', reason: 'bad file descriptor' })
  }
}
