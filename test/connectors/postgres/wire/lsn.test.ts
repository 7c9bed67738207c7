import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeInt64 } from '../../../../core/bytes/big-endian.js'
import { formatLsn, parseLsn, readLsn } from '../../../../connectors/postgres/wire/lsn.js'

describe('WAL positions', () => {
  it('read back what they print', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (lsn) => {
        expect(parseLsn(formatLsn(lsn))).toBe(lsn)
        const bytes = Buffer.alloc(8)
        writeInt64(bytes, 0, lsn)
        expect(readLsn(bytes, 0)).toBe(lsn)
      }),
    )
  })

  it('print as the server does', () => {
    expect(formatLsn(0x16_b374d848)).toBe('16/B374D848')
    expect(formatLsn(0)).toBe('0/0')
    expect(parseLsn('16/b374d848')).toBe(0x16_b374d848)
  })

  it.each(['', '/', '16', '16/', '/1', '1/2/3', 'g/1', '-1/1', '123456789/1', '1/1 ', 'FFFFFFFF/FFFFFFFF'])(
    'refuse %j',
    (text) => {
      expect(() => parseLsn(text)).toThrow(expect.objectContaining({ code: 'postgres_protocol_violation' }))
    },
  )

  it('refuse bytes beyond 2^53 rather than round them', () => {
    expect(() => readLsn(Buffer.alloc(8, 0xff), 0)).toThrow(/beyond 2\^53/)
    expect(() => readLsn(Buffer.from('0020000000000000', 'hex'), 0)).toThrow(/beyond 2\^53/)
  })
})
