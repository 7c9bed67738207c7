// Every file that the source knows, by identity, by path and by key.
//
// Files with one key are a family: a file and its rotated predecessors. They are read oldest first.

import { invariant } from '../../core/errors/invariant.js'
import type { FilePoint } from './resume-point.js'
import { identityOf, type TrackedFile } from './tracked-file.js'

export class FileRegistry {
  readonly #byIdentity = new Map<string, TrackedFile>()
  readonly #byPointKey = new Map<string, TrackedFile>()
  readonly #families = new Map<string, TrackedFile[]>()
  /** The generation that an identity had last: of what is tracked, or reserved, or was until the last look. */
  readonly #generations = new Map<string, number>()
  readonly #reserved = new Set<string>()
  readonly #removed = new Set<string>()
  #nextOrder = 1

  get size(): number {
    return this.#byPointKey.size
  }

  /** As they are now: the caller may add and remove while it goes through them. */
  all(): readonly TrackedFile[] {
    return [...this.#byPointKey.values()]
  }

  byIdentity(identity: string): TrackedFile | undefined {
    return this.#byIdentity.get(identity)
  }

  byPointKey(key: string): TrackedFile | undefined {
    return this.#byPointKey.get(key)
  }

  /** Takes a number that no file had: it orders the family. */
  takeOrder(): number {
    return this.#nextOrder++
  }

  /** The generation of a new file with this identity. */
  nextGeneration(of: { readonly device: number; readonly inode: string }): number {
    return (this.#generations.get(identityOf(of)) ?? 0) + 1
  }

  /** Tells of a generation whose resume point is kept though nobody reads the file. */
  reserve(of: Pick<FilePoint, 'device' | 'inode' | 'generation' | 'order'>): void {
    this.#reserved.add(identityOf(of))
    this.#note(of)
  }

  /** Takes the identity over, which no other file may have. */
  add(file: TrackedFile): void {
    invariant(!this.#byIdentity.has(file.identity), `${file.at} and another file have the identity ${file.identity}`)
    this.#note(file)
    this.#byIdentity.set(file.identity, file)
    this.#byPointKey.set(file.pointKey, file)
    const family = this.#families.get(file.key)
    if (family === undefined) this.#families.set(file.key, [file])
    else family.splice(placeOf(family, file), 0, file)
  }

  /** Its identity is free for another file, though it is still to be decided about. */
  release(file: TrackedFile): void {
    if (this.#byIdentity.get(file.identity) === file) this.#byIdentity.delete(file.identity)
  }

  remove(file: TrackedFile): void {
    this.release(file)
    this.#byPointKey.delete(file.pointKey)
    const family = this.#families.get(file.key) ?? []
    family.splice(family.indexOf(file), 1)
    if (family.length === 0) this.#families.delete(file.key)
    this.#removed.add(file.identity)
  }

  /** Forgets the generations of what was removed: a later file with the identity has no point to collide with. */
  endLook(): void {
    for (const identity of this.#removed) {
      if (!this.#byIdentity.has(identity) && !this.#reserved.has(identity)) this.#generations.delete(identity)
    }
    this.#removed.clear()
  }

  /** Must an older file of the same key be read first? One that cannot be read holds up nobody. */
  isBlocked(file: TrackedFile): boolean {
    const family = this.#families.get(file.key)
    if (family === undefined || family[0] === file) return false
    for (const older of family) {
      if (older === file) return false
      const isReadable = older.whereabouts !== 'gone' || older.open !== undefined
      // What was replaced is decided about by the next look.
      if (older.replaced || (!older.drained && isReadable && older.failure === undefined)) return true
    }
    return false
  }

  /** Has the file's key passed on to a newer file? */
  isSucceeded(file: TrackedFile): boolean {
    return this.#families.get(file.key)?.at(-1) !== file
  }

  #note(of: Pick<FilePoint, 'device' | 'inode' | 'generation' | 'order'>): void {
    const identity = identityOf(of)
    this.#generations.set(identity, Math.max(of.generation, this.#generations.get(identity) ?? 0))
    this.#nextOrder = Math.max(this.#nextOrder, of.order + 1)
  }
}

function placeOf(family: readonly TrackedFile[], file: TrackedFile): number {
  const newer = family.findIndex((other) => other.order > file.order)
  return newer < 0 ? family.length : newer
}
