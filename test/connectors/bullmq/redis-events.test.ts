import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settle } from '../../../connectors/bullmq/redis-events.js'

type Entry = readonly [id: string, fields: readonly string[]]

/** A stream that ever had the entries 1 to `addedCount`, of which those behind `removedCount` are there. */
function streamOf(addedCount: number, removedCount: number, from: string) {
  const first = Number(from.split('-')[0])
  const entries: Entry[] = []
  for (let number = Math.max(removedCount + 1, first); number <= addedCount; number++) entries.push([`${number}-0`, []])
  return { addedCount, length: addedCount - removedCount, lastId: `${addedCount}-0`, entries }
}

const place = (number: number) => ({ id: `${number}-0`, number })

describe('a place in a stream of Redis', () => {
  it('goes on without a loss exactly as long as nothing behind it was trimmed, and else counts what was', () => {
    const numbers = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.nat(60), fc.nat(50))
    fc.assert(
      fc.property(numbers, ([readCount, more, trimmed]) => {
        const addedCount = readCount + more
        const removedCount = Math.min(trimmed, addedCount)
        const { at, unread, loss } = settle(place(readCount), streamOf(addedCount, removedCount, `${readCount}-0`))
        const goneCount = Math.max(0, removedCount - readCount)
        expect(loss?.eventCount).toBe(goneCount === 0 ? undefined : goneCount)
        expect(loss?.kind).toBe(goneCount === 0 ? undefined : 'gone')
        expect(unread.map(([id]) => id)).toEqual(
          Array.from({ length: more - goneCount }, (_, index) => `${readCount + goneCount + index + 1}-0`),
        )
        expect(at.number + unread.length).toBe(addedCount)
      }),
    )
  })

  it('tells of entries that may be gone when the server does not count, and only then', () => {
    const uncounted = (removedCount: number) => ({ ...streamOf(9, removedCount, '4-0'), addedCount: undefined })
    expect(settle(place(4), uncounted(3)).loss).toBeUndefined()
    expect(settle(place(4), uncounted(6)).loss).toEqual({
      kind: 'gone',
      behindEvent: '4-0',
      nextEvent: '7-0',
      eventCount: undefined,
    })
  })

  it('goes back to the end of a stream that has forgotten what was read, so that nothing new is passed over', () => {
    const { at, unread, loss } = settle(place(9), streamOf(6, 0, '9-0'))
    expect([at, unread, loss?.kind]).toEqual([{ id: '6-0', number: 6 }, [], 'put-back'])
  })

  it('reads all of a stream that was made anew, and says so', () => {
    const made = { addedCount: 2, length: 2, lastId: '21-0', entries: [['20-0', []] as Entry, ['21-0', []] as Entry] }
    const { unread, loss } = settle(place(9), made)
    expect([unread.length, loss?.kind, loss?.nextEvent]).toEqual([2, 'put-back', '20-0'])
    const removed = { addedCount: 0, length: 0, lastId: '0-0', entries: [] }
    expect(settle(place(9), removed).at).toEqual({ id: '0-0', number: 0 })
  })

  it('counts what is trimmed before the first event was read', () => {
    const { loss } = settle({ id: '0-0', number: 2 }, streamOf(9, 5, '0-0'))
    expect(loss).toMatchObject({ kind: 'gone', eventCount: 3, nextEvent: '6-0' })
  })
})
