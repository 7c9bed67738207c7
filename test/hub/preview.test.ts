import { describe, expect, it } from 'vitest'
import type { ConnectorContext } from '../../core/connector/context.js'
import { declareSource, type PreviewStep } from '../../core/connector/declaration.js'
import { defineErrors } from '../../core/errors/tailrace-error.js'
import type { PipelinePlan, SourcePlan } from '../../core/pipeline/pipeline-plan.js'
import { nodeWorld } from '../../core/runtime/node-world.js'
import { previewEdges } from '../../hub/preview.js'

const errors = defineErrors({
  away: { retry: 'timed', summary: 'The system does not answer.', hint: 'Start it.' },
})

type Preview = (settings: unknown, context: ConnectorContext) => Promise<readonly PreviewStep[]>

function source(id: string, preview: Preview | undefined): SourcePlan {
  const declaration = declareSource({
    role: 'source',
    type: 'seen',
    summary: 'Looks.',
    delivery: 'exactly-once',
    fields: {},
    ...(preview === undefined ? {} : { preview }),
    load: () => Promise.reject(new Error('a preview loads nothing')),
  })
  const onError = { deadLetter: undefined, maxAttempts: 1 }
  const topics = { to: 't', topic: 't', topics: ['t'] }
  return { id, declaration, settings: {}, ...topics, parse: undefined, key: undefined, steps: [], onError }
}

function previewsOf(...sources: readonly SourcePlan[]) {
  const plan: PipelinePlan = {
    name: 'shop',
    file: '/etc/shop.json',
    baseDirectory: '/etc',
    topics: [],
    defaultTopic: { partitions: 1, settings: {} },
    transforms: [],
    sources,
    sinks: [],
    document: {},
  }
  const { signal } = new AbortController()
  const surroundings = { world: nodeWorld(), dataDirectory: '/data', hubId: 'h', state: undefined, signal }
  return previewEdges({ plans: [plan], ...surroundings })
}

describe('previews', () => {
  it('are what the connectors would run, and come only from those that would run something', async () => {
    const steps: readonly PreviewStep[] = [{ what: 'sql', text: 'SELECT 1', where: 'the database' }]
    const previews = await previewsOf(
      source('quiet', undefined),
      source('done', async () => []),
      source('orders', async () => steps),
    )
    expect(previews).toEqual([{ pipeline: 'shop', what: 'source', id: 'orders', steps, failure: undefined }])
  })

  it('say why a system could not be asked, without keeping the others from it', async () => {
    const previews = await previewsOf(
      source('away', () => Promise.reject(errors.make('away', 'db:5432 does not answer'))),
      source('orders', async () => [{ what: 'sql', text: 'SELECT 1', where: 'the database' }]),
    )
    expect(previews).toMatchObject([
      { id: 'away', steps: [], failure: { message: 'db:5432 does not answer', hint: 'Start it.' } },
      { id: 'orders', steps: [{ text: 'SELECT 1' }], failure: undefined },
    ])
  })

  it('cannot change what a connector remembers', async () => {
    const [preview] = await previewsOf(
      source('writes', async (_settings, { state }) => {
        await state.put(new Map([['key', 1]]))
        return []
      }),
    )
    expect(preview?.failure?.message).toMatch(/only looked at/)
  })
})
