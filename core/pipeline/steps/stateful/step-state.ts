// What the steps of one transform remember, in memory as it is after the last unit of work that was accepted, and what
// of it the next append has to make durable.
//
// A unit is one record, or one window that closes. It is accepted whole or rolled back whole: a record that fails in a
// later step, or whose outputs no longer fit into the append, leaves no trace in a step before it. What was accepted
// goes into `__tailrace_state` in the same append as the outputs and the offsets (`take`), under `STEP/KEY`, as JSON.
// Values are replaced and never changed in place: that is what makes rolling back cheap.

import { present } from '../../../errors/invariant.js'
import { stringifyJson } from '../../../format/json-object.js'
import { parseJson } from '../../../format/json-parser.js'
import { type JsonValue, ParseFailure } from '../../../format/parsed.js'
import { pipelineErrors } from '../../errors.js'

/** What a state record takes around key and value, at most. */
const entryOverheadBytes = 160

/** Nested deeper than what any step remembers. */
const mostDepth = 16

/** A change for the engine: null removes the key. */
export interface EntryChange {
  readonly key: string
  readonly value: Uint8Array | null
}

interface Undo {
  readonly entries: StepEntries
  readonly key: string
  readonly before: JsonValue | undefined
  readonly weightBytes: number
}

/** Who keeps something in memory that is made from the state: it goes back and forth with the units. */
export interface UnitFollower {
  accepted(): void
  rolledBack(): void
}

/** What one step remembers, by key. */
export class StepEntries {
  readonly step: string
  private readonly values = new Map<string, JsonValue>()
  private readonly journal: Journal

  constructor(step: string, journal: Journal) {
    this.step = step
    this.journal = journal
  }

  /** Number of keys. */
  get size(): number {
    return this.values.size
  }

  /** The value, which is left as it is; undefined when there is none. */
  get(key: string): JsonValue | undefined {
    return this.values.get(key)
  }

  /** In the order in which they came; at the start in the order of the keys. */
  all(): IterableIterator<[string, JsonValue]> {
    return this.values.entries()
  }

  /** `weightBytes`: about how large the value is as JSON, so that an append is ended in time. */
  put(key: string, value: JsonValue, weightBytes: number): void {
    this.journal.note({ entries: this, key, before: this.values.get(key), weightBytes })
    this.values.set(key, value)
  }

  delete(key: string): void {
    const before = this.values.get(key)
    if (before === undefined) return
    this.journal.note({ entries: this, key, before, weightBytes: 0 })
    this.values.delete(key)
  }

  follow(follower: UnitFollower): void {
    this.journal.followers.push(follower)
  }

  /** For the state itself: the value without any note of it. */
  restore(key: string, value: JsonValue | undefined): void {
    if (value === undefined) this.values.delete(key)
    else this.values.set(key, value)
  }
}

/** What a unit did so far. */
class Journal {
  undos: Undo[] = []
  readonly followers: UnitFollower[] = []

  note(undo: Undo): void {
    this.undos.push(undo)
  }
}

export class StepState {
  private readonly journal = new Journal()
  private readonly steps = new Map<string, StepEntries>()
  /** Accepted and in no append yet, with its weight. */
  private dirty = new Map<StepEntries, Map<string, number>>()
  private bytes = 0
  /** Entries of steps that are no more. */
  private orphans: string[] = []

  /**
   * `stored`: every entry of the transform, as it lies in the engine. What belongs to none of the steps is forgotten
   * with the next append. Errors: state_unreadable.
   */
  constructor(steps: readonly string[], stored: Iterable<readonly [string, Uint8Array]>) {
    for (const step of steps) this.steps.set(step, new StepEntries(step, this.journal))
    for (const [name, value] of stored) {
      const slash = name.indexOf('/')
      const entries = this.steps.get(name.slice(0, slash))
      if (slash < 0 || entries === undefined) this.orphans.push(name)
      else entries.restore(name.slice(slash + 1), decoded(name, value))
    }
  }

  /** What a step that the constructor was told of remembers. */
  of(step: string): StepEntries {
    return present(this.steps.get(step), `the state of the step ${step}`)
  }

  /** About how many bytes `take` would give. */
  get dirtyBytes(): number {
    return this.bytes
  }

  get isDirty(): boolean {
    return this.dirty.size > 0 || this.orphans.length > 0
  }

  /** The unit stands: its changes belong to the next append. */
  accept(): void {
    const { undos, followers } = this.journal
    for (const { entries, key, weightBytes } of undos) this.mark(entries, key, weightBytes)
    this.journal.undos = []
    for (const follower of followers) follower.accepted()
  }

  /** The unit never was. */
  rollBack(): void {
    const { undos, followers } = this.journal
    for (let at = undos.length - 1; at >= 0; at--) {
      const { entries, key, before } = undos[at]!
      entries.restore(key, before)
    }
    this.journal.undos = []
    for (const follower of followers) follower.rolledBack()
  }

  /** All that was accepted since the last call, for one append; the caller makes it durable or gives the state up. */
  take(): readonly EntryChange[] {
    const changes: EntryChange[] = this.orphans.map((key) => ({ key, value: null }))
    for (const [entries, keys] of this.dirty) {
      for (const key of keys.keys()) {
        const value = entries.get(key)
        const bytes = value === undefined ? null : Buffer.from(stringifyJson(value))
        changes.push({ key: `${entries.step}/${key}`, value: bytes })
      }
    }
    this.orphans = []
    this.dirty = new Map()
    this.bytes = 0
    return changes
  }

  private mark(entries: StepEntries, key: string, weightBytes: number): void {
    let keys = this.dirty.get(entries)
    if (keys === undefined) this.dirty.set(entries, (keys = new Map()))
    const former = keys.get(key)
    if (former === undefined) this.bytes += entryOverheadBytes + entries.step.length + 3 * key.length
    if (former === undefined || weightBytes > former) {
      keys.set(key, weightBytes)
      this.bytes += weightBytes - (former ?? 0)
    }
  }
}

function decoded(key: string, bytes: Uint8Array): JsonValue {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  const value = parseJson(text, mostDepth)
  if (!(value instanceof ParseFailure)) return value
  throw pipelineErrors.make('state_unreadable', `what a transform remembered under ${key}: ${value.describe()}`, {
    details: { key },
  })
}
