import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fifo } from '../../../connectors/webhook/fifo.js'

describe('what waits in its order', () => {
  it('comes as an array would give it, however much comes and goes', () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: -3_000, max: -1 })))
    fc.assert(
      fc.property(steps, (counts) => {
        const fifo = new Fifo<{ readonly number: number }>()
        const expected: { readonly number: number }[] = []
        for (const count of counts) {
          for (let number = 0; number < count; number++) {
            expected.push({ number })
            fifo.push(expected.at(-1)!)
          }
          const taken = expected.splice(0, Math.max(0, -count))
          for (let number = 0; number < -count; number++) expect(fifo.shift()).toBe(taken[number])
          expect(fifo.length).toBe(expected.length)
        }
      }),
      { numRuns: 30 },
    )
  })
})
