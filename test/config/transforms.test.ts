import { describe, expect, it } from 'vitest'
import { loadPipelines } from '../../config/load-pipelines.js'
import { problemText } from '../../config/problem.js'
import { declarations } from '../../connectors/registry.js'

async function load(parts: object) {
  const text = JSON.stringify({ version: 1, name: 'shop', topics: { 'app.logs': {} }, ...parts })
  const reader = { variable: () => undefined, readFile: () => Promise.resolve(Buffer.from(text)) }
  return loadPipelines(['shop.json'], { declarations, reader })
}

async function problemsOf(parts: object): Promise<readonly string[]> {
  const { problems } = await load(parts)
  return problems.map((problem) => problemText(problem).replace(/ shop\.json(:\d+:\d+)?$/, ''))
}

const dedupe = { dedupe: { key: 'id', window: '1h' } }

describe('a transform in a file', () => {
  it('becomes a plan: its group, its topics, its steps in their order', async () => {
    const aggregate = { by: { service: 'service' }, window: '1m', values: { n: { count: true } }, lateTo: 'app.late' }
    const { plans } = await load({
      defaults: { onError: { deadLetter: 'shop.dead' } },
      transforms: { rates: { from: ['app.logs'], to: 'app.rates', steps: [dedupe, { aggregate }] } },
    })
    expect(plans[0]?.transforms).toMatchObject([
      {
        id: 'rates',
        from: ['app.logs'],
        topic: 'app.rates',
        topics: ['app.rates', 'app.late'],
        group: 'shop.rates',
        steps: [
          { kind: 'dedupe', settings: { window: 3_600_000 } },
          { kind: 'aggregate', settings: { window: 60_000 } },
        ],
        onError: { deadLetter: 'shop.dead' },
      },
    ])
    expect(plans[0]?.topics.map(({ name }) => name)).toEqual(['app.logs', 'app.rates', 'app.late', 'shop.dead'])
  })

  it('brings topics into being that other edges may read', async () => {
    const first = { from: ['app.logs'], to: 'a', steps: [dedupe] }
    expect(await problemsOf({ transforms: { first, second: { from: ['a'], to: 'b', steps: [dedupe] } } })).toEqual([])
  })

  it('reads only what there is, its tables too', async () => {
    const lookup = { lookup: { table: 'app.log', key: 'id', into: 'row' } }
    expect(await problemsOf({ transforms: { join: { from: ['app.lgs'], to: 'a', steps: [lookup] } } })).toEqual([
      'transforms.join.from.0: nothing declares or writes the topic "app.lgs" (did you mean "app.logs"?)',
      'transforms.join.steps: nothing declares or writes the topic "app.log" (did you mean "app.logs"?)',
    ])
  })

  it('is never fed what it made, by whatever way', async () => {
    const step = [dedupe]
    expect(await problemsOf({ transforms: { one: { from: ['app.logs'], to: 'app.logs', steps: step } } })).toEqual([
      'transforms.one.from.0: what "one" makes of "app.logs" comes back to it: a record would go round for ever',
    ])
    const circle = {
      one: { from: ['app.logs', 'c'], to: 'b', steps: step },
      two: { from: ['b'], to: 'c', steps: step },
    }
    expect(await problemsOf({ transforms: circle })).toEqual([
      'transforms.one.from.1: what "one" makes of "c" comes back to it: a record would go round for ever',
      'transforms.two.from.0: what "two" makes of "b" comes back to it: a record would go round for ever',
    ])
  })

  it('names a kind of step that there is not, with the one that may be meant', async () => {
    const problems = await problemsOf({
      transforms: { one: { from: ['app.logs'], to: 'a', steps: [{ dedup: {} }, {}, { ...dedupe, throttle: {} }] } },
    })
    expect(problems).toContain('transforms.one.steps.0.dedup: unknown key (did you mean "dedupe"?)')
    expect(problems).toContain('transforms.one.steps.1: must name a kind of step')
    expect(problems).toContain('transforms.one.steps.2: must be one step with one key, not 2')
  })

  it('says where an expression breaks off', async () => {
    const steps = [{ dedupe: { key: 'id +', window: '1h' } }]
    const [problem] = await problemsOf({ transforms: { one: { from: ['app.logs'], to: 'a', steps } } })
    expect(problem).toMatch(/^transforms\.one\.steps\.0\.dedupe\.key: /)
  })

  it('has names of its own for what its steps remember', async () => {
    const steps = [dedupe, { dedupe: { key: 'b', window: '1h', name: 'dedupe' } }]
    expect(await problemsOf({ transforms: { one: { from: ['app.logs'], to: 'a', steps } } })).toEqual([
      'transforms.one.steps: two steps remember under the name "dedupe"',
    ])
  })

  it('shares its id with no source and no sink', async () => {
    const sinks = { one: { type: 'directory', from: ['app.logs'], root: '/lake' } }
    const transforms = { one: { from: ['app.logs'], to: 'a', steps: [dedupe] } }
    const problems = await problemsOf({ transforms, sinks })
    expect(problems.join()).toContain('sinks.one: a transform has this id as well: choose another')
  })

  it('writes one topic', async () => {
    expect(await problemsOf({ transforms: { one: { from: ['app.logs'], to: 'a.{level}', steps: [dedupe] } } })).toEqual(
      ['transforms.one.to: is a template, and a transform writes one topic: a step `route` sends records elsewhere'],
    )
  })
})
