// What can go wrong in the simulated world: which failures are armed, and how often each thing happened.

import { fileFailure } from '../../../core/runtime/file-failure.js'
import type { TailraceError } from '../../../core/errors/tailrace-error.js'
import type { SeededRandom } from './seeded-random.js'

export type Operation =
  | 'open'
  | 'create'
  | 'read'
  | 'write'
  | 'truncate'
  | 'datasync'
  | 'stat'
  | 'close'
  | 'rename'
  | 'unlink'
  | 'makeDirectory'
  | 'removeDirectory'
  | 'list'
  | 'syncDirectory'
  | 'claim'

interface Failure {
  readonly on: readonly Operation[]
  readonly errno: string
  readonly reason: string
}

const deviceFailure = { errno: 'EIO', reason: 'i/o error' }

/** Failures of one operation, by the name under which they are armed and counted. */
const failures = {
  'open-error': { on: ['open', 'create'], ...deviceFailure },
  'read-error': { on: ['read'], ...deviceFailure },
  'write-error': { on: ['write', 'truncate'], ...deviceFailure },
  'rename-error': { on: ['rename', 'unlink'], ...deviceFailure },
  'sync-error': { on: ['datasync'], ...deviceFailure },
  'directory-sync-error': { on: ['syncDirectory'], ...deviceFailure },
  'no-space': {
    on: ['write', 'create', 'rename', 'makeDirectory'],
    errno: 'ENOSPC',
    reason: 'no space left on device',
  },
  'too-many-files': { on: ['open', 'create', 'list'], errno: 'EMFILE', reason: 'too many open files' },
} as const satisfies Record<string, Failure>

export type FailureKind = keyof typeof failures

/** What happens at a crash, to the whole machine, or without an error; counted, and armed by other means. */
export type MishapKind =
  | 'slow'
  | 'disk-full'
  | 'power-loss'
  | 'kill'
  | 'lost-write'
  | 'torn-write'
  | 'hole-of-zeros'
  | 'garbage'
  | 'lost-truncate'
  | 'lost-name'
  | 'cut-in-flight'
  | 'forgotten-pages'
  | 'bit-rot'
  | 'clock-jump'

export interface Arming {
  /** Probability per operation, 1 when left out. */
  readonly chance?: number
  /** Disarmed after so many failures. */
  readonly times?: number
  /** Only operations on paths that match. */
  readonly path?: RegExp
}

interface Armed {
  readonly kind: FailureKind
  readonly chance: number
  readonly path: RegExp | undefined
  left: number
}

export interface Slowness {
  readonly chance: number
  readonly maxMs: number
}

export class Faults {
  readonly #random: SeededRandom
  readonly #counts = new Map<FailureKind | MishapKind, number>()
  readonly #armed = new Map<Operation, Armed[]>()
  #slowness: Slowness = { chance: 0, maxMs: 0 }

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** From now on operations of this kind fail. */
  arm(kind: FailureKind, { chance = 1, times = Number.POSITIVE_INFINITY, path }: Arming = {}): void {
    const armed = { kind, chance, path, left: times }
    for (const operation of failures[kind].on)
      this.#armed.set(operation, [...(this.#armed.get(operation) ?? []), armed])
  }

  /** Asynchronous operations take up to `maxMs` with this chance. */
  slowDown(slowness: Slowness): void {
    this.#slowness = slowness
  }

  /** No operation fails or is slow any more; what happened stays counted. */
  disarmAll(): void {
    this.#armed.clear()
    this.#slowness = { chance: 0, maxMs: 0 }
  }

  count(kind: FailureKind | MishapKind): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
  }

  /** How often each fault happened. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  /** The failure that strikes this operation, if one does. */
  strike(operation: Operation, path: string): FailureKind | undefined {
    const armed = this.#armed.get(operation)
    if (armed === undefined) return undefined
    for (const one of armed) {
      if (one.left > 0 && (one.path?.test(path) ?? true) && this.#random.chance(one.chance)) {
        one.left--
        this.count(one.kind)
        return one.kind
      }
    }
    return undefined
  }

  /** What an operation takes longer than its usual time. */
  extraDelayMs(): number {
    if (!this.#random.chance(this.#slowness.chance)) return 0
    this.count('slow')
    return this.#random.fraction() * this.#slowness.maxMs
  }
}

/** The error that a struck operation throws. */
export function failureOf(kind: FailureKind, operation: string, path: string): TailraceError {
  const { errno, reason } = failures[kind]
  return fileFailure({ operation, path, errno, reason })
}
