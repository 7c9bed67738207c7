// States of transactions in Kafka's words.

import type { TransactionState } from '../../engine/transaction-service.js'

/** One whose end is on its way to the disk is ongoing for everybody else: there is no prepared state to go on from. */
const words: Readonly<Record<TransactionState, string>> = {
  empty: 'Empty',
  ongoing: 'Ongoing',
  ending: 'Ongoing',
  committed: 'CompleteCommit',
  aborted: 'CompleteAbort',
}

/** All that Kafka has; a filter by one that never occurs here lets nothing through. */
export const kafkaStates: ReadonlySet<string> = new Set([
  ...Object.values(words),
  'PrepareCommit',
  'PrepareAbort',
  'PrepareEpochFence',
  'Dead',
])

export function kafkaState(state: TransactionState): string {
  return words[state]
}
