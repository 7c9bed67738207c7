// One file that the source knows: its identity, how far it was read, and what the last look at it saw.
//
// Changed by the source's loop alone. `position` moves with the records that were put into the writer; everything
// behind it is read again when needed, so that no byte lives in memory only.

import { invariant } from '../../core/errors/invariant.js'
import type { Json } from '../../core/connector/context.js'
import type { OpenFile } from '../../core/runtime/files.js'
import { FileAccount } from './account.js'
import { ContentAnchor, ownedBytes } from './content-anchor.js'
import { outside } from './multiline-presets.js'
import { encodePoint, type FilePoint, pointKey, type Within } from './resume-point.js'
import type { Whereabouts } from './rotation.js'
import type { Sighting } from './sighting.js'

export class TrackedFile {
  readonly device: number
  readonly inode: string
  readonly generation: number
  readonly order: number
  /** The path under which it was first seen. */
  readonly key: string
  /** The same, as the records carry it: one buffer, by which the writer knows that the key is still the same. */
  readonly keyBytes: Buffer
  readonly pointKey: string
  readonly gzip: boolean
  bornMs: number
  bornProven: boolean

  /** Where its bytes are, links resolved. */
  at: string
  whereabouts: Whereabouts = 'in-place'
  /** Monotonic time since which no path leads to it. */
  goneSinceMs = 0
  /** Size when last seen, in bytes on disk. */
  bytes: number
  modifiedMs: number
  /** Monotonic time of the last change of size or modification time that was seen. */
  changedAtMs: number
  /** What stands at its identity is not what was read: to be decided by the next look. */
  replaced = false
  /** A look has searched for its successor since it was replaced. */
  wasSought = false
  /** The anchors were compared since it was opened. */
  verified = false
  /** They were compared since it came to where it is: until then even a drained file is worth a visit. */
  confirmed: boolean
  /** Why it cannot be read at the moment; the look that follows tries again. */
  failure: string | undefined
  /** Why a compressed file could not be decompressed to its end. */
  damage: string | undefined

  position: number
  line: number
  within: Within
  group: string
  /** The encoding that a byte order mark named; empty without one. */
  markedEncoding: string
  complete: boolean
  readonly anchor: ContentAnchor
  readonly account: FileAccount
  #durablePosition = -1
  #isDurablyComplete = false
  open: OpenFile | undefined

  constructor(point: FilePoint, nowMs: number) {
    this.device = point.device
    this.inode = point.inode
    this.generation = point.generation
    this.order = point.order
    this.key = point.path
    this.keyBytes = ownedBytes(Buffer.from(point.path))
    this.pointKey = pointKey(point)
    this.gzip = point.gzip
    this.bornMs = point.bornMs
    this.bornProven = point.bornProven
    this.at = point.at
    this.bytes = point.bytes
    this.modifiedMs = point.modifiedMs
    this.changedAtMs = nowMs
    this.position = point.position
    this.line = point.line
    this.within = point.within
    this.group = point.group
    this.markedEncoding = point.markedEncoding
    this.complete = point.complete
    this.anchor = ContentAnchor.restored(point)
    // Where nothing was read there is nothing to compare, and a compressed file is compared when it is decompressed.
    this.confirmed = point.gzip || point.headBytes === 0
    this.account = new FileAccount(point.position - point.skipped, point.skipped)
  }

  get identity(): string {
    return identityOf(this)
  }

  /** Is there nothing behind the position, as far as was seen? */
  get drained(): boolean {
    return this.gzip ? this.complete : this.position >= this.bytes
  }

  /** Bytes that are known to lie behind the position; of a compressed file not known. */
  get unreadBytes(): number {
    return this.gzip ? 0 : Math.max(0, this.bytes - this.position)
  }

  /** Moves the position over what records cover; their bytes are counted by themselves, see FileAccount. */
  advance(position: number, emittedBytes: number, lines: number): void {
    this.position = position
    this.line += lines
    this.account.emittedBytes += emittedBytes
  }

  /** Moves the position over bytes that give no record. */
  skip(position: number, skippedBytes: number): void {
    this.position = position
    this.account.skippedBytes += skippedBytes
  }

  /** Begins again at the position, whatever was read: what lies before it gives no (further) record. */
  skipTo(position: number): void {
    this.position = position
    this.account.emittedBytes = 0
    this.account.skippedBytes = position
    this.account.readTo = position
    this.group = outside
  }

  /** The line at the position was taken without its end. */
  unfinished(): void {
    if (this.within === 'start') this.within = 'continued'
  }

  /** A point with this position is durable, and so are all records before it. */
  acknowledge(position: number, complete: boolean): void {
    this.#durablePosition = position
    this.#isDurablyComplete = complete
  }

  /** Are the records of all that is known of the file durable? */
  get isDurable(): boolean {
    if (this.gzip) return this.complete && this.#isDurablyComplete && this.damage === undefined
    return this.drained && this.#durablePosition === this.position
  }

  /** Takes over what a look saw at its identity; true when there may be something to read. */
  see(sighting: Sighting, nowMs: number): boolean {
    this.whereabouts = sighting.path === this.key ? 'in-place' : 'moved'
    if (this.#isBornAnew(sighting) || (!this.gzip && sighting.bytes < this.position)) {
      this.replaced = true
      return false
    }
    if (sighting.bornMs < sighting.modifiedMs && sighting.bornMs > 0) this.bornProven = true
    this.bornMs = sighting.bornMs
    this.confirmed &&= sighting.realPath === this.at || this.gzip
    const changed = sighting.bytes !== this.bytes || sighting.modifiedMs !== this.modifiedMs
    if (changed) {
      this.changedAtMs = nowMs
      this.complete = false
    }
    this.at = sighting.realPath
    this.bytes = sighting.bytes
    this.modifiedMs = sighting.modifiedMs
    return changed || this.failure !== undefined || !this.drained || !this.confirmed
  }

  /** No path leads to it any more. */
  miss(nowMs: number): void {
    if (this.whereabouts !== 'gone') this.goneSinceMs = nowMs
    this.whereabouts = 'gone'
  }

  /** What will not be read: all that is known to be unread, and of it what was read in vain. Skips the latter. */
  giveUp(): { readonly lostBytes: number; readonly partialBytes: number } {
    const { partialBytes } = this.account
    const lostBytes = Math.max(this.unreadBytes, partialBytes)
    this.skip(this.account.readTo, partialBytes)
    return { lostBytes, partialBytes }
  }

  /** The point to remember with the records up to the position. */
  point(): Json {
    this.account.check(this.position, this.at)
    return encodePoint(this.#fields())
  }

  /** The same reading in another file that holds the same content. */
  continuedIn(successor: Sighting, identity: { readonly generation: number; readonly gzip: boolean }): FilePoint {
    return {
      ...this.#fields(),
      at: successor.realPath,
      device: successor.device,
      inode: successor.inode,
      generation: identity.generation,
      bornMs: successor.bornMs,
      bornProven: false,
      bytes: successor.bytes,
      modifiedMs: successor.modifiedMs,
      gzip: identity.gzip,
      complete: false,
    }
  }

  #isBornAnew(sighting: Sighting): boolean {
    // Later, never earlier: some systems move a birth back when an older modification time is set.
    if (this.bornProven) return sighting.bornMs > this.bornMs
    // Nothing vouches for a file that nothing was read of, except that it was born at the same time.
    return this.position === 0 && this.anchor.headBytes === 0 && sighting.bornMs !== this.bornMs
  }

  #fields(): FilePoint {
    invariant(this.open === undefined || this.verified, `${this.at} was read before it was verified`)
    return {
      path: this.key,
      at: this.at,
      device: this.device,
      inode: this.inode,
      generation: this.generation,
      bornMs: this.bornMs,
      bornProven: this.bornProven,
      order: this.order,
      position: this.position,
      line: this.line,
      skipped: this.account.skippedBytes,
      bytes: this.bytes,
      modifiedMs: this.modifiedMs,
      within: this.within,
      group: this.group,
      markedEncoding: this.markedEncoding,
      gzip: this.gzip,
      complete: this.complete,
      ...this.anchor.saved(),
    }
  }
}

export interface NewFile {
  readonly sighting: Sighting
  readonly generation: number
  readonly order: number
  readonly gzip: boolean
}

/** The point of a file of which nothing was read yet. */
export function firstPoint(of: NewFile): FilePoint {
  const { sighting, generation, order, gzip } = of
  return {
    path: sighting.path,
    at: sighting.realPath,
    device: sighting.device,
    inode: sighting.inode,
    generation,
    bornMs: sighting.bornMs,
    bornProven: false,
    order,
    position: 0,
    line: 0,
    skipped: 0,
    bytes: sighting.bytes,
    modifiedMs: sighting.modifiedMs,
    within: 'start',
    group: outside,
    markedEncoding: '',
    gzip,
    complete: false,
    ...new ContentAnchor().saved(),
  }
}

export function identityOf(of: { readonly device: number; readonly inode: string }): string {
  return `${of.device}-${of.inode}`
}
