// Takes new files in: where to begin, what is too old, and what has to wait, since it may be a copy of a known file.
//
// A copy (of copytruncate, or what gzip makes) appears before its original is truncated or removed. Read at once, its
// lines would be there twice; so it is held back: a compressed one as long as its original is there, any other until
// it was quiet for `settleMs`. Then it is a file of its own and read from its beginning.

import { messageOf, TailraceError } from '../../core/errors/tailrace-error.js'
import type { Clock } from '../../core/runtime/clock.js'
import type { Files } from '../../core/runtime/files.js'
import { readerOf } from './content-anchor.js'
import type { FileRegistry } from './file-registry.js'
import { isGzipName, originalsOf } from './rotated-names.js'
import type { FileSettings } from './settings.js'
import type { Sighting } from './sighting.js'
import { holdsItsContent, pathsOf, type Resemblance, resemblance } from './successors.js'
import type { TextForms } from './text-form.js'
import { firstPoint, identityOf, TrackedFile } from './tracked-file.js'

/** Between the end of a copy and the truncation lie milliseconds. */
const settleMs = 5000

const longestMarkBytes = 4

export interface AdmissionOptions {
  readonly files: Files
  readonly clock: Clock
  readonly registry: FileRegistry
  readonly forms: TextForms
  readonly settings: Pick<FileSettings, 'startAt' | 'ignoreOlder'>
}

interface HeldBack {
  readonly bytes: number
  readonly modifiedMs: number
  readonly sinceMs: number
}

export class Admission {
  readonly #options: AdmissionOptions
  #heldBack = new Map<string, HeldBack>()

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** The files to track from now on, oldest first. */
  async admit(
    seen: Iterable<Sighting>,
    when: { readonly isFirst: boolean; readonly nowMs: number },
  ): Promise<readonly TrackedFile[]> {
    const { clock, registry, settings } = this.#options
    const oldestFirst = [...seen].sort((a, b) => a.modifiedMs - b.modifiedMs)
    if (oldestFirst.length === 0) return []
    const byPath = this.#byPath()
    const before = this.#heldBack
    this.#heldBack = new Map()
    const admitted: TrackedFile[] = []
    for (const sighting of oldestFirst) {
      if (settings.ignoreOlder !== undefined && clock.now() - sighting.modifiedMs > settings.ignoreOlder) continue
      const originals = originalsOf(sighting.realPath).flatMap((path) => byPath.get(path) ?? [])
      if (originals.length > 0 && (await this.#mustWait(sighting, originals, { before, nowMs: when.nowMs }))) continue
      const generation = registry.nextGeneration(sighting)
      const gzip = isGzipName(sighting.path)
      const file = new TrackedFile(firstPoint({ sighting, generation, order: registry.takeOrder(), gzip }), when.nowMs)
      if (when.isFirst && settings.startAt === 'end') this.moveToEnd(file, sighting.bytes)
      admitted.push(file)
    }
    return admitted
  }

  /** Passes over what a file holds already. A line that began before is passed over to its end. */
  moveToEnd(file: TrackedFile, sizeBytes: number): void {
    if (file.gzip) {
      file.complete = true
      return
    }
    file.skipTo(sizeBytes)
    file.within = 'start'
    if (sizeBytes === 0) return
    try {
      const open = this.#options.files.openSync(file.at, 'read')
      try {
        const first = Buffer.alloc(Math.min(longestMarkBytes, sizeBytes))
        open.readSync(first, 0, first.length, 0)
        const mark = this.#options.forms.markOf(first, 0, first.length)
        if (typeof mark === 'object') file.markedEncoding = mark.encoding.name
        const { delimiter } = this.#options.forms.of(file.markedEncoding)
        const last = Buffer.alloc(delimiter.length)
        open.readSync(last, 0, last.length, Math.max(0, sizeBytes - last.length))
        if (!last.equals(delimiter)) file.within = 'discard'
        file.anchor.take(readerOf(open), sizeBytes)
      } finally {
        open.closeSync()
      }
    } catch (error) {
      // Without rights to it there is nothing to compare later either; the first visit reports it.
      if (!(error instanceof TailraceError)) throw error
      file.failure = messageOf(error)
    }
  }

  async #mustWait(
    sighting: Sighting,
    originals: readonly TrackedFile[],
    when: { readonly before: ReadonlyMap<string, HeldBack>; readonly nowMs: number },
  ): Promise<boolean> {
    const { files } = this.#options
    const identity = identityOf(sighting)
    const alike: { readonly original: TrackedFile; readonly found: Resemblance }[] = []
    const replaced: TrackedFile[] = []
    for (const original of originals) {
      const found = await resemblance(files, sighting, original)
      if (found === 'elsewhere') return true
      if (found === 'none' || found === 'unreadable') continue
      alike.push({ original, found })
      // Truncated, and not read since: the next look hands it over.
      if (found !== 'undecided' && !(await holdsItsContent(files, original))) replaced.push(original)
    }
    if (alike.length === 0) return false
    for (const original of replaced) original.replaced = true
    const { bytes, modifiedMs } = sighting
    const before = when.before.get(identity)
    const isUnchanged = before?.bytes === bytes && before.modifiedMs === modifiedMs
    const heldBack = isUnchanged ? before : { bytes, modifiedMs, sinceMs: when.nowMs }
    const isSettled = when.nowMs - heldBack.sinceMs >= settleMs && replaced.length === 0
    if (isSettled && !(isGzipName(sighting.path) && alike.some(({ found }) => found === 'same'))) return false
    this.#heldBack.set(identity, heldBack)
    return true
  }

  #byPath(): ReadonlyMap<string, readonly TrackedFile[]> {
    const byPath = new Map<string, TrackedFile[]>()
    for (const file of this.#options.registry.all()) {
      for (const path of pathsOf(file)) byPath.set(path, [...(byPath.get(path) ?? []), file])
    }
    return byPath
  }
}
