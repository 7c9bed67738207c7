import { describe, expect, it } from 'vitest'
import { stepsOf, valuesOf } from './step-rig.js'

const log = '{"level":"error","status":503, "http":{"method":"GET","path":"/"}}'

describe('filter', () => {
  it('lets go on what the condition holds for, with the bytes that it had', async () => {
    const run = await stepsOf([{ filter: "level in ['error', 'fatal'] && status >= 500" }])
    expect(run(log)).toMatchObject([{ value: log }])
    expect(run('{"level":"error","status":200}')).toEqual([])
    expect(run('{"level":"error"}')).toBe('expression_failed')
    expect(run('no json')).toBe('value_not_object')
  })

  it('looks at bytes that are no JSON', async () => {
    const run = await stepsOf([{ filter: "raw.contains('ERROR')" }])
    expect(run('12:00 ERROR ü')).toMatchObject([{ value: '12:00 ERROR ü' }])
    expect(run('12:00 INFO')).toEqual([])
    expect(run({ value: null })).toEqual([])
  })
})

describe('set', () => {
  it('sets fields to what expressions give, all of the record as it was', async () => {
    expect(await valuesOf([{ set: { status: 'status + 1', was: 'status', 'http.size': '1' } }], log)).toEqual([
      '{"level":"error","status":504,"http":{"method":"GET","path":"/","size":1},"was":503}',
    ])
  })

  it('sets key, time and headers', async () => {
    const run = await stepsOf([
      { set: { $key: 'level', $time: "timestamp('2026-11-23T06:00:00Z')", '$headers.host': "'a'" } },
    ])
    const out = { key: 'error', timeMs: Date.UTC(2026, 10, 23, 6), headers: { host: 'a' }, value: log }
    expect(run(log)).toMatchObject([out])
  })

  it('takes the key away with null, and refuses what is no time', async () => {
    expect((await stepsOf([{ set: { $key: 'null' } }]))({ value: log, key: 'a' })).toMatchObject([{ key: null }])
    expect((await stepsOf([{ set: { $time: 'level' } }]))(log)).toBe('step_value')
  })

  it('treats fields called __proto__ and constructor like any other', async () => {
    expect(await valuesOf([{ set: { '__proto__.polluted': 'true', 'constructor.prototype.x': '1' } }], '{}')).toEqual([
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"x":1}}}',
    ])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('rename and drop', () => {
  it('renames nested fields, and two with one another', async () => {
    expect(await valuesOf([{ rename: { 'http.path': 'path', missing: 'x' } }], log)).toEqual([
      '{"level":"error","status":503,"http":{"method":"GET"},"path":"/"}',
    ])
    expect(await valuesOf([{ rename: { a: 'b', b: 'a' } }], '{"a":1,"b":2}')).toEqual(['{"b":1,"a":2}'])
  })

  it('drops fields, and leaves the bytes of a value that has none of them', async () => {
    expect(await valuesOf([{ drop: ['http.method', 'level', 'missing'] }], log)).toEqual([
      '{"status":503,"http":{"path":"/"}}',
    ])
    expect(await valuesOf([{ drop: ['missing'] }], log)).toEqual([log])
  })
})

describe('flatten and unnest', () => {
  it('flattens to a depth, keeps lists and empty objects', async () => {
    const value = '{"a":{"b":{"c":1},"d":[{"e":1}]},"f":{}}'
    expect(await valuesOf([{ flatten: {} }], value)).toEqual(['{"a.b.c":1,"a.d":[{"e":1}],"f":{}}'])
    expect(await valuesOf([{ flatten: { separator: '_', depth: 1 } }], value)).toEqual([
      '{"a_b":{"c":1},"a_d":[{"e":1}],"f":{}}',
    ])
  })

  it('fails rather than lose one of two values', async () => {
    expect(await valuesOf([{ flatten: {} }], '{"a.b":1,"a":{"b":2}}')).toBe('step_field_taken')
    expect(await valuesOf([{ unnest: { field: 'http' } }], '{"http":{"x":1},"x":2}')).toBe('step_field_taken')
  })

  it('brings the fields of an object up', async () => {
    expect(await valuesOf([{ unnest: { field: 'http', prefix: 'http_' } }], log)).toEqual([
      '{"level":"error","status":503,"http_method":"GET","http_path":"/"}',
    ])
    expect(await valuesOf([{ unnest: { field: 'a' } }], '{"a":{"a":1}}')).toEqual(['{"a":1}'])
    expect(await valuesOf([{ unnest: { field: 'level' } }], log)).toBe('step_value')
    expect(await valuesOf([{ unnest: { field: 'missing' } }], log)).toEqual([log])
  })
})

describe('split', () => {
  const value = '{"host":{"name":"a"},"events":[{"n":1},{"n":2}]}'

  it('makes a copy with each element, none of which shows what was done to another', async () => {
    expect(
      await valuesOf([{ split: { field: 'events' } }, { set: { 'host.name': "host.name + '!'" } }], value),
    ).toEqual(['{"host":{"name":"a!"},"events":{"n":1}}', '{"host":{"name":"a!"},"events":{"n":2}}'])
  })

  it('makes values of the elements, each with the key and headers of the whole', async () => {
    const run = await stepsOf([{ split: { field: 'events', as: 'value' } }, { set: { $key: 'string(n)' } }])
    expect(run({ value, key: 'k' })).toMatchObject([
      { value: '{"n":1}', key: '1' },
      { value: '{"n":2}', key: '2' },
    ])
    expect(run('{"events":[]}')).toEqual([])
    expect(run('{"events":[1]}')).toBe('step_value')
    expect(run('{"events":1}')).toBe('step_value')
  })
})

describe('route', () => {
  it('takes the first case that holds', async () => {
    const cases = [
      { when: 'status >= 500', to: 'app.errors' },
      { when: 'status >= 400', to: 'app.warnings' },
    ]
    const run = await stepsOf([{ route: { cases, otherwise: 'app.rest' } }])
    expect(run('{"status":503}')).toMatchObject([{ to: 'app.errors' }])
    expect(run('{"status":404}')).toMatchObject([{ to: 'app.warnings' }])
    expect(run('{"status":200}')).toMatchObject([{ to: 'app.rest' }])
  })

  it('gives the topic of an expression, if it is among those named', async () => {
    const route = { by: "'app.' + service", topics: ['app.web'] }
    const run = await stepsOf([{ route }])
    expect(run('{"service":"web"}')).toMatchObject([{ to: 'app.web' }])
    expect(run('{"service":"../etc"}')).toBe('route_unknown')
    expect((await stepsOf([{ route: { ...route, otherwise: 'app.rest' } }]))('{"service":"x"}')).toMatchObject([
      { to: 'app.rest' },
    ])
  })
})

describe('sample', () => {
  it('keeps about the part that it is to keep, always the same', async () => {
    const run = await stepsOf([{ sample: { keep: 1, of: 4, by: 'id' } }])
    const kept = (): number[] =>
      Array.from({ length: 4000 }, (_, id) => id).filter((id) => run(`{"id":${id}}`).length === 1)
    const first = kept()
    expect(first.length).toBeGreaterThan(900)
    expect(first.length).toBeLessThan(1100)
    expect(kept()).toEqual(first)
  })

  it('goes by the key where nothing else is said', async () => {
    const run = await stepsOf([{ sample: { of: 2 } }])
    const answers = ['a', 'b', 'c', 'd'].map((value) => run({ value, key: 'same' }).length)
    expect(new Set(answers).size).toBe(1)
  })
})
