import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance, suggest } from '../../config/suggestion.js'

describe('suggestions', () => {
  it.each([
    ['byts', 'bytes'],
    ['form', 'from'],
    ['INCLUDE', 'include'],
    ['deadleter', 'deadLetter'],
  ])('takes %s for %s', (word, meant) => {
    expect(suggest(word, ['to', 'from', 'bytes', 'include', 'deadLetter'])).toBe(meant)
  })

  it('keeps quiet when nothing is near', () => {
    expect(suggest('transforms', ['sources', 'sinks', 'topics'])).toBeUndefined()
  })

  it('measures distances that are symmetric and zero only for equal words', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 })
    fc.assert(
      fc.property(word, word, (left, right) => {
        const distance = editDistance(left, right)
        expect(distance).toBe(editDistance(right, left))
        expect(distance === 0).toBe(left === right)
        expect(distance).toBeLessThanOrEqual(Math.max(left.length, right.length))
      }),
    )
  })
})
