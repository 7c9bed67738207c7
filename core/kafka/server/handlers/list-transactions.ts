// ListTransactions: the transactional ids, all or those in some states, of some producers, or with a transaction that is
// open for longer than a time.

import { errorCodes } from '../../protocol/error-codes.js'
import type { ListTransactionsRequest } from '../../protocol/generated/list-transactions-request.js'
import type { ListTransactionsResponse } from '../../protocol/generated/list-transactions-response.js'
import type { RequestContext } from '../request-context.js'
import { kafkaState, kafkaStates } from '../transaction-states.js'

export function listTransactions(
  { stateFilters, producerIdFilters, durationFilter }: ListTransactionsRequest,
  { engine, clock }: RequestContext,
): ListTransactionsResponse {
  const states = new Set(stateFilters)
  const producerIds = new Set(producerIdFilters)
  const startedBeforeMs = clock.now() - durationFilter
  const transactionStates = engine.transactions
    .list()
    .filter(({ state, producerId, startedAtMs }) => {
      if (states.size > 0 && !states.has(kafkaState(state))) return false
      if (producerIds.size > 0 && !producerIds.has(producerId)) return false
      return durationFilter < 0 || (startedAtMs !== -1 && startedAtMs < startedBeforeMs)
    })
    .map(({ transactionalId, producerId, state }) => {
      return { transactionalId, producerId, transactionState: kafkaState(state) }
    })
  const unknownStateFilters = [...states].filter((state) => !kafkaStates.has(state))
  return { throttleTimeMs: 0, errorCode: errorCodes.NONE, unknownStateFilters, transactionStates }
}
