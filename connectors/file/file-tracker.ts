// Keeps what is tracked true to what is there: one `look` finds where every file is now, decides by the rotation table
// what becomes of it, and takes new files in. It reads no lines; what is to be read it puts into `ready`.
//
// Invariant: a hand-over (one identity forgotten, another remembered) leaves through `changes` in one piece, so that it
// lies in one atomic append.

import { dirname } from 'node:path'
import type { Clock } from '../../core/runtime/clock.js'
import type { Files } from '../../core/runtime/files.js'
import type { Admission } from './admission.js'
import type { DescriptorPool } from './descriptor-pool.js'
import type { Discovery, Look } from './discovery.js'
import type { FileRegistry } from './file-registry.js'
import type { FileReport } from './file-report.js'
import { isGzipName } from './rotated-names.js'
import { type Action, decideRotation } from './rotation.js'
import type { Sighting } from './sighting.js'
import { byOriginal, holdsItsContent, isAnotherFile, pathsOf, resemblance } from './successors.js'
import { Surroundings } from './surroundings.js'
import { firstPoint, identityOf, TrackedFile } from './tracked-file.js'

/** A file that is gone but open is closed after this long without growth: nobody writes to it any more. */
const releaseAfterMs = 30_000

/** What is gone and turned up nowhere for this long is forgotten. */
const forgetAfterMs = 60_000

export interface TrackerOptions {
  readonly files: Files
  readonly clock: Clock
  readonly discovery: Discovery
  readonly registry: FileRegistry
  readonly pool: DescriptorPool
  readonly admission: Admission
  readonly report: FileReport
}

/** Where a look stands: what was seen and belongs to no tracked file yet. */
interface Scene {
  readonly nowMs: number
  readonly files: ReadonlyMap<string, Sighting>
  /** Files about which a decision was taken, or is under way. */
  readonly decided: Set<TrackedFile>
  /** Files that were found to hold their content still: compared once, however many files ask. */
  readonly intact: Set<TrackedFile>
  /** What stands at the identity of each tracked file. */
  readonly found: ReadonlyMap<TrackedFile, Sighting>
  readonly unclaimed: Map<string, Sighting>
  readonly surroundings: Surroundings
  /** Made when the first successor is looked for. */
  unclaimedByOriginal?: ReadonlyMap<string, readonly Sighting[]>
}

export class FileTracker {
  /** Files in which there may be something to read, the next one first. */
  readonly ready = new Set<TrackedFile>()
  /** Files whose last line or group may still go on. */
  readonly unfinished = new Set<TrackedFile>()
  /** Resume points to remember (or, undefined, to forget) all together. */
  readonly changes = new Map<string, TrackedFile | undefined>()
  /** New files, whose points may be remembered a few at a time. */
  readonly admitted = new Set<TrackedFile>()
  /** The last look could not decide about every file: names changed meanwhile. */
  isUnsettled = false
  /** By the path of the walk, for hints. */
  readonly #byPath = new Map<string, TrackedFile>()
  readonly #options: TrackerOptions

  constructor(options: TrackerOptions) {
    this.#options = options
  }

  byPath(path: string): TrackedFile | undefined {
    return this.#byPath.get(path)
  }

  /** Looks at the directories and acts on what is there. `isFirst`: nothing was ever read by this source. */
  async look(isFirst: boolean): Promise<Look> {
    const { clock, discovery, registry } = this.#options
    this.isUnsettled = false
    const look = await discovery.look()
    const surroundings = new Surroundings(discovery)
    const { found, unclaimed } = await this.#locate(look, surroundings)
    const scene: Scene = {
      nowMs: clock.monotonicMs(),
      files: look.files,
      decided: new Set(),
      intact: new Set(),
      found,
      unclaimed,
      surroundings,
    }
    for (const file of registry.all()) await this.#decide(file, scene)
    const when = { isFirst, nowMs: scene.nowMs }
    for (const file of await this.#options.admission.admit(unclaimed.values(), when)) {
      registry.add(file)
      this.admitted.add(file)
      this.ready.add(file)
    }
    registry.endLook()
    this.#indexPaths(look)
    return look
  }

  /** Where every tracked file is; what is left over of the look. */
  async #locate(
    look: Look,
    surroundings: Surroundings,
  ): Promise<{ readonly found: Map<TrackedFile, Sighting>; readonly unclaimed: Map<string, Sighting> }> {
    const { clock, registry } = this.#options
    const seen = new Map<string, Sighting[]>()
    for (const sighting of look.files.values()) {
      const identity = identityOf(sighting)
      const paths = seen.get(identity)
      if (paths === undefined) seen.set(identity, [sighting])
      else paths.push(sighting)
    }
    const found = new Map<TrackedFile, Sighting>()
    for (const file of registry.all()) {
      // Its identity is another one's by now.
      if (registry.byIdentity(file.identity) !== file) continue
      const paths = seen.get(file.identity)
      const standing = paths === undefined ? await this.#search(file, surroundings) : preferred(paths, file)
      const nowMs = clock.monotonicMs()
      if (standing === undefined) {
        this.#miss(file, nowMs)
        continue
      }
      found.set(file, standing)
      if (await this.#isAnother(standing, file)) file.replaced = true
      if (!file.replaced && file.see(standing, nowMs)) this.ready.add(file)
      // What replaced it is a new file, to be taken in as any other.
      if (!file.replaced) seen.delete(file.identity)
    }
    const unclaimed = new Map<string, Sighting>()
    for (const [identity, paths] of seen) unclaimed.set(identity, paths.find(isNoLink) ?? paths[0]!)
    return { found, unclaimed }
  }

  /**
   * Where an identity turns up under another path, or with another birth time, it may have been given to another file.
   * That is settled at once: until then neither file could be told from a copy of the other.
   */
  async #isAnother(found: Sighting, file: TrackedFile): Promise<boolean> {
    const isSuspicious = found.realPath !== file.at || found.bornMs !== file.bornMs
    if (!isSuspicious || file.replaced || file.anchor.headBytes === 0) return false
    return isAnotherFile(this.#options.files, found, file)
  }

  /** The file outside of the globs: where it was last, or under another name in that directory. */
  async #search(file: TrackedFile, surroundings: Surroundings): Promise<Sighting | undefined> {
    const standing = await this.#options.discovery.at(file.at)
    if (standing !== undefined && identityOf(standing) === file.identity) return standing
    return (await surroundings.of(dirname(file.at))).byIdentity.get(file.identity)
  }

  #miss(file: TrackedFile, nowMs: number): void {
    file.miss(nowMs)
    if (file.open !== undefined && file.open.sizeSync() !== file.bytes) this.ready.add(file)
  }

  async #decide(file: TrackedFile, scene: Scene): Promise<void> {
    const { pool, registry } = this.#options
    scene.decided.add(file)
    // Dropped meanwhile: another file was found to have its identity.
    if (registry.byPointKey(file.pointKey) !== file) return
    if (file.replaced) pool.release(file)
    const held = file.open !== undefined
    const mayBeSucceeded = file.replaced || (file.whereabouts === 'gone' && !held)
    const successor = mayBeSucceeded ? await this.#successorOf(file, scene) : undefined
    if (successor === 'unsettled' || (successor === undefined && isWorthAnotherLook(file))) {
      this.#leaveToNextLook(file, scene)
      return
    }
    const action = decideRotation({
      whereabouts: file.whereabouts,
      content: file.replaced ? 'replaced' : 'same',
      successor: successor !== undefined,
      held,
      overdue: file.whereabouts === 'gone' && scene.nowMs - file.goneSinceMs >= forgetAfterMs,
    })
    this.#carryOut(action, file, successor, scene)
  }

  /**
   * Names that a rotation shifts while they are listed may be missed, so that one look alone gives up nothing. What
   * stands at the file's identity by now is taken in; it is read when this file is decided about.
   */
  #leaveToNextLook(file: TrackedFile, scene: Scene): void {
    file.wasSought = true
    this.isUnsettled = true
    this.ready.delete(file)
    if (!file.replaced) return
    this.#options.registry.release(file)
    this.#readAnew(file, scene)
  }

  #carryOut(action: Action, file: TrackedFile, successor: Sighting | undefined, scene: Scene): void {
    switch (action) {
      case 'follow':
      case 'wait':
        return
      case 'finish':
        if (file.whereabouts === 'gone' && file.drained && scene.nowMs - file.changedAtMs >= releaseAfterMs) {
          this.#options.pool.release(file)
        }
        return
      case 'hand-over':
        this.#handOver(file, successor!, scene)
        return
      case 'abandon':
      case 'forget':
        this.#options.report.followed('a file is not there any more as it was read', file)
        this.#options.report.lost(file, file.giveUp())
        this.#drop(file)
        this.#readAnew(file, scene)
        return
    }
  }

  /** `unsettled`: one that might be it was renamed since the look, so that the next one decides. */
  async #successorOf(file: TrackedFile, scene: Scene): Promise<Sighting | 'unsettled' | undefined> {
    const { files, registry } = this.#options
    const around = await scene.surroundings.of(dirname(file.at))
    const unclaimed = (scene.unclaimedByOriginal ??= byOriginal(scene.unclaimed.values()))
    let isUnsettled = false
    for (const path of pathsOf(file)) {
      const candidates = [...(unclaimed.get(path) ?? []), ...(around.byOriginal.get(path) ?? [])]
      for (const candidate of candidates) {
        const known = registry.byIdentity(identityOf(candidate))
        if (known === file) continue
        if (known !== undefined && !(await this.#isOverwritten(known, candidate, scene))) continue
        const found = await resemblance(files, candidate, file)
        if (found === 'same' || found === 'shorter') return candidate
        isUnsettled ||= found === 'elsewhere'
      }
    }
    return isUnsettled ? 'unsettled' : undefined
  }

  /**
   * Was the candidate, a file that is known, overwritten with something else, so that it may be the successor of
   * another one? Then what becomes of it is decided first: its identity is needed.
   */
  async #isOverwritten(known: TrackedFile, candidate: Sighting, scene: Scene): Promise<boolean> {
    if (!known.replaced) {
      if (scene.intact.has(known)) return false
      if (await holdsItsContent(this.#options.files, known)) {
        scene.intact.add(known)
        return false
      }
      known.replaced = true
      scene.decided.delete(known)
      const seen = scene.files.get(candidate.path)
      if (seen !== undefined) scene.unclaimed.set(known.identity, seen)
    }
    if (!scene.decided.has(known)) await this.#decide(known, scene)
    return true
  }

  /** The successor takes the file's place: its key, its age and its position. */
  #handOver(file: TrackedFile, successor: Sighting, scene: Scene): void {
    const { registry, report, admission } = this.#options
    const gzip = isGzipName(successor.path)
    const identity = { generation: registry.nextGeneration(successor), gzip }
    const next = new TrackedFile(file.continuedIn(successor, identity), scene.nowMs)
    next.whereabouts = 'moved'
    if (!gzip && successor.bytes < file.position) admission.moveToEnd(next, successor.bytes)
    report.followed('a file goes on in another one', file, { successor: successor.path })
    this.#drop(file)
    scene.unclaimed.delete(next.identity)
    this.#track(next)
    this.#readAnew(file, scene)
  }

  #track(file: TrackedFile): void {
    this.#options.registry.add(file)
    this.changes.set(file.pointKey, file)
    this.ready.add(file)
  }

  /**
   * Outside of the globs no new file is looked for; but one that was truncated, written to and rotated since is still
   * the file that we followed. The same birth tells it from another one that was given its inode.
   */
  #readAnew(file: TrackedFile, scene: Scene): void {
    const { registry } = this.#options
    const standing = scene.found.get(file)
    if (standing === undefined || file.bornMs === 0 || standing.bornMs !== file.bornMs) return
    if (scene.unclaimed.has(file.identity) || registry.byIdentity(file.identity) !== undefined) return
    const generation = registry.nextGeneration(file)
    const sighting = { ...standing, path: file.key }
    const point = firstPoint({ sighting, generation, order: registry.takeOrder(), gzip: false })
    this.#track(new TrackedFile(point, scene.nowMs))
  }

  #drop(file: TrackedFile): void {
    this.#options.registry.remove(file)
    this.#options.pool.release(file)
    this.ready.delete(file)
    this.unfinished.delete(file)
    this.admitted.delete(file)
    this.#options.report.readable(file)
    this.changes.set(file.pointKey, undefined)
  }

  #indexPaths(look: Look): void {
    this.#byPath.clear()
    for (const [path, sighting] of look.files) {
      const file = this.#options.registry.byIdentity(identityOf(sighting))
      if (file !== undefined) this.#byPath.set(path, file)
    }
  }
}

/** Something was read of it that its successor must hold, and only one look was taken. */
function isWorthAnotherLook(file: TrackedFile): boolean {
  return file.replaced && !file.wasSought && file.anchor.headBytes > 0
}

/** Of several names of one file the first one that it had, else the one that it had last. */
function preferred(paths: readonly Sighting[], file: TrackedFile): Sighting {
  return paths.find(({ path }) => path === file.key) ?? paths.find(({ realPath }) => realPath === file.at) ?? paths[0]!
}

function isNoLink(sighting: Sighting): boolean {
  return sighting.path === sighting.realPath
}
