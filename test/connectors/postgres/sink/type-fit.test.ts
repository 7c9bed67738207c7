import { describe, expect, it } from 'vitest'
import { fitOf } from '../../../../connectors/postgres/sink/type-fit.js'

describe('a column of the target', () => {
  it.each([
    ['integer', 'integer'],
    ['smallint', 'bigint'],
    ['bigint', 'numeric'],
    ['integer', 'double precision'],
    ['real', 'double precision'],
    ['numeric(10,2)', 'numeric(12,2)'],
    ['integer', 'numeric(12,2)'],
    ['character varying(20)', 'character varying(30)'],
    ['character varying(20)', 'text'],
    ['bytea', 'text'],
    ['timestamp(3) without time zone', 'timestamp without time zone'],
    ['date', 'timestamp without time zone'],
    ['json', 'jsonb'],
    ['public.mood', 'app.mood'],
    ['integer[]', 'bigint[]'],
  ])('for %s may be %s', (source, target) => {
    expect(fitOf(source, target)).toEqual({ fit: 'fits' })
  })

  it.each([
    ['bigint', 'integer', 'bigint'],
    ['integer', 'smallint', 'integer'],
    ['numeric', 'bigint', 'numeric'],
    ['bigint', 'double precision', 'numeric'],
    ['double precision', 'real', 'double precision'],
    ['numeric(12,2)', 'numeric(10,4)', 'numeric(14,4)'],
    ['numeric', 'numeric(10,2)', 'numeric'],
    ['bigint', 'numeric(10,2)', 'numeric(21,2)'],
    ['text', 'character varying(20)', 'text'],
    ['character varying(30)', 'character varying(20)', 'character varying(30)'],
    ['timestamp without time zone', 'timestamp(3) without time zone', 'timestamp without time zone'],
  ])('for %s that is %s is widened to %s', (source, target, widened) => {
    expect(fitOf(source, target)).toEqual({ fit: 'narrow', widened })
  })

  it.each([
    ['integer', 'boolean'],
    ['text', 'integer'],
    ['boolean', 'integer'],
    ['bytea', 'integer'],
    ['double precision', 'bigint'],
    ['json', 'bytea'],
  ])('for %s cannot be %s', (source, target) => {
    expect(fitOf(source, target)).toEqual({ fit: 'unfit' })
  })
})
