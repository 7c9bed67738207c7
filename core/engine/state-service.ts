// What connectors must remember, in the log itself (`__tailrace_state`), so that it can be part of an atomic append.

/** Whose state: one connector of one pipeline. */
export interface StateScope {
  readonly pipeline: string
  readonly connector: string
}

export interface StateChange {
  readonly key: string
  /** null removes the key. */
  readonly value: Uint8Array | null
}

/** Changes under a claim; refused with `state_fenced` when a later claim of the same scope exists. */
export interface StateUpdate {
  readonly claim: StateClaim
  readonly changes: readonly StateChange[]
}

/** The right to write one scope. A later claim of the same scope ends it. */
export interface StateClaim {
  readonly scope: StateScope
  readonly generation: number
}

export interface StateService {
  /** Ends every earlier claim of the scope. Appends of an earlier claim that are under way settle first. */
  claim(scope: StateScope): Promise<StateClaim>
  /** The durable value; left alone by the caller. */
  get(scope: StateScope, key: string): Uint8Array | undefined
  /** Durable entries whose key starts with `prefix`, in the order of their keys. */
  entries(scope: StateScope, prefix: string): readonly (readonly [string, Uint8Array])[]
  /** Resolves when fsynced. */
  put(update: StateUpdate): Promise<void>
  /** Scopes that hold at least one key. */
  scopes(): readonly StateScope[]
}
