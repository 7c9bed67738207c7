// The state of steps for tests: units that are accepted, and what would be there after a start.

import { type EntryChange, StepState } from '../../../../../core/pipeline/steps/stateful/step-state.js'

export class StoredState {
  private readonly stored = new Map<string, Uint8Array>()

  /** As a new run finds it. */
  open(...steps: string[]): StepState {
    return new StepState(steps, this.stored)
  }

  /** What an append made durable. */
  append(changes: readonly EntryChange[]): void {
    for (const { key, value } of changes) {
      if (value === null) this.stored.delete(key)
      else this.stored.set(key, value)
    }
  }

  get keys(): readonly string[] {
    return [...this.stored.keys()].sort()
  }
}
