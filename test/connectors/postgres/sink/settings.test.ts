import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../core/connector/secret.js'
import { readSettings } from '../../../../core/connector/fields.js'
import { checkSinkSettings, checkSinkTopics, sinkFields } from '../../../../connectors/postgres/sink/settings.js'
import { readTableTemplate } from '../../../../connectors/postgres/sink/table-template.js'

function settingsOf(given: Readonly<Record<string, unknown>>) {
  return readSettings(sinkFields, { url: new Secret('postgres://x'), table: '{table}', ...given })
}

function pathsOf(given: Readonly<Record<string, unknown>>): readonly string[] {
  return checkSinkSettings(settingsOf(given)).map(({ path }) => path.join('.'))
}

describe('the settings of a Postgres sink', () => {
  it('refuse what the modes do not have', () => {
    expect(pathsOf({ mode: 'append', key: ['id'] })).toEqual(['key'])
    expect(pathsOf({ mode: 'upsert', key: ['id', 'id'] })).toEqual(['key'])
    expect(pathsOf({ mode: 'upsert', apply: 'transactions' })).toEqual(['apply'])
    expect(pathsOf({ mode: 'merge', apply: 'transactions' })).toEqual([])
  })

  it.each(['a.b.c', '{tabel}', `${'n'.repeat(64)}`, '"open'])('refuse the table %s', (table) => {
    expect(pathsOf({ table })).toEqual(['table'])
  })

  it('let whole transactions come from one topic with one partition', () => {
    const settings = settingsOf({ mode: 'merge', apply: 'transactions' })
    const topic = (name: string, partitions: number) => ({ name, partitions, cleanup: 'delete' as const })
    expect(checkSinkTopics(settings, [topic('a', 1)])).toEqual([])
    expect(checkSinkTopics(settings, [topic('a', 2)])).toHaveLength(1)
    expect(checkSinkTopics(settings, [topic('a', 1), topic('b', 1)])).toHaveLength(1)
    expect(checkSinkTopics(settingsOf({ mode: 'merge' }), [topic('a', 4), topic('b', 1)])).toEqual([])
  })
})

describe('the table of a record', () => {
  const names = { schema: 'Odd "Schema"', table: 'a.b', topic: 'shop.orders' }

  it('takes names as they are, dots and quotes inside of them too', () => {
    expect(readTableTemplate('{schema}.{table}').resolve(names)).toEqual({ schema: 'Odd "Schema"', table: 'a.b' })
    expect(readTableTemplate('dw.{topic}').resolve(names)).toEqual({ schema: 'dw', table: 'shop.orders' })
    expect(readTableTemplate('"D.W".old_{table}').resolve(names)).toEqual({ schema: 'D.W', table: 'old_a.b' })
    expect(readTableTemplate('{table}').resolve(names).schema).toBe('public')
  })

  it('is no table when the record does not say what the template needs', () => {
    const nameless = { schema: undefined, table: undefined, topic: 'x' }
    expect(() => readTableTemplate('{table}').resolve(nameless)).toThrow(
      expect.objectContaining({ code: 'postgres_record_unfit' }),
    )
  })
})
