// Takes the batches of a turn into the transactions of their partitions, and takes them back when the turn comes to
// nothing. Used by every engine, beside the judgement of sequences (producer-turn.ts).

import { isControl, isTransactional, producerEpochOf, producerIdOf } from './batch-layout.js'
import { outcomeOf } from './control-batch.js'
import type { OpenTransaction, PartitionTransactions, TransactionPlace } from './partition-transactions.js'

interface TransactionStep {
  readonly transactions: PartitionTransactions
  readonly open: OpenTransaction
  readonly kind: 'began' | 'committed' | 'aborted'
}

/** What the batch, which got this place, does to the transactions of its partition: undefined where it does nothing. */
export function takeIn(
  transactions: PartitionTransactions,
  batch: { readonly bytes: Uint8Array; readonly at: number },
  place: TransactionPlace,
): Pick<TransactionStep, 'open' | 'kind'> | undefined {
  const { bytes, at } = batch
  if (!isTransactional(bytes, at)) return undefined
  const producerId = producerIdOf(bytes, at)
  const known = transactions.openOf(producerId)
  if (!isControl(bytes, at)) {
    if (known !== undefined) return undefined
    return { open: transactions.begin(producerId, producerEpochOf(bytes, at), place), kind: 'began' }
  }
  const outcome = outcomeOf(bytes, at)
  if (known === undefined || outcome === undefined) return undefined
  transactions.remove(known)
  if (outcome === 'commit') return { open: known, kind: 'committed' }
  transactions.noteAborted(known, place.firstOffset)
  return { open: known, kind: 'aborted' }
}

export class TransactionTurn {
  readonly #steps: TransactionStep[] = []

  /** The batch got this place. */
  take(transactions: PartitionTransactions, batch: Uint8Array, place: TransactionPlace): void {
    const step = takeIn(transactions, { bytes: batch, at: 0 }, place)
    if (step !== undefined) this.#steps.push({ transactions, ...step })
  }

  takeBack(): void {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const { transactions, open, kind } = step
      if (kind === 'aborted') transactions.unnoteAborted()
      if (kind === 'began') transactions.remove(open)
      else transactions.restore(open)
    }
  }
}
