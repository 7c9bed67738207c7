// What the coordinator holds of one transactional id: what is durable of it, and beside that what may be lost with the
// process.

import type { Deadline } from '../coordination/deadline-queue.js'
import { OperationQueue } from '../coordination/operation-queue.js'
import type { TransactionState } from '../engine/transaction-service.js'
import type { PendingOffsets, TransactionMetadata } from './transaction.js'

export class TransactionEntry {
  readonly transactionalId: string
  /** Undefined while the id is only being made. Changed by durable records alone. */
  metadata: TransactionMetadata | undefined = undefined
  /** By group; there are some while a transaction is open alone. Changed by durable records alone. */
  readonly pending = new Map<string, PendingOffsets>()
  /** The append that ends the transaction is on its way. */
  isEnding = false
  /** On the monotonic clock: when the open transaction began, or the process did; undefined without one. */
  openSinceMs: number | undefined = undefined
  /** Its abort for lack of time failed, and was logged. */
  isOverdue = false
  /** When the open transaction is out of time. */
  readonly due: Deadline
  /** On the id, one after the other. */
  readonly operations = new OperationQueue()

  constructor(transactionalId: string, due: Deadline) {
    this.transactionalId = transactionalId
    this.due = due
  }

  /** Undefined while the id is only being made. */
  get state(): TransactionState | undefined {
    return this.isEnding ? 'ending' : this.metadata?.state
  }

  /** Nothing is there, and nobody waits: the entry can be let go. */
  get isVacant(): boolean {
    return this.metadata === undefined && this.pending.size === 0 && this.operations.isIdle
  }
}
