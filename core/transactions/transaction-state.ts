// The states of a transactional id and what each request does in each of them: the one place that says so.
//
// Total by type: a state or a request without its cell does not compile. SPEC.md tells the table in words;
// test/core/transactions/transaction-state.test.ts holds its laws, transaction-coordinator.test.ts walks every cell.

import type { TransactionState } from '../engine/transaction-service.js'

export type TransactionRequest =
  | 'initialize'
  /** Partitions or a group. */
  | 'name'
  | 'commit-offsets'
  | 'commit'
  | 'abort'
  /** A batch whose turn to be appended came. */
  | 'batch'
  | 'time-out'
  /** It was not used for a week. */
  | 'expiry'

/**
 * What becomes of it. `ok`: it is done. `ends`: as well, and the open transaction ends in the same append. `repeated`: it
 * was done before. `waits`: its turn comes once the end is durable, or failed. `nothing`: it came too late, or never
 * comes. An error's code otherwise.
 */
export type TransactionAnswer = 'ok' | 'ends' | 'repeated' | 'waits' | 'nothing' | 'invalid_transaction_state'

export interface TransactionTransition {
  readonly to: TransactionState | 'forgotten'
  readonly answer: TransactionAnswer
}

type TransactionTable = {
  readonly [State in TransactionState]: { readonly [Request in TransactionRequest]: TransactionTransition }
}

const to = (state: TransactionTransition['to'], answer: TransactionAnswer): TransactionTransition => {
  return { to: state, answer }
}

/** Nothing is open, and nothing on its way. */
const closed = (stay: TransactionState) =>
  ({
    initialize: to('empty', 'ok'),
    name: to('ongoing', 'ok'),
    'commit-offsets': to(stay, 'invalid_transaction_state'),
    commit: to(stay, 'invalid_transaction_state'),
    abort: to(stay, 'invalid_transaction_state'),
    batch: to(stay, 'invalid_transaction_state'),
    'time-out': to(stay, 'nothing'),
    expiry: to('forgotten', 'ok'),
  }) as const

export const transactionTable: TransactionTable = {
  empty: closed('empty'),
  ongoing: {
    initialize: to('empty', 'ends'),
    name: to('ongoing', 'ok'),
    'commit-offsets': to('ongoing', 'ok'),
    commit: to('committed', 'ends'),
    abort: to('aborted', 'ends'),
    batch: to('ongoing', 'ok'),
    'time-out': to('aborted', 'ends'),
    expiry: to('ongoing', 'nothing'),
  },
  // In memory alone. A batch has its turn in the log's own order, and cannot wait.
  ending: {
    initialize: to('ending', 'waits'),
    name: to('ending', 'waits'),
    'commit-offsets': to('ending', 'waits'),
    commit: to('ending', 'waits'),
    abort: to('ending', 'waits'),
    batch: to('ending', 'invalid_transaction_state'),
    'time-out': to('ending', 'waits'),
    expiry: to('ending', 'waits'),
  },
  committed: { ...closed('committed'), commit: to('committed', 'repeated') },
  aborted: { ...closed('aborted'), abort: to('aborted', 'repeated') },
}
