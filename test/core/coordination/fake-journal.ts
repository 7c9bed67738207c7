// A journal in memory that keeps its order, and can be slow or fail: what the coordinator must live with.

import type { Coordinator } from '../../../core/coordination/coordinator.js'
import type { CoordinationRecord, JournalPort } from '../../../core/coordination/journal-port.js'
import { engineErrors } from '../../../core/engine/errors.js'

interface PendingAppend {
  readonly records: readonly CoordinationRecord[]
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

export class FakeJournal implements JournalPort {
  /** What is durable, in its order. */
  readonly records: CoordinationRecord[]
  coordinator: Coordinator | undefined
  /** Appends wait for `flush` instead of being taken at once. */
  isSlow = false
  isFull = false
  private pending: PendingAppend[] = []

  constructor(records: readonly CoordinationRecord[] = []) {
    this.records = [...records]
  }

  append(records: readonly CoordinationRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.pending.push({ records, resolve, reject })
      if (!this.isSlow) this.flush()
    })
  }

  exists({ topic, partition }: { topic: string; partition: number }): boolean {
    return topic === 't' && partition < 4
  }

  get pendingAppends(): number {
    return this.pending.length
  }

  /** Takes or refuses what waits, the oldest first, up to so many. */
  flush(most = Infinity): void {
    for (let taken = 0; taken < most && this.pending.length > 0; taken++) {
      const { records, resolve, reject } = this.pending.shift()!
      if (this.isFull) {
        reject(engineErrors.make('log_disk_full', 'the disk has 0 bytes left'))
        continue
      }
      this.records.push(...records)
      this.coordinator?.apply(records)
      resolve()
    }
  }
}
