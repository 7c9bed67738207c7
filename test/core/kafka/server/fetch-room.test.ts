import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteBudget } from '../../../../core/kafka/server/byte-budget.js'
import { FetchRoom } from '../../../../core/kafka/server/fetch-room.js'

const capacityBytes = 1000
const overdraftBytes = 100

function reserved(budget: ByteBudget, thereBytes: number, batchBytes = 20) {
  const room = new FetchRoom(budget)
  const bytes = room.reserve({ thereBytes, largestBytes: 500, batchBytes })
  return { room, bytes }
}

describe('the room of a fetch', () => {
  it('is what is there, or what the client takes, but leaves most of the room to others', () => {
    const budget = new ByteBudget(capacityBytes, overdraftBytes)
    expect(reserved(budget, 0).bytes).toBe(0)
    expect(reserved(budget, 7).bytes).toBe(7)
    expect(reserved(new ByteBudget(100_000), Infinity).bytes).toBe(500)
    expect(budget.heldBytes).toBe(7)
    expect(reserved(budget, 5000).bytes).toBe(248)
    expect(reserved(budget, 5000).bytes).toBe(186)
  })

  it('is one batch when requests have taken all, and comes back', () => {
    const budget = new ByteBudget(capacityBytes, overdraftBytes)
    expect(budget.take({}, capacityBytes, () => undefined)).toBe(true)
    const taken = Array.from({ length: 5 }, () => reserved(budget, 5000))
    expect(taken.map(({ bytes }) => bytes)).toEqual([20, 20, 20, 20, 20])
    const refused = reserved(budget, 5000)
    expect(refused).toMatchObject({ bytes: 0, room: { isRefused: true } })
    expect(reserved(budget, 0).room.isRefused).toBe(false)
    refused.room.giveBack()
    taken[0]!.room.giveBack()
    taken[0]!.room.giveBack()
    expect(budget.heldBytes).toBe(capacityBytes + 80)
    expect(reserved(budget, 5000).bytes).toBe(20)
  })

  it('is never more than there is, however many do not read', () => {
    const needs = fc.array(fc.record({ thereBytes: fc.nat(3000), largestBytes: fc.nat(3000), batchBytes: fc.nat(60) }))
    fc.assert(
      fc.property(needs, (all) => {
        const budget = new ByteBudget(capacityBytes, overdraftBytes)
        for (const need of all) {
          const bytes = new FetchRoom(budget).reserve(need)
          expect(bytes).toBeLessThanOrEqual(Math.max(need.largestBytes, need.batchBytes))
          expect(budget.heldBytes).toBeLessThanOrEqual(capacityBytes + overdraftBytes)
        }
      }),
    )
  })
})
