import { describe, expect, test } from 'vitest'
import { type TransactionRequest, transactionTable } from '../../../core/transactions/transaction-state.js'
import type { TransactionState } from '../../../core/engine/transaction-service.js'

const states = Object.keys(transactionTable) as TransactionState[]
const requests = Object.keys(transactionTable.empty) as TransactionRequest[]
const cells = states.flatMap((state) =>
  requests.map((request) => ({ state, request, ...transactionTable[state][request] })),
)

/** The laws that core/transactions/SPEC.md states of the table. */
describe('the table of transaction states', () => {
  test('has a cell for every request in every state', () => {
    for (const state of states) expect(Object.keys(transactionTable[state]).sort()).toEqual([...requests].sort())
    expect(cells).toHaveLength(5 * 8)
  })

  test('changes nothing where it does nothing', () => {
    for (const { state, request, to, answer } of cells) {
      if (answer !== 'ok' && answer !== 'ends') expect({ state, request, to }).toEqual({ state, request, to: state })
    }
  })

  test('ends an open transaction with every change that leaves it, and nothing else', () => {
    for (const { state, request, to, answer } of cells) {
      const leaves = state === 'ongoing' && to !== 'ongoing'
      expect({ state, request, ends: answer === 'ends' }).toEqual({ state, request, ends: leaves })
    }
  })

  test('takes batches and offsets while a transaction is open alone', () => {
    const taken = cells.filter(
      ({ request, answer }) => ['batch', 'commit-offsets'].includes(request) && answer === 'ok',
    )
    expect(taken.map(({ state, request }) => [state, request])).toEqual([
      ['ongoing', 'commit-offsets'],
      ['ongoing', 'batch'],
    ])
  })

  test('repeats the outcome that a transaction had, and no other', () => {
    const repeated = cells.filter(({ answer }) => answer === 'repeated').map(({ state, request }) => [state, request])
    expect(repeated).toEqual([
      ['committed', 'commit'],
      ['aborted', 'abort'],
    ])
  })

  test('lets everything but a batch wait for an end that is on its way', () => {
    for (const { state, request, answer } of cells)
      if (state === 'ending') expect(answer).toBe(request === 'batch' ? 'invalid_transaction_state' : 'waits')
      else expect(answer).not.toBe('waits')
  })

  test('never forgets an id while its transaction is open', () => {
    const forgets = cells.filter(({ to }) => to === 'forgotten').map(({ state, request }) => [state, request])
    expect(forgets).toEqual([
      ['empty', 'expiry'],
      ['committed', 'expiry'],
      ['aborted', 'expiry'],
    ])
  })
})
