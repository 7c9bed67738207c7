// The official client of Elasticsearch, its helper for bulk requests above all.

import { Client, errors } from '@elastic/elasticsearch'
import { afterEach, describe, expect, it } from 'vitest'
import { engineErrors } from '../../../../core/engine/errors.js'
import { withAppend } from '../../../core/pipeline/rig.js'
import { HttpSite, secret, type SiteOptions } from '../site.js'

const sites: HttpSite[] = []
const clients: Client[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
  for (const site of sites.splice(0)) await site.close()
})

async function open(options: SiteOptions = {}): Promise<{ site: HttpSite; client: Client }> {
  const tokens = [secret('aWQ6a2V5')]
  const site = await HttpSite.open({ ...options, source: { protocol: 'elastic', auth: { scheme: 'bearer', tokens } } })
  const client = new Client({
    node: `http://127.0.0.1:${site.port}/in`,
    auth: { apiKey: 'aWQ6a2V5' },
    compression: true,
  })
  sites.push(site)
  clients.push(client)
  return { site, client }
}

const documents = Array.from({ length: 3000 }, (_, number) => ({ number, text: `document ${number} „ä“` }))

describe('the client of Elasticsearch', () => {
  it('asks who is there, and how it is', async () => {
    const { client } = await open()
    expect((await client.info()).tagline).toBe('You Know, for Search')
    expect(await client.ping()).toBe(true)
    expect((await client.cluster.health()).status).toBe('green')
    expect(await client.indices.exists({ index: 'logs' })).toBe(true)
    expect((await client.indices.putIndexTemplate({ name: 'logs', index_patterns: ['logs*'] })).acknowledged).toBe(true)
  })

  it('delivers every document through its helper for bulk requests', async () => {
    const { site, client } = await open()
    const stats = await client.helpers.bulk({
      datasource: documents,
      onDocument: ({ number }) => ({ create: { _index: 'logs', _id: String(number) } }),
      flushBytes: 20_000,
      concurrency: 3,
    })
    expect(stats).toMatchObject({ total: 3000, successful: 3000, failed: 0, retry: 0 })
    const records = await site.records()
    const found = new Map(records.map(({ key, value }) => [key, value]))
    expect(records).toHaveLength(3000)
    for (const document of documents) expect(found.get(String(document.number))).toBe(JSON.stringify(document))
    expect(records.every(({ headers }) => headers['elastic_index'] === 'logs')).toBe(true)
  })

  it('is told which documents are not taken, each for itself', async () => {
    const { site, client } = await open()
    const dropped: number[] = []
    const stats = await client.helpers.bulk({
      datasource: documents.slice(0, 10),
      onDocument: ({ number }) => ({ index: { _index: number % 2 === 0 ? 'logs' : 'Logs' } }),
      onDrop: ({ document, status }) => {
        expect(status).toBe(400)
        dropped.push(document.number)
      },
    })
    expect(stats).toMatchObject({ total: 10, successful: 5, failed: 5 })
    expect(dropped).toEqual([1, 3, 5, 7, 9])
    expect(await site.values()).toHaveLength(5)
  })

  it('is told 429 while the source is busy, and delivers when it comes again', async () => {
    let refusals = 1
    const { site, client } = await open({
      wrap: (engine) =>
        withAppend(engine, async (entries, options) => {
          if (refusals-- > 0) throw engineErrors.make('log_disk_full', 'no room')
          return engine.append(entries, options)
        }),
    })
    const send = () => client.bulk({ operations: [{ create: { _index: 'logs' } }, { number: 1 }] })
    const refused: unknown = await send().catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(errors.ResponseError)
    expect(refused).toMatchObject({ statusCode: 429, body: { error: { type: 'es_rejected_execution_exception' } } })
    expect((refused as errors.ResponseError).headers?.['retry-after']).toBe('1')
    expect(await site.values()).toEqual([])
    expect((await send()).errors).toBe(false)
    expect(await site.values()).toEqual(['{"number":1}'])
  })
})
