// Where deliveries wait for their next attempt when it is not the log's own state: from then on they are no business of
// the dispatcher, and come back one by one through `Dispatcher.attempt`.

import type { TailraceError } from '../../core/errors/tailrace-error.js'
import type { Delivery } from './delivery.js'

export interface Parking {
  /** Durable when it resolves. Errors: as its server has them; `timed` ones are tried again. */
  park(deliveries: readonly Delivery[]): Promise<void>
}

/** What one attempt of a delivery comes to. */
export type Verdict =
  | { readonly kind: 'taken' }
  /** Another attempt, or the first when none was made as its endpoint has no room; wall clock. */
  | { readonly kind: 'again'; readonly atMs: number }
  /** No more attempts: the error of its dead letter. */
  | { readonly kind: 'dead'; readonly error: TailraceError }
