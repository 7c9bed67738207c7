import { describe, expect, it } from 'vitest'
import { readSettings } from '../../../core/connector/fields.js'
import { directoryFields, directorySink } from '../../../connectors/lake/directory-declaration.js'

const settingsOf = (raw: Readonly<Record<string, unknown>>) => readSettings(directoryFields, { root: 'lake', ...raw })
const problemsOf = (raw: Readonly<Record<string, unknown>>): readonly string[] =>
  (directorySink.check?.(settingsOf(raw), '/base') ?? []).map(({ path, message }) => `${path.join('.')} ${message}`)

describe('the declaration of a directory sink', () => {
  it('has defaults that are good as they are', () => {
    expect(settingsOf({})).toEqual({
      root: 'lake',
      path: '{topic}/{partition}-{first}',
      format: {
        type: 'ndjson',
        compression: undefined,
        level: undefined,
        fields: [],
        schema: undefined,
        schemaFile: undefined,
        changes: 'keep',
      },
      columns: [],
      rotate: { bytes: 134217728, records: 1000000, age: 600000 },
    })
    expect(problemsOf({})).toEqual([])
  })

  it('names every setting that says nothing or cannot be', () => {
    const format = { type: 'raw', level: 3, fields: ['a'] }
    const rotate = { bytes: '0B', age: '0ms' }
    expect(problemsOf({ path: '{topic}', format, columns: ['key', 'key'], rotate })).toEqual([
      'path must hold {partition}, which keeps the names of files apart',
      'path must hold {first}, which keeps the names of files apart',
      'format.level is for gzip and zstd; the compression of this sink is none',
      'format.fields is for csv; the format of this sink is "raw"',
      'columns are not for files of raw values',
      'columns names a column twice',
      'rotate.bytes must be at least 1B',
      'rotate.age must be at least 1ms',
    ])
  })

  it('knows how far a compression goes, and that csv names its fields', () => {
    expect(problemsOf({ format: { type: 'csv', compression: 'gzip', level: 12 } })).toEqual([
      'format.level is 12; gzip goes up to 9',
      'format.fields must name the fields that become columns of the csv',
    ])
    expect(problemsOf({ format: { type: 'csv', compression: 'zstd', level: 12, fields: ['a', 'b', 'a'] } })).toEqual([
      'format.fields names a field twice',
    ])
  })

  it('knows which files can be merged', () => {
    expect(problemsOf({ compact: {} })).toEqual([])
    expect(problemsOf({ compact: { below: '200MiB' }, format: { type: 'csv', fields: ['a'] } })).toEqual([
      'compact is not for csv: each file begins with a header',
      'compact.below must be from 1B to 128MiB',
    ])
    expect(problemsOf({ compact: { to: '20MiB' }, path: '{level}-{partition}-{first}' })).toEqual([
      'compact.to must be at least twice "below"',
      'path must have {partition} apart from other placeholders, and in no folder or name with a field of the record, or "compact" has to go',
    ])
  })

  it('refuses a schema that describes no table, with where in it', () => {
    const schema = { properties: { at: { type: 'string', format: 'iso' }, id: { type: 'integer' } } }
    expect(problemsOf({ format: { type: 'parquet', schema } })).toEqual([
      'format.schema.properties.at.format "iso" is none of date, time, date-time, uuid, decimal(P,S)',
    ])
    expect(problemsOf({ format: { type: 'csv', fields: ['a'], compression: 'snappy', changes: 'flatten' } })).toEqual([
      'format.compression is for parquet; the format of this sink is "csv"',
      'format.changes is for parquet; the format of this sink is "csv"',
    ])
  })

  it('says that it writes below its root, and reads nothing', () => {
    const footprint = directorySink.footprint?.(settingsOf({ root: '../lake' }), '/base/pipelines')
    expect(footprint?.writes).toEqual(['/base/lake'])
    expect(footprint?.reads('/')).toBe(false)
  })

  it('says what a change does to what was remembered', () => {
    const before = settingsOf({ columns: ['key'] })
    const after = settingsOf({ root: 'other', format: { type: 'raw' } })
    const changed = directorySink.effects?.(before, after).map((effect) => effect.setting)
    expect(changed).toEqual(['root', 'format', 'columns'])
    expect(directorySink.effects?.(before, settingsOf({ columns: ['key'], rotate: { age: '1m' } }))).toEqual([])
  })
})
