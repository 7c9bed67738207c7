import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeStreamPoint,
  encodeStreamPoint,
  type StreamPoint,
} from '../../../../connectors/postgres/cdc/stream-point.js'
import { TransactionPosition } from '../../../../connectors/postgres/cdc/transaction-position.js'

const start: StreamPoint = { lsn: 100, transaction: undefined, messageLsn: 0 }

/** Transactions as the server sends them: LSN of the commit record, end, number of changes. */
interface Sent {
  readonly commitLsn: number
  readonly endLsn: number
  readonly changes: number
}

function history(sizes: readonly number[]): readonly Sent[] {
  let lsn = 100
  return sizes.map((changes) => {
    const commitLsn = lsn + 10 * changes
    lsn = commitLsn + 8
    return { commitLsn, endLsn: lsn, changes }
  })
}

/** Reads the history from a point; stops after `most` changes were taken. Gives what was taken and where it stands. */
function readFrom(point: StreamPoint, sent: readonly Sent[], most: number): { taken: string[]; point: StreamPoint } {
  const position = new TransactionPosition(point)
  const taken: string[] = []
  for (const { commitLsn, endLsn, changes } of sent) {
    position.begin(commitLsn)
    for (let number = 1; number <= changes; number++) {
      if (position.next() === 'pass over') continue
      if (taken.length === most) return { taken, point: position.pause(position.count - 1, 0) }
      taken.push(`${commitLsn}/${number}`)
    }
    position.commit(endLsn)
  }
  return { taken, point: position.point }
}

describe('the position in the stream', () => {
  it('goes on with the very change that a crash cut off, however often', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 10 })
    const cuts = fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 20 })
    fc.assert(
      fc.property(sizes, cuts, (counts, stops) => {
        const sent = history(counts)
        const whole = readFrom(start, sent, Infinity)
        let { point } = { point: start }
        const pieces: string[] = []
        for (const most of [...stops, Infinity]) {
          const piece = readFrom(decodeStreamPoint(encodeStreamPoint(point)), sent, most)
          pieces.push(...piece.taken)
          point = piece.point
        }
        expect(pieces).toEqual(whole.taken)
        expect(point).toEqual(whole.point)
      }),
    )
  })

  it('moves on within a change that is cut a second time', () => {
    const position = new TransactionPosition({ ...start, transaction: { commitLsn: 150, changes: 0, records: 1 } })
    position.begin(150)
    position.next()
    expect(position.pause(0, 0).transaction?.records).toBe(1)
    expect(position.pause(0, 2).transaction).toEqual({ commitLsn: 150, changes: 0, records: 2 })
  })

  it('counts records of the change that was cut in the middle', () => {
    const position = new TransactionPosition({ ...start, transaction: { commitLsn: 150, changes: 2, records: 1 } })
    position.begin(150)
    expect([position.next(), position.recordsDone]).toEqual(['pass over', 0])
    expect([position.next(), position.recordsDone]).toEqual(['pass over', 0])
    expect([position.next(), position.recordsDone]).toEqual(['take', 1])
    expect([position.next(), position.recordsDone]).toEqual(['take', 0])
  })

  it('refuses a stream in which the transaction that was cut does not come again', () => {
    const position = new TransactionPosition({ ...start, transaction: { commitLsn: 150, changes: 2, records: 0 } })
    expect(() => position.begin(160)).toThrow(/0\/96.*0\/A0/)
  })

  it('moves with the server only while nothing is open', () => {
    const position = new TransactionPosition(start)
    position.moveTo(120)
    expect(position.point.lsn).toBe(120)
    position.begin(150)
    position.moveTo(500)
    expect(position.point.lsn).toBe(120)
    position.commit(158)
    position.moveTo(130)
    expect(position.point.lsn).toBe(158)
  })

  it.each([[null], [{}], [{ lsn: 'x' }], [{ lsn: '0/0', transaction: { commit: '0/1', changes: -1, records: 0 } }]])(
    'refuses the resume point %j',
    (point) => {
      expect(() => decodeStreamPoint(point)).toThrow()
    },
  )
})
