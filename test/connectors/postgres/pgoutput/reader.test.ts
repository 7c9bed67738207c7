import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type MessageKind, PgoutputReader } from '../../../../connectors/postgres/pgoutput/reader.js'
import { TailraceError } from '../../../../core/errors/tailrace-error.js'
import { encode, heard, type Message, rowOf, stream } from './messages.js'

const violation = expect.objectContaining({ code: 'postgres_protocol_violation' })

function read(reader: PgoutputReader, bytes: Buffer): MessageKind {
  return reader.read(bytes, 0, bytes.length)
}

/** Reads; true when it was refused as it should be. Anything else that is thrown fails the test. */
function isRefused(reader: PgoutputReader, bytes: Buffer): boolean {
  try {
    read(reader, bytes)
    return false
  } catch (error) {
    expect(error).toBeInstanceOf(TailraceError)
    expect((error as TailraceError).code).toBe('postgres_protocol_violation')
    return true
  }
}

describe('messages of pgoutput', () => {
  it('are read as they were written, in and outside of streams', () => {
    fc.assert(
      fc.property(stream, fc.nat({ max: 9 }), (messages, margin) => {
        const reader = new PgoutputReader()
        for (const message of messages) {
          const { inStream } = reader
          const bytes = encode(message)
          const framed = Buffer.concat([Buffer.alloc(margin, 'x'), bytes, Buffer.alloc(margin, 'y')])
          const kind = reader.read(framed, margin, margin + bytes.length)
          expect(heard(reader, kind, inStream)).toEqual(message)
        }
        expect(reader.inStream).toBe(false)
      }),
    )
  })

  it('that were set aside are read again with their transaction', () => {
    const message: Message = { kind: 'insert', oid: 7, row: [{ text: 'x' }, null], xid: 4_000_000_000 }
    const bytes = encode(message)
    const reader = new PgoutputReader()
    const kind = reader.readStreamed(bytes, 0, bytes.length)
    expect(heard(reader, kind, true)).toEqual(message)
    expect(reader.inStream).toBe(false)
  })

  it('name the stream that an origin belongs to', () => {
    const reader = new PgoutputReader()
    read(reader, encode({ kind: 'stream-start', xid: 9, isFirst: true }))
    read(reader, encode({ kind: 'insert', oid: 1, row: [], xid: 10 }))
    read(reader, encode({ kind: 'origin', lsn: 1, name: 'there' }))
    expect(reader.xid).toBe(9)
  })

  it('give one row to the old and one to the new values', () => {
    const reader = new PgoutputReader()
    read(
      reader,
      encode({ kind: 'update', oid: 1, old: [{ text: '1' }, null], oldKind: 'key', row: [{ text: '2' }, 'unchanged'] }),
    )
    expect(rowOf(reader.oldTuple)).toEqual([{ text: '1' }, null])
    expect(rowOf(reader.newTuple)).toEqual([{ text: '2' }, 'unchanged'])
    read(reader, encode({ kind: 'update', oid: 1, row: [null] }))
    expect(reader.oldKind).toBeUndefined()
  })

  it('hold rows of as many columns as a table can have', () => {
    const row = Array.from({ length: 1600 }, (_, column) => ({ text: String(column) }))
    const reader = new PgoutputReader()
    read(reader, encode({ kind: 'insert', oid: 1, row }))
    expect(rowOf(reader.newTuple)).toEqual(row)
    read(reader, encode({ kind: 'insert', oid: 1, row: row.slice(0, 2) }))
    expect(rowOf(reader.newTuple)).toEqual(row.slice(0, 2))
  })
})

describe('messages that are not as the protocol says', () => {
  it('are refused wherever they are cut, and when something is left over', () => {
    fc.assert(
      fc.property(stream, (messages) => {
        const reader = new PgoutputReader()
        for (const message of messages) {
          const bytes = encode(message)
          const { inStream } = reader
          for (let end = 0; end < bytes.length; end++) {
            const probe = new PgoutputReader()
            probe.inStream = inStream
            expect(isRefused(probe, bytes.subarray(0, end)), `${message.kind} cut at ${end}`).toBe(true)
          }
          const probe = new PgoutputReader()
          probe.inStream = inStream
          expect(isRefused(probe, Buffer.concat([bytes, Buffer.alloc(1)]))).toBe(true)
          read(reader, bytes)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('end in nothing but a violation, however their bytes are changed', () => {
    const change = fc.record({ at: fc.nat(), to: fc.nat({ max: 255 }) })
    fc.assert(
      fc.property(
        stream,
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (messages, changes, inStream) => {
          const reader = new PgoutputReader()
          for (const message of messages) {
            const bytes = encode(message)
            for (const { at, to } of changes) bytes[at % bytes.length] = to
            reader.inStream = inStream
            isRefused(reader, bytes)
            expect(reader.newTuple.kinds.length).toBeLessThan(4096)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('end in nothing but a violation when they are noise behind a known tag', () => {
    const tags = [...Buffer.from('BCORYIUDTMSEcA')]
    fc.assert(
      fc.property(fc.constantFrom(...tags), fc.uint8Array({ maxLength: 200 }), fc.boolean(), (tag, noise, inStream) => {
        const reader = new PgoutputReader()
        reader.inStream = inStream
        isRefused(reader, Buffer.from([tag, ...noise]))
      }),
      { numRuns: 3000 },
    )
  })

  it.each([
    ['an unknown tag', Buffer.from('Z')],
    ['no tag', Buffer.alloc(0)],
    ['a row of -1 columns', Buffer.from('49000000014effff', 'hex')],
    ['more columns than bytes', Buffer.from('49000000014e06406e6e', 'hex')],
    [
      'more columns than a table can have',
      Buffer.concat([Buffer.from('49000000014e0700', 'hex'), Buffer.alloc(1792, 'n')]),
    ],
    ['a column of an unknown kind', Buffer.from('49000000014e000178', 'hex')],
    ['a value of -2 bytes', Buffer.from('49000000014e000174fffffffe', 'hex')],
    ['a value of 2 GiB', Buffer.from('49000000014e0001747fffffff', 'hex')],
    ['a delete without its row', Buffer.from('44000000014e0000', 'hex')],
    ['a million truncated relations', Buffer.from('54000f424000', 'hex')],
    ['a name without an end', Buffer.from('5200000001707562', 'hex')],
    ['a stop without a start', Buffer.from('45', 'hex')],
  ])('are refused: %s', (_, bytes) => {
    expect(() => read(new PgoutputReader(), bytes)).toThrow(violation)
  })

  it.each(['begin', 'commit', 'stream-start', 'stream-commit', 'stream-abort'] as const)(
    'are refused: %s inside of a stream',
    (kind) => {
      const reader = new PgoutputReader()
      read(reader, encode({ kind: 'stream-start', xid: 1, isFirst: true }))
      const message = { kind, lsn: 1, endLsn: 2, timeMs: 0, xid: 1, subxid: 1, isFirst: false } as Message
      expect(() => read(reader, encode(message))).toThrow(/inside of a stream/)
    },
  )

  it('say where they went wrong', () => {
    const bytes = Buffer.from('49000000014e000178', 'hex')
    expect(() => read(new PgoutputReader(), bytes)).toThrow(
      expect.objectContaining({ details: { tag: 'I', length: 9, position: 9 } }),
    )
  })
})
