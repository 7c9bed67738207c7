// An engine's side of the transaction coordinator in memory: appends that are taken at once, held, or refused.

import { engineErrors } from '../../../core/engine/errors.js'
import type { OffsetsCommit } from '../../../core/engine/group-service.js'
import type { PartitionId } from '../../../core/engine/log-engine.js'
import type { ProducerIdentity } from '../../../core/engine/producer-service.js'
import type { TransactionCoordinator } from '../../../core/transactions/transaction-coordinator.js'
import type { TransactionEnd, TransactionPort, TransactionRecord } from '../../../core/transactions/transaction-port.js'

/** What one append kept. */
export interface KeptAppend {
  readonly records: readonly TransactionRecord[]
  readonly end: TransactionEnd | undefined
}

interface PendingAppend extends KeptAppend {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export const lastEpoch = 32_767

/** The UUID of the topic that was made as the n-th. */
export function topicId(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}

export class FakePort implements TransactionPort {
  /** Who takes in what was kept; undefined once its process is dead. */
  coordinator: TransactionCoordinator | undefined
  readonly kept: KeptAppend[]
  /** Appends wait for `flush` instead of being taken at once. */
  isSlow = false
  isFull = false
  /** Topics by name, with their ids; each has the partitions below 20,000. */
  readonly topics = new Map([
    ['t', topicId(1)],
    ['u', topicId(2)],
  ])
  /** Why group members may not commit at the moment. */
  commitRefusal: Error | undefined
  nextProducerId: number
  #pending: PendingAppend[] = []

  /** On what another port kept, as after a restart. */
  constructor(before?: FakePort) {
    this.kept = [...(before?.kept ?? [])]
    this.nextProducerId = before?.nextProducerId ?? 1000
    for (const [name, id] of before?.topics ?? []) this.topics.set(name, id)
  }

  get records(): readonly TransactionRecord[] {
    return this.kept.flatMap(({ records }) => records)
  }

  get ends(): readonly TransactionEnd[] {
    return this.kept.flatMap(({ end }) => (end === undefined ? [] : [end]))
  }

  get pendingAppends(): number {
    return this.#pending.length
  }

  append(records: readonly TransactionRecord[], end?: TransactionEnd): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ records, end, resolve, reject })
      if (!this.isSlow) this.flush()
    })
  }

  /** Takes or refuses what waits, the oldest first, up to so many. */
  flush(most = Infinity): void {
    for (let taken = 0; taken < most && this.#pending.length > 0; taken++) {
      const { records, end, resolve, reject } = this.#pending.shift()!
      if (this.isFull) {
        reject(engineErrors.make('log_disk_full', 'the disk has 0 bytes left'))
        continue
      }
      this.kept.push({ records, end })
      this.coordinator?.apply(records)
      resolve()
    }
  }

  topicIdOf({ topic, partition }: PartitionId): string | undefined {
    return partition < 20_000 ? this.topics.get(topic) : undefined
  }

  async allocate(): Promise<ProducerIdentity> {
    return { producerId: this.nextProducerId++, epoch: 0 }
  }

  async bump({ producerId, epoch }: ProducerIdentity): Promise<ProducerIdentity> {
    return epoch < lastEpoch ? { producerId, epoch: epoch + 1 } : this.allocate()
  }

  checkCommit(_commit: OffsetsCommit): void {
    if (this.commitRefusal !== undefined) throw this.commitRefusal
  }
}
