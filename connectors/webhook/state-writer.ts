// Changes of the state, together: what is asked for in one turn, or while a put is under way, becomes one put. An endpoint
// that goes down with a thousand lanes costs a few puts rather than a thousand.

import type { Json } from '../../core/connector/context.js'

/** Of one put; in base64 it has to be well below the 8 MiB that the log takes at once. */
export const mostPutBytes = 4 * 1024 * 1024

export type StateChanges = ReadonlyMap<string, Json | undefined>

/** Changes of one put that was not begun. */
interface Group {
  readonly changes: Map<string, Json | undefined>
  readonly done: Promise<void>
  readonly settle: (put: Promise<void>) => void
  bytes: number
}

export class StateWriter {
  private readonly write: (changes: StateChanges) => Promise<void>
  private readonly groups: Group[] = []
  private isWriting = false

  /** `write` is called for one put after the other, and never twice at the same time. */
  constructor(write: (changes: StateChanges) => Promise<void>) {
    this.write = write
  }

  /** Durable when it resolves; `bytes` is about what the changes take. Errors: those of the put that they went with. */
  put(changes: StateChanges, bytes: number): Promise<void> {
    let group = this.groups.at(-1)
    if (group === undefined || group.bytes + bytes > mostPutBytes) {
      group = newGroup()
      this.groups.push(group)
    }
    group.bytes += bytes
    for (const [key, value] of changes) group.changes.set(key, value)
    if (!this.isWriting) void this.writeAll()
    return group.done
  }

  private async writeAll(): Promise<void> {
    this.isWriting = true
    // Whatever else is asked for in this turn goes along.
    await Promise.resolve()
    for (let group = this.groups.shift(); group !== undefined; group = this.groups.shift()) {
      group.settle(this.write(group.changes))
      // Whoever asked has the error.
      await group.done.catch(() => undefined)
    }
    this.isWriting = false
  }
}

function newGroup(): Group {
  let settle: (put: Promise<void>) => void = () => undefined
  const done = new Promise<void>((resolve) => {
    settle = resolve
  })
  return { changes: new Map(), done, settle, bytes: 0 }
}
