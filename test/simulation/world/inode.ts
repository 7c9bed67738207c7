// Files and directories of the simulated disk, each twice: as processes see them, and as the device holds them.
//
// A change is pending from the moment it is made until a sync covers it. Only what is on the device outlives a power
// loss for sure; of what is pending, crash-damage.ts decides what got there. `stamp` numbers all changes of a disk.

import { ByteImage } from './byte-image.js'

export type PendingChange =
  | { readonly kind: 'write'; readonly stamp: number; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly stamp: number; readonly size: number }

export class FileNode {
  readonly kind = 'file'
  readonly inode: number
  readonly bornMs: number
  modifiedMs: number
  /** What a process reads. */
  live = new ByteImage()
  /** What the device holds. */
  durable = new ByteImage()
  /** Changes since the last sync, oldest first. */
  pending: PendingChange[] = []
  links = 0
  openCount = 0

  constructor(inode: number, bornMs: number) {
    this.inode = inode
    this.bornMs = bornMs
    this.modifiedMs = bornMs
  }

  /** Brings the changes up to and with `stamp` to the device. */
  settle(stamp: number): void {
    let count = 0
    for (const change of this.pending) {
      if (change.stamp > stamp) break
      applyChange(this.durable, change)
      count++
    }
    this.pending.splice(0, count)
  }

  /** Takes the changes up to `stamp` for written although they are not: what a failed sync leaves behind. */
  forget(stamp: number): void {
    this.pending = this.pending.filter((change) => change.stamp > stamp)
  }
}

export function applyChange(image: ByteImage, change: PendingChange): void {
  if (change.kind === 'write') image.write(change.bytes, change.position)
  else image.truncate(change.size)
}

export interface NamePlace {
  readonly directory: DirectoryNode
  readonly name: string
}

/** A step of names: `from` goes and `to` leads to `node`, both or neither. Pending in each directory it touches. */
export interface NameChange {
  readonly stamp: number
  readonly from: NamePlace | undefined
  readonly to: NamePlace | undefined
  readonly node: DiskNode
  /** It reached the device, or never will. */
  done: boolean
}

export class DirectoryNode {
  readonly kind = 'directory'
  readonly inode: number
  readonly bornMs: number
  modifiedMs: number
  live = new Map<string, DiskNode>()
  durable = new Map<string, DiskNode>()
  pending: NameChange[] = []

  constructor(inode: number, bornMs: number) {
    this.inode = inode
    this.bornMs = bornMs
    this.modifiedMs = bornMs
  }

  /**
   * Brings the changes up to and with `stamp` to the device. A rename between two directories takes along what came
   * before it in the other one, as the journal of a file system would.
   */
  settle(stamp: number): void {
    for (const change of this.pending) {
      if (change.stamp > stamp) break
      if (change.done) continue
      for (const directory of directoriesOf(change)) {
        if (directory !== this) directory.settle(change.stamp - 1)
      }
      applyName(change)
    }
    this.pending = this.pending.filter((change) => !change.done)
  }
}

export type DiskNode = FileNode | DirectoryNode

/** Makes a step of names on the device. */
export function applyName(change: NameChange): void {
  const { from, to, node } = change
  if (from !== undefined && from.directory.durable.get(from.name) === node) from.directory.durable.delete(from.name)
  if (to !== undefined) to.directory.durable.set(to.name, node)
  change.done = true
}

function directoriesOf(change: NameChange): DirectoryNode[] {
  const places = [change.from, change.to].filter((place) => place !== undefined)
  return [...new Set(places.map((place) => place.directory))]
}
