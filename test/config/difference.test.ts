import { describe, expect, it } from 'vitest'
import { differences } from '../../config/difference.js'
import { loadPipelines } from '../../config/load-pipelines.js'
import type { PipelinePlan } from '../../core/pipeline/pipeline-plan.js'
import { sampleDeclarations } from './sample-connectors.js'

async function planOf(content: object): Promise<PipelinePlan> {
  const { plans, problems } = await loadPipelines(['p.json'], {
    declarations: sampleDeclarations,
    reader: { variable: () => 'set', readFile: () => Promise.resolve(Buffer.from(JSON.stringify(content))) },
  })
  expect(problems).toEqual([])
  return plans[0]!
}

const shop = {
  version: 1,
  name: 'shop',
  topics: { app: { partitions: 2 } },
  sources: { in: { type: 'feed', include: ['logs'], to: 'app', token: { $env: 'TOKEN' } } },
  sinks: { out: { type: 'lake', root: 'lake', from: ['app'], rotate: { age: '5s' } } },
}

describe('the difference to what ran last', () => {
  it('is empty for the same file', async () => {
    const plan = await planOf(shop)
    expect(differences([{ name: 'shop', document: plan.document }], [plan], sampleDeclarations)).toEqual([])
  })

  it('shows a new pipeline with all that is in it', async () => {
    const changes = differences([], [await planOf(shop)], sampleDeclarations)
    expect(changes.map(({ kind, what, id }) => `${kind} ${what} ${id}`)).toEqual([
      'added pipeline shop',
      'added topic app',
      'added source in',
      'added sink out',
    ])
  })

  it('shows each changed setting with its effect, and lets the connector speak of its own', async () => {
    const next = {
      ...shop,
      topics: { app: { partitions: 4 } },
      sources: { in: { ...shop.sources.in, to: 'other' } },
      sinks: { out: { ...shop.sinks.out, root: 'pond', rotate: { age: '9s' } } },
    }
    const before = await planOf(shop)
    const changes = differences([{ name: 'shop', document: before.document }], [await planOf(next)], sampleDeclarations)
    expect(changes.map(({ what, settings }) => [what, ...settings.map(({ path }) => path.join('.'))])).toEqual([
      ['topic', 'partitions'],
      ['source', 'to'],
      ['sink', 'root', 'rotate.age'],
    ])
    expect(changes[0]?.effects).toMatchObject([{ setting: 'partitions', dangerous: true }])
    expect(changes[2]?.effects).toMatchObject([{ setting: 'root', dangerous: false }])
  })

  it('warns where an id or a name looks renamed, and where partitions are taken away', async () => {
    const before = [{ name: 'shop', document: (await planOf(shop)).document }]
    const renamed = await planOf({ ...shop, topics: { app: { partitions: 1 } }, sinks: { pond: shop.sinks.out } })
    expect(differences(before, [renamed], sampleDeclarations)).toMatchObject([
      { what: 'topic', effects: [{ effect: expect.stringMatching(/^refused/), dangerous: true }] },
      { kind: 'removed', what: 'sink', id: 'out' },
      {
        kind: 'added',
        id: 'pond',
        effects: [{}, { setting: 'id', effect: expect.stringContaining('"out"'), dangerous: true }],
      },
    ])
    const [, added] = differences(before, [await planOf({ ...shop, name: 'store' })], sampleDeclarations).filter(
      ({ what }) => what === 'pipeline',
    )
    expect(added).toMatchObject({ kind: 'added', id: 'store', effects: [{ setting: 'name', dangerous: true }] })
  })

  it('keeps quiet about settings that an unknown version wrote', async () => {
    const document = { ...shop, sinks: { out: { type: 'lake', root: 7 } } }
    const changes = differences([{ name: 'shop', document }], [await planOf(shop)], sampleDeclarations)
    expect(changes).toMatchObject([{ what: 'sink', effects: [{ setting: 'from' }] }])
  })

  it('prints no password that was pasted into an address', async () => {
    const before = await planOf({
      ...shop,
      sinks: { out: { ...shop.sinks.out, root: 's3://me:hunter2@host/a?token=t' } },
    })
    const changes = differences([{ name: 'shop', document: before.document }], [await planOf(shop)], sampleDeclarations)
    expect(JSON.stringify(changes)).toContain('s3://[secret]@host/a?[secret]')
    expect(JSON.stringify(changes)).not.toMatch(/hunter2|token=/)
  })
})
