import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes, startHttpApi, type HttpApi } from '../../../core/admin/http-api.js'
import type { Route } from '../../../core/admin/routes/route.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../../core/engine/memory/memory-engine.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { usersOf } from '../../../hub/users.js'
import { localAdmin } from '../../../hub/local-admin.js'

const token = 'swordfish-and-more'
const world = nodeWorld()
let engine: LogEngine
let api: HttpApi
let open: HttpApi

beforeAll(async () => {
  engine = await openMemoryEngine({ ...world, logger: silentLogger })
  await engine.topics.create({ name: 't', partitions: 2 })
  for (const partition of [0, 1]) {
    const records = [1, 2].map((number) => ({
      key: Buffer.from(`k${number}`),
      value: partition === 0 ? Buffer.from(`v${number}`) : Buffer.from([0xff, number]),
      timestampMs: 1_700_000_000_000 + number,
      headers: [{ key: 'h', value: Buffer.from('x') }],
    }))
    await engine.append([{ topic: 't', partition, batch: encodeBatch(records) }])
  }
  await engine.groups.reset('g', [{ topic: 't', partition: 0, offset: 1 }])
  const admin = localAdmin({
    engine,
    dataDirectory: '/data',
    version: '1.2.3',
    limits: world.limits,
    clock: world.clock,
    users: usersOf(engine, world.random),
    startedAtMs: 5,
    edges: () => [],
    applied: () => [{ name: 'p', document: { version: 1, name: 'p' } }],
    plans: () => Promise.resolve([]),
    examine: () => Promise.resolve([]),
  })
  const options = { admin, token, version: '1.2.3', logger: silentLogger, metrics: () => Promise.resolve('up 1\n') }
  api = await startHttpApi({ ...options, listen: { host: '127.0.0.1', port: 0 }, allowedHosts: ['hub.example'] })
  open = await startHttpApi({ ...options, listen: { host: '0.0.0.0', port: 0 }, allowedHosts: [] })
})
afterAll(async () => {
  await api.close()
  await open.close()
  await engine.close()
})

interface Sending {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly of?: HttpApi
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly json: unknown
}

/** Node's own client, since fetch does not let one choose Host. */
function send(path: string, { method = 'GET', headers = {}, body, of = api }: Sending = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: of.address.port, path, method, headers }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const text = Buffer.concat(parts).toString()
        const isJson = response.headers['content-type']?.includes('application/json') ?? false
        resolve({ status: response.statusCode ?? 0, text, json: isJson ? JSON.parse(text) : undefined })
      })
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const bearer = { authorization: `Bearer ${token}` }
const typed = { 'content-type': 'application/json' }

/** A path that reaches the route, with a body that passes where one is needed but changes nothing that exists. */
function sampleOf(route: Route): { readonly path: string; readonly body?: string } {
  const path = route.path.replace('{topic}', 'none').replace('{group}', 'none')
  if (route.path === '/api/topics' && route.method === 'POST') return { path, body: '{"name":"t","partitions":1}' }
  return route.body === undefined ? { path } : { path, body: '{"to":"latest","topics":["none"]}' }
}

describe('every route', () => {
  it('that changes something uses another method than GET, which is what the guard goes by', () => {
    for (const route of routes) expect(route.changes, route.path).toBe(route.method !== 'GET')
  })

  it.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s wants the token exactly where it has to',
    async (_name, route) => {
      const { path, body } = sampleOf(route)
      for (const [listener, isLoopback] of [
        [api, true],
        [open, false],
      ] as const) {
        for (const credential of ['none', 'wrong', 'basic', 'right']) {
          const authorization = { wrong: 'Bearer nonsense', basic: `Basic ${token}`, right: `Bearer ${token}` }[
            credential
          ]
          const headers = {
            ...(body === undefined ? {} : typed),
            ...(authorization === undefined ? {} : { authorization }),
          }
          const answer = await send(path, { method: route.method, headers, body, of: listener })
          const passes = credential === 'right' || (isLoopback && !route.changes)
          expect(answer.status === 401, `${credential} on ${isLoopback ? 'loopback' : 'all'}`).toBe(!passes)
          expect(answer.status).not.toBe(500)
          expect(answer.text).not.toContain(token)
        }
      }
    },
  )

  it('is described in the OpenAPI document, and nothing else is', async () => {
    const { json } = await send('/api/openapi.json')
    const described = Object.entries((json as { paths: object }).paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort())
  })
})

describe('requests that a browser could be made to send', () => {
  it.each([
    [{ host: 'evil.example' }, 403],
    [{ host: 'evil.example:7070' }, 403],
    [{ host: '127.0.0.1.nip.io' }, 403],
    [{ host: '0.0.0.0' }, 403],
    [{ host: 'hub.example' }, 200],
    [{ host: 'localhost' }, 200],
    [{ host: '[::1]:1' }, 200],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://evil.example' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ host: 'localhost:7', origin: 'http://localhost:7', 'sec-fetch-site': 'same-origin' }, 200],
  ])('%o: %d, with and without the token', async (headers, status) => {
    expect((await send('/api/topics', { headers })).status).toBe(status)
    expect((await send('/api/topics', { headers: { ...headers, ...bearer } })).status).toBe(status)
  })

  it('gives no other site leave to read', async () => {
    const { status } = await send('/api/topics', { method: 'OPTIONS', headers: { origin: 'http://evil.example' } })
    expect(status).toBe(403)
  })
})

describe('the routes', () => {
  it('answer probes and metrics', async () => {
    expect((await send('/livez')).json).toEqual({ status: 'live' })
    expect((await send('/readyz')).json).toEqual({ ready: true, reasons: [] })
    expect((await send('/metrics')).text).toBe('up 1\n')
  })

  it('show the hub without a secret', async () => {
    const { json, text } = await send('/api/status')
    expect(json).toMatchObject({ version: '1.2.3', dataDirectory: '/data', startedAtMs: 5, log: { freeBytes: null } })
    expect(text).not.toContain(token)
    expect((await send('/api/pipelines')).json).toEqual([{ name: 'p', document: { version: 1, name: 'p' } }])
    expect((await send('/api/doctor')).json).toContainEqual(
      expect.objectContaining({ subject: 'damage', level: 'good' }),
    )
  })

  it('list, describe, make and delete topics', async () => {
    const created = await send('/api/topics', {
      method: 'POST',
      headers: { ...bearer, ...typed },
      body: '{"name":"new","partitions":3}',
    })
    expect(created).toMatchObject({ status: 201, json: { name: 'new', partitions: 3 } })
    expect((await send('/api/topics')).json).toMatchObject([{ name: 'new' }, { name: 't', recordCount: 4 }])
    expect((await send('/api/topics/t')).json).toMatchObject({ partitionViews: [{ partition: 0 }, { partition: 1 }] })
    expect((await send('/api/topics/new', { method: 'DELETE', headers: bearer })).status).toBe(200)
    expect((await send('/api/topics/new')).json).toMatchObject({ error: { code: 'unknown_topic' } })
  })

  it('show and reset groups', async () => {
    expect((await send('/api/groups')).json).toEqual([{ group: 'g', state: 'Empty', memberCount: 0, lagRecords: 1 }])
    const reset = await send('/api/groups/g/reset', {
      method: 'POST',
      headers: { ...bearer, ...typed },
      body: '{"to":"9"}',
    })
    expect(reset.json).toEqual([
      { topic: 't', partition: 0, previous: 1, offset: 2 },
      { topic: 't', partition: 1, offset: 2 },
    ])
    expect((await send('/api/groups/g')).json).toMatchObject({ offsets: [{ lagRecords: 0 }, { lagRecords: 0 }] })
    expect((await send('/api/groups/none')).status).toBe(404)
  })

  it('stream records as lines until the count is reached', async () => {
    const { text } = await send('/api/topics/t/records?from=earliest&count=4')
    const records = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(records).toHaveLength(4)
    const headers = [{ key: 'h', value: 'x' }]
    const first = {
      topic: 't',
      partition: 0,
      offset: 0,
      timestampMs: 1_700_000_000_001,
      key: 'k1',
      value: 'v1',
      headers,
    }
    expect(records).toContainEqual(first)
    expect(records).toContainEqual(expect.objectContaining({ partition: 1, offset: 1, valueBase64: '/wI=' }))
    const late = await send('/api/topics/t/records?from=time:1700000000002&count=2')
    expect(
      late.text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { offset: number }).offset),
    ).toEqual([1, 1])
  })

  const post = (body: string, headers: Readonly<Record<string, string>> = { ...bearer, ...typed }): Sending => ({
    method: 'POST',
    headers,
    body,
  })
  it.each([
    ['a position that is none', '/api/topics/t/records?from=yesterday', {}, 'invalid_position'],
    ['a count of nothing', '/api/topics/t/records?count=0', {}, 'invalid_request'],
    ['an unknown parameter', '/api/topics/t/records?form=latest', {}, 'invalid_request'],
    ['a tap of no topic', '/api/topics/none/records', {}, 'unknown_topic'],
    ['an unknown path', '/api/nothing', {}, 'unknown_route'],
    ['a path that is not UTF-8', '/%ff', {}, 'invalid_request'],
    ['an unknown method', '/api/topics', { method: 'PUT', headers: bearer }, 'unknown_route'],
    ['a body with a key missing', '/api/topics', post('{"name":"a"}'), 'invalid_request'],
    ['half a body', '/api/topics', post('{"name":'), 'invalid_request'],
    ['an unknown key', '/api/topics', post('{"name":"a","partitions":1,"x":1}'), 'invalid_request'],
    ['a name that is none', '/api/topics', post('{"name":"a b","partitions":1}'), 'invalid_topic_name'],
    ['a topic that exists', '/api/topics', post('{"name":"t","partitions":1}'), 'topic_exists'],
    ['a body over the limit', '/api/topics', post(' '.repeat(70_000)), 'invalid_request'],
    [
      'a body of another type',
      '/api/topics',
      post('x', { ...bearer, 'content-type': 'text/plain' }),
      'invalid_request',
    ],
  ])('refuse %s', async (_name, path, sending, code) => {
    const { status, json } = await send(path, sending)
    expect(json).toMatchObject({ error: { code } })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
  })

  it('end a stream that nobody ends when the listener closes', async () => {
    const listener = await startHttpApi({
      admin: localAdmin({
        engine,
        dataDirectory: '/data',
        version: '1',
        limits: world.limits,
        clock: world.clock,
        users: usersOf(engine, world.random),
        startedAtMs: undefined,
        edges: () => [],
        applied: () => [],
        plans: () => Promise.resolve([]),
        examine: () => Promise.resolve([]),
      }),
      token,
      version: '1',
      logger: silentLogger,
      metrics: () => Promise.resolve(''),
      listen: { host: '127.0.0.1', port: 0 },
      allowedHosts: [],
    })
    const streaming = send('/api/topics/t/records?from=earliest', { of: listener }).catch((error: unknown) => error)
    await send('/livez', { of: listener })
    await listener.close()
    await streaming
  })

  it('name an address that is taken', async () => {
    const taken = startHttpApi({
      ...({} as Parameters<typeof startHttpApi>[0]),
      token,
      version: '1',
      logger: silentLogger,
      listen: { host: '127.0.0.1', port: api.address.port },
      allowedHosts: [],
    })
    await expect(taken).rejects.toMatchObject({ code: 'address_taken', message: expect.stringContaining('EADDRINUSE') })
  })
})
