import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseTableName,
  qualifiedName,
  quoteIdentifier,
  quoteLiteral,
} from '../../../../connectors/postgres/wire/identifiers.js'

const invalid = expect.objectContaining({ code: 'postgres_name_invalid' })
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 15 }).filter((text) => !text.includes('\0'))

describe('names in SQL', () => {
  it('are read back from their quoted form, whatever they are', () => {
    fc.assert(
      fc.property(name, name, (schema, table) => {
        expect(parseTableName(qualifiedName(schema, table))).toEqual({ schema, table })
        expect(parseTableName(quoteIdentifier(table))).toEqual({ schema: undefined, table })
      }),
    )
  })

  it('are taken as they are written', () => {
    expect(parseTableName('public.Orders')).toEqual({ schema: 'public', table: 'Orders' })
    expect(parseTableName('public."Odd.Name"')).toEqual({ schema: 'public', table: 'Odd.Name' })
    expect(parseTableName('"a""b".c')).toEqual({ schema: 'a"b', table: 'c' })
    expect(parseTableName('orders')).toEqual({ schema: undefined, table: 'orders' })
  })

  it.each(['', '.', 'a.', '.b', 'a.b.c', '"a', 'a"b', '"a"b', '""', 'public.""', 'a\0b'])('refuse %j', (text) => {
    expect(() => parseTableName(text)).toThrow(invalid)
  })

  it('fit into 63 bytes, counted in UTF-8', () => {
    expect(quoteIdentifier('x'.repeat(63))).toBe(`"${'x'.repeat(63)}"`)
    expect(() => quoteIdentifier('x'.repeat(64))).toThrow(invalid)
    expect(quoteIdentifier('ä'.repeat(31))).toHaveLength(33)
    expect(() => quoteIdentifier('ä'.repeat(32))).toThrow(/has 64 bytes/)
  })

  it('cannot leave their quotes', () => {
    expect(quoteIdentifier('a"; DROP TABLE b; --')).toBe('"a""; DROP TABLE b; --"')
    expect(() => quoteIdentifier('a\0')).toThrow(invalid)
    expect(() => quoteIdentifier('')).toThrow(invalid)
  })
})

describe('texts in SQL', () => {
  it('cannot leave their quotes, whatever standard_conforming_strings is', () => {
    expect(quoteLiteral("it's")).toBe("'it''s'")
    expect(quoteLiteral("\\'; --")).toBe("E'\\\\''; --'")
    expect(() => quoteLiteral('a\0')).toThrow(invalid)
  })
})
