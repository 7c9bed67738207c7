import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { queryFrame, readDataRow, readErrorFields } from '../../../../connectors/postgres/wire/server-messages.js'

function rowOf(values: readonly (string | null)[]): Buffer {
  const parts = values.map((value) => {
    const body = Buffer.from(value ?? '')
    const length = Buffer.alloc(4)
    length.writeInt32BE(value === null ? -1 : body.length)
    return Buffer.concat([length, body])
  })
  const count = Buffer.alloc(2)
  count.writeInt16BE(values.length)
  return Buffer.concat([count, ...parts])
}

describe('messages of the server', () => {
  it('give the values of a row', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.string({ unit: 'grapheme' }))), (values) => {
        const row = rowOf(values)
        expect(readDataRow(row, 0, row.length)).toEqual(values)
      }),
    )
  })

  it('with a row that does not fill its frame are refused', () => {
    const row = rowOf(['one', null, 'three'])
    for (let end = 0; end < row.length; end++) {
      expect(() => readDataRow(row, 0, end)).toThrow(expect.objectContaining({ code: 'postgres_protocol_violation' }))
    }
    const longer = Buffer.concat([row, Buffer.alloc(1)])
    expect(() => readDataRow(longer, 0, longer.length)).toThrow(/does not fill/)
  })

  it('give the fields of an error, known ones only', () => {
    const bytes = Buffer.from('SFEHLER\0VERROR\0C55006\0Mslot is active\0RReplicationSlotAcquire\0!odd\0\0')
    expect(readErrorFields(bytes, 0, bytes.length)).toMatchObject({
      severity: 'ERROR',
      code: '55006',
      message: 'slot is active',
      routine: 'ReplicationSlotAcquire',
      detail: undefined,
    })
  })

  it('give what there is of an error that is cut, and never read on', () => {
    const bytes = Buffer.from('C55006\0Mslot is active\0\0behind')
    for (let end = 0; end <= bytes.length; end++) {
      const { message } = readErrorFields(bytes, 0, end)
      expect('slot is active'.startsWith(message) || message === 'the server gives no reason').toBe(true)
    }
  })
})

describe('a query', () => {
  it('is framed with its end', () => {
    expect(queryFrame('SÖ').toString('hex')).toBe('510000000853c39600')
  })

  it('with a NUL is refused', () => {
    expect(() => queryFrame('SELECT 1\0; DROP')).toThrow(
      expect.objectContaining({ code: 'postgres_statement_refused' }),
    )
  })
})
