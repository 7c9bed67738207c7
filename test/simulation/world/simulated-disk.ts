// The disk of the simulated machine: a tree of names over nodes, its room, and what a crash leaves of it.
//
// Everything here takes effect at once; simulated-files.ts decides when. Errors are those of the real disk.

import { posix } from 'node:path'
import { invariant } from '../../../core/errors/invariant.js'
import { fileFailure } from '../../../core/runtime/file-failure.js'
import type { FileStat, OpenMode } from '../../../core/runtime/files.js'
import { type DamageSource, damageFile, damageNames } from './crash-damage.js'
import type { Faults } from './faults.js'
import { applyChange, DirectoryNode, type DiskNode, FileNode, type NamePlace, type PendingChange } from './inode.js'
import type { SeededRandom } from './seeded-random.js'

/** What a file or directory costs of the room, besides its bytes. */
const nodeBytes = 256

const reasons = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EISDIR: 'illegal operation on a directory',
  EEXIST: 'file already exists',
  ENOTEMPTY: 'directory not empty',
  EINVAL: 'invalid argument',
  ENOSPC: 'no space left on device',
} as const

export interface DiskParts {
  readonly random: SeededRandom
  readonly faults: Faults
  readonly now: () => number
}

export class SimulatedDisk {
  /** May be changed at any time, also to less than is used. */
  capacityBytes = 2 ** 40
  readonly #parts: DiskParts
  #root: DirectoryNode
  #usedBytes = 0
  #stamp = 0
  #lastInode = 1

  constructor(parts: DiskParts, root = new DirectoryNode(1, 0)) {
    this.#parts = parts
    this.#root = root
    this.#recount()
  }

  /** The number of the last change; a sync that begins now covers the changes up to it. */
  get stamp(): number {
    return this.#stamp
  }

  get freeBytes(): number {
    return Math.max(0, this.capacityBytes - this.#usedBytes)
  }

  find(path: string): DiskNode | undefined {
    let node: DiskNode | undefined = this.#root
    for (const name of namesOf(path)) {
      if (node?.kind !== 'directory') return undefined
      node = node.live.get(name)
    }
    return node
  }

  findFile(operation: string, path: string): FileNode {
    const node = this.find(path) ?? fail('ENOENT', operation, path)
    return node.kind === 'file' ? node : fail('EISDIR', operation, path)
  }

  findDirectory(operation: string, path: string): DirectoryNode {
    const node = this.find(path) ?? fail('ENOENT', operation, path)
    return node.kind === 'directory' ? node : fail('ENOTDIR', operation, path)
  }

  /** The file of that name, made when the mode says so; the caller counts as one who has it open. */
  open(path: string, mode: OpenMode): FileNode {
    const there = this.find(path)
    if (there !== undefined && mode === 'create-new') fail('EEXIST', 'open', path)
    const file = there === undefined && mode.startsWith('create') ? this.#create(path) : this.findFile('open', path)
    file.openCount++
    return file
  }

  close(file: FileNode): void {
    file.openCount--
    this.#freeIfUnused(file)
  }

  write(file: FileNode, path: string, bytes: Uint8Array, position: number): void {
    const growth = Math.max(0, position + bytes.length - file.live.size)
    if (growth > this.freeBytes) {
      // As the kernel does: what fits may have been written before the refusal.
      const fitting = bytes.length - growth + this.#parts.random.below(this.freeBytes + 1)
      if (fitting > 0) this.writeFitting(file, bytes.subarray(0, fitting), position)
      this.#full('write', path)
    }
    this.writeFitting(file, bytes, position)
  }

  /** Writes bytes whose room was looked at. */
  writeFitting(file: FileNode, bytes: Uint8Array, position: number): void {
    if (bytes.length > 0)
      this.#change(file, { kind: 'write', stamp: ++this.#stamp, position, bytes: Buffer.from(bytes) })
  }

  truncate(file: FileNode, path: string, size: number): void {
    if (size - file.live.size > this.freeBytes) this.#full('truncate', path)
    this.#change(file, { kind: 'truncate', stamp: ++this.#stamp, size })
  }

  rename(from: string, to: string): void {
    const operation = `rename to ${to}`
    const source = this.#place(operation, from)
    const target = this.#place(operation, to)
    const node = source.directory.live.get(source.name) ?? fail('ENOENT', operation, from)
    const replaced = target.directory.live.get(target.name)
    if (replaced === node) return
    if (node.kind === 'directory' && `${posix.resolve(to)}/`.startsWith(`${posix.resolve(from)}/`)) {
      fail('EINVAL', operation, from)
    }
    if (replaced !== undefined) refuseReplacement(node, replaced, operation, from)
    source.directory.live.delete(source.name)
    target.directory.live.set(target.name, node)
    this.#changeNames(node, { from: source, to: target })
    if (replaced?.kind === 'file') this.#dropName(replaced)
    else if (replaced !== undefined) this.#usedBytes -= nodeBytes
  }

  unlink(path: string): void {
    const place = this.#place('remove', path)
    const file = this.findFile('remove', path)
    place.directory.live.delete(place.name)
    this.#changeNames(file, { from: place, to: undefined })
    this.#dropName(file)
  }

  /** Makes one directory; an existing one is fine. */
  makeDirectory(path: string): void {
    const there = this.find(path)
    if (there?.kind === 'directory') return
    if (there !== undefined) fail('EEXIST', 'make directory', path)
    const place = this.#place('make directory', path)
    if (this.freeBytes < nodeBytes) this.#full('make directory', path)
    this.#addName(place, new DirectoryNode(++this.#lastInode, this.#parts.now()))
  }

  removeDirectory(path: string): void {
    const directory = this.findDirectory('remove directory', path)
    if (directory.live.size > 0) fail('ENOTEMPTY', 'remove directory', path)
    const place = this.#place('remove directory', path)
    place.directory.live.delete(place.name)
    this.#changeNames(directory, { from: place, to: undefined })
    this.#usedBytes -= nodeBytes
  }

  stat(node: DiskNode): FileStat {
    const bytes = node.kind === 'file' ? node.live.size : node.live.size * nodeBytes
    const links = node.kind === 'file' ? node.links : 2
    const { kind, inode, modifiedMs, bornMs } = node
    return { kind, bytes, device: 1, inode: String(inode), modifiedMs, bornMs, links }
  }

  /** A sync of the file failed: what was pending up to `stamp` counts as written, and is not. */
  failSync(node: FileNode, stamp: number): void {
    if (node.pending.length > 0) this.#parts.faults.count('forgotten-pages')
    node.forget(stamp)
  }

  /** Flips a bit of a file where device and cache agree; the position must be on the device. */
  rot(path: string, position: number, bit: number): void {
    const file = this.findFile('rot', path)
    invariant(position < file.durable.size, `${path} holds ${file.durable.size} bytes on the device, not ${position}`)
    file.durable.flip(position, bit)
    if (position < file.live.size) file.live.flip(position, bit)
  }

  /** All processes died: nothing is open any more, the cache stays. */
  closeAll(): void {
    for (const node of this.#reachable((directory) => directory.live)) if (node.kind === 'file') node.openCount = 0
    this.#recount()
  }

  /** The machine lost its power: what is left is what the device holds. */
  losePower(source: DamageSource): void {
    const known = [...this.#reachable((one) => one.live), ...this.#reachable((one) => one.durable)]
    damageNames(new Set(known.filter((node) => node.kind === 'directory')), source)
    for (const node of this.#reachable((directory) => directory.durable)) {
      if (node.kind === 'directory') node.live = new Map(node.durable)
      else {
        damageFile(node, source)
        node.live = node.durable.copy()
        node.openCount = 0
      }
    }
    this.#recount()
  }

  /** Paths of all files that processes see, sorted. */
  paths(): string[] {
    const found: string[] = []
    const walk = (directory: DirectoryNode, path: string) => {
      for (const [name, node] of directory.live) {
        if (node.kind === 'directory') walk(node, `${path}/${name}`)
        else found.push(`${path}/${name}`)
      }
    }
    walk(this.#root, '')
    return found.sort()
  }

  /** A disk of its own with the same content on the device. Nothing may be pending, as after a loss of power. */
  copy(parts: DiskParts): SimulatedDisk {
    const copied = new SimulatedDisk(parts, copyDirectory(this.#root))
    copied.capacityBytes = this.capacityBytes
    copied.#stamp = this.#stamp
    copied.#lastInode = this.#lastInode
    return copied
  }

  #create(path: string): FileNode {
    const place = this.#place('open', path)
    if (this.freeBytes < nodeBytes) this.#full('open', path)
    const file = new FileNode(++this.#lastInode, this.#parts.now())
    this.#addName(place, file)
    file.links = 1
    return file
  }

  #addName(place: NamePlace, node: DiskNode): void {
    place.directory.live.set(place.name, node)
    this.#usedBytes += nodeBytes
    this.#changeNames(node, { from: undefined, to: place })
  }

  #changeNames(
    node: DiskNode,
    step: { readonly from: NamePlace | undefined; readonly to: NamePlace | undefined },
  ): void {
    const change = { stamp: ++this.#stamp, ...step, node, done: false }
    const touched = new Set([step.from?.directory, step.to?.directory])
    for (const directory of touched) {
      directory?.pending.push(change)
      if (directory !== undefined) directory.modifiedMs = this.#parts.now()
    }
  }

  #change(file: FileNode, change: PendingChange): void {
    const before = file.live.size
    applyChange(file.live, change)
    file.pending.push(change)
    file.modifiedMs = this.#parts.now()
    this.#usedBytes += file.live.size - before
  }

  #dropName(file: FileNode): void {
    file.links--
    this.#freeIfUnused(file)
  }

  #freeIfUnused(file: FileNode): void {
    if (file.links === 0 && file.openCount === 0) this.#usedBytes -= nodeBytes + file.live.size
  }

  #place(operation: string, path: string): NamePlace {
    const resolved = posix.resolve('/', path)
    const parent = this.find(posix.dirname(resolved)) ?? fail('ENOENT', operation, path)
    if (parent.kind !== 'directory') fail('ENOTDIR', operation, path)
    const name = posix.basename(resolved)
    return name === '' ? fail('EINVAL', operation, path) : { directory: parent, name }
  }

  #full(operation: string, path: string): never {
    this.#parts.faults.count('disk-full')
    return fail('ENOSPC', operation, path)
  }

  *#reachable(entries: (directory: DirectoryNode) => Map<string, DiskNode>): Generator<DiskNode> {
    const seen = new Set<DiskNode>([this.#root])
    for (const node of seen) {
      yield node
      if (node.kind === 'directory') for (const below of entries(node).values()) seen.add(below)
    }
  }

  /** Counts names and room anew. */
  #recount(): void {
    this.#usedBytes = 0
    for (const node of this.#reachable((directory) => directory.live)) {
      this.#usedBytes += nodeBytes
      if (node.kind === 'file') {
        node.links = 1
        this.#usedBytes += node.live.size
      }
    }
  }
}

function namesOf(path: string): string[] {
  return posix
    .resolve('/', path)
    .split('/')
    .filter((name) => name !== '')
}

function refuseReplacement(node: DiskNode, replaced: DiskNode, operation: string, path: string): void {
  if (node.kind === 'file' && replaced.kind === 'directory') fail('EISDIR', operation, path)
  if (node.kind === 'directory' && replaced.kind === 'file') fail('ENOTDIR', operation, path)
  if (replaced.kind === 'directory' && replaced.live.size > 0) fail('ENOTEMPTY', operation, path)
}

function copyDirectory(from: DirectoryNode): DirectoryNode {
  invariant(from.pending.length === 0, `${from.pending.length} names are pending`)
  const copied = new DirectoryNode(from.inode, from.bornMs)
  copied.modifiedMs = from.modifiedMs
  for (const [name, node] of from.durable) {
    copied.durable.set(name, node.kind === 'directory' ? copyDirectory(node) : copyFile(node))
  }
  copied.live = new Map(copied.durable)
  return copied
}

function copyFile(from: FileNode): FileNode {
  invariant(from.pending.length === 0, `${from.pending.length} changes are pending`)
  const copied = new FileNode(from.inode, from.bornMs)
  copied.modifiedMs = from.modifiedMs
  copied.durable = from.durable.copy()
  copied.live = from.durable.copy()
  return copied
}

function fail(errno: keyof typeof reasons, operation: string, path: string): never {
  throw fileFailure({ operation, path, errno, reason: reasons[errno] })
}
