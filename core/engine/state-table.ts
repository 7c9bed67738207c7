// What connectors remember, in memory: the state of `__tailrace_state` as far as it is durable.
//
// An engine asks `records` what to append, appends, and hands every record that became durable to `apply`, in the order
// of its log; at start the same `apply` replays the topic. Keys are made of version, pipeline, connector and key
// (docs/formats/state-records.md); values are the connector's own bytes. Claims live in memory only: a data directory
// has one owner, so that whoever claimed before a restart is dead.

import { ByteReader } from '../bytes/byte-reader.js'
import { ByteWriter } from '../bytes/byte-writer.js'
import { engineErrors } from './errors.js'
import type { StateClaim, StateScope, StateUpdate } from './state-service.js'

/** A record for the compacted topic; a null value removes the key. */
export interface StateRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

const keyVersion = 1

/** What one key may take: room for the longest path of Linux (4096 bytes) with a prefix before it. */
const maxStateKeyBytes = 8 * 1024
/** What one value may take: half an append, so that a record batch always has room for it. */
const maxStateValueBytes = 4 * 1024 * 1024

interface ScopeEntries {
  readonly scope: StateScope
  generation: number
  readonly values: Map<string, Uint8Array>
}

export class StateTable {
  /** By encoded scope. A scope is there as long as it has values or was claimed. */
  private readonly scopes = new Map<string, ScopeEntries>()

  /**
   * Ends every earlier claim of the scope: from now on their `records` throw. The engine lets appends that were decided
   * before settle, then hands the claim out.
   */
  claim(scope: StateScope): StateClaim {
    const entries = this.entriesOf(scope)
    entries.generation++
    return { scope: entries.scope, generation: entries.generation }
  }

  /** What to append for the update. Errors: state_fenced; append_too_large for a key or value beyond its bound. */
  records(update: StateUpdate): StateRecord[] {
    this.check(update.claim)
    const { scope } = update.claim
    return update.changes.map(({ key, value }) => {
      const encoded = encodeStateKey(scope, key)
      if (value !== null) checkSize(value.length, maxStateValueBytes, `the value of ${key.slice(0, 80)}`, scope)
      return { key: encoded, value }
    })
  }

  /** state_fenced unless the claim is the latest of its scope. */
  check({ scope, generation }: StateClaim): void {
    const latest = this.scopes.get(scopeName(scope))?.generation ?? 0
    if (generation === latest) return
    throw engineErrors.make(
      'state_fenced',
      `claim ${generation} of ${scope.pipeline}.${scope.connector} ended: claim ${latest} owns its state`,
      { details: { ...scope, generation, latest } },
    )
  }

  /** Takes in one durable record; twice is fine. Copies the value. Errors: bytes_truncated, state_key_unknown. */
  apply(key: Uint8Array, value: Uint8Array | null): void {
    const decoded = decodeStateKey(key)
    const { values } = this.entriesOf(decoded.scope)
    if (value === null) values.delete(decoded.key)
    else values.set(decoded.key, Buffer.from(value))
  }

  get(scope: StateScope, key: string): Uint8Array | undefined {
    return this.scopes.get(scopeName(scope))?.values.get(key)
  }

  /** Sorted by key, in code units. */
  entries(scope: StateScope, prefix: string): (readonly [string, Uint8Array])[] {
    const values = this.scopes.get(scopeName(scope))?.values ?? new Map<string, Uint8Array>()
    return [...values].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** The scopes that hold at least one key. */
  listScopes(): StateScope[] {
    return [...this.scopes.values()].filter(({ values }) => values.size > 0).map(({ scope }) => scope)
  }

  private entriesOf(scope: StateScope): ScopeEntries {
    const name = scopeName(scope)
    let entries = this.scopes.get(name)
    if (entries === undefined) {
      const { pipeline, connector } = scope
      entries = { scope: { pipeline, connector }, generation: 0, values: new Map() }
      this.scopes.set(name, entries)
    }
    return entries
  }
}

/** Key of a state record: version int8, pipeline, connector and key, each as UTF-8 behind an int16 length. */
export function encodeStateKey(scope: StateScope, key: string): Buffer {
  const length = Buffer.byteLength(key)
  checkSize(length, maxStateKeyBytes, `the key ${key.slice(0, 80)}`, scope)
  return new ByteWriter(length + 64)
    .int8(keyVersion)
    .string16(scope.pipeline)
    .string16(scope.connector)
    .string16(key)
    .finish()
}

/** Reverses encodeStateKey. Errors: bytes_truncated, state_key_unknown for a version of a later release. */
export function decodeStateKey(bytes: Uint8Array): { readonly scope: StateScope; readonly key: string } {
  const reader = new ByteReader(bytes)
  const version = reader.int8()
  if (version !== keyVersion) {
    throw engineErrors.make(
      'state_key_unknown',
      `a state record has version ${version}, this release reads ${keyVersion}`,
    )
  }
  return { scope: { pipeline: reader.string16(), connector: reader.string16() }, key: reader.string16() }
}

/** A JSON array cannot mistake one pair of names for another. */
function scopeName({ pipeline, connector }: StateScope): string {
  return JSON.stringify([pipeline, connector])
}

function checkSize(bytes: number, most: number, what: string, scope: StateScope): void {
  if (bytes <= most) return
  throw engineErrors.make(
    'append_too_large',
    `${what} of ${scope.pipeline}.${scope.connector} takes ${bytes} bytes; ${most} are the most`,
    { details: { ...scope, bytes, most } },
  )
}
