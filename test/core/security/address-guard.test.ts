import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { Agent, buildConnector, request } from 'undici'
import type { OutgoingPolicy, ResolvedAddress } from '../../../core/connector/outgoing.js'
import type { TailraceError } from '../../../core/errors/tailrace-error.js'
import { nodeResolver } from '../../../core/runtime/node/node-resolver.js'
import { outgoingBehindGuard } from '../../../core/security/address-guard.js'

const strict: OutgoingPolicy = { allowPrivate: [], allowHttp: true, ports: [] }

/** Answers with one list after the other, the last one from then on. */
function resolverOf(...answers: readonly (readonly string[])[]) {
  const asked: string[] = []
  return {
    asked,
    addressesOf(name: string) {
      asked.push(name)
      return Promise.resolve(answers[Math.min(asked.length, answers.length) - 1]!)
    },
  }
}

function guardOf(resolver: ReturnType<typeof resolverOf>, policy: Partial<OutgoingPolicy> = {}) {
  return outgoingBehindGuard(resolver).guard({ ...strict, ...policy })
}

function lookupAll(guard: ReturnType<typeof guardOf>, name: string, family = 0): Promise<readonly ResolvedAddress[]> {
  return new Promise((resolve, reject) => {
    guard.lookup(name, { all: true, family }, (error, address) =>
      error === null ? resolve(address as ResolvedAddress[]) : reject(error),
    )
  })
}

describe('a name', () => {
  it('gives its public addresses, and of a mixed answer only those', async () => {
    const guard = guardOf(resolverOf(['127.0.0.1', '8.8.8.8', '::1', '2606:4700::1111', 'fe80::1%eth0']))
    expect(await lookupAll(guard, 'mixed.example')).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ])
    expect(await lookupAll(guard, 'mixed.example', 6)).toEqual([{ address: '2606:4700::1111', family: 6 }])
  })

  it.each([
    ['localhost', ['::1', '127.0.0.1']],
    ['localhost.', ['127.0.0.1']],
    ['10.0.0.1.nip.io', ['10.0.0.1']],
    ['metadata.google.internal', ['169.254.169.254']],
    ['mapped.example', ['::ffff:169.254.169.254']],
    ['translated.example', ['64:ff9b::a9fe:a9fe']],
    ['strange.example', ['no address']],
  ])('%s is refused when it has no public address', async (name, answer) => {
    const guard = guardOf(resolverOf(answer))
    await expect(lookupAll(guard, name)).rejects.toMatchObject({ code: 'address_refused', retry: 'manual' })
  })

  it('that was public the first time and private the second is refused the second time', async () => {
    const guard = guardOf(resolverOf(['8.8.8.8'], ['127.0.0.1']))
    expect(await lookupAll(guard, 'rebound.example')).toHaveLength(1)
    await expect(lookupAll(guard, 'rebound.example')).rejects.toThrow(
      'rebound.example resolves to 127.0.0.1 (loopback)',
    )
  })

  it('that nobody knows is told to come back', async () => {
    const guard = outgoingBehindGuard(nodeResolver).guard(strict)
    const refused = new Promise((_, reject) => guard.lookup('nobody.invalid', {}, (error) => reject(error as Error)))
    await expect(refused).rejects.toMatchObject({ code: 'name_unresolved', retry: 'timed' })
  })
})

describe('a client behind the guard', () => {
  const opened: Server[] = []
  const agents: Agent[] = []
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.destroy()))
    for (const server of opened.splice(0)) server.close()
  })

  /** A server on the loopback address, and how many connections it saw. */
  async function receiver(): Promise<{ readonly port: number; readonly seen: { connections: number } }> {
    const seen = { connections: 0 }
    const server = createServer((_request, response) => response.end('there')).listen(0, '127.0.0.1')
    server.on('connection', () => void seen.connections++)
    opened.push(server)
    await once(server, 'listening')
    return { port: (server.address() as AddressInfo).port, seen }
  }

  function clientOf(guard: ReturnType<typeof guardOf>): Agent {
    const agent = new Agent({ connect: guard.connector(buildConnector({ lookup: guard.lookup as never })) })
    agents.push(agent)
    return agent
  }

  async function failureOf(url: string, dispatcher: Agent): Promise<TailraceError> {
    return request(url, { dispatcher }).then(
      () => Promise.reject(new Error('the request went through')),
      (error: TailraceError) => error,
    )
  }

  it('reaches an address that the file allows, by number and by name', async () => {
    const { port } = await receiver()
    const resolver = resolverOf(['::1', '127.0.0.1'])
    const dispatcher = clientOf(guardOf(resolver, { allowPrivate: ['127.0.0.0/8'], ports: [port] }))
    for (const host of ['127.0.0.1', 'inside.example']) {
      const { body } = await request(`http://${host}:${port}/`, { dispatcher })
      expect(await body.text()).toBe('there')
    }
    expect(resolver.asked).toEqual(['inside.example'])
  })

  it('opens no connection to a literal address that is not allowed, nor to a port', async () => {
    const { port, seen } = await receiver()
    const dispatcher = clientOf(guardOf(resolverOf(['127.0.0.1']), { ports: [port] }))
    for (const host of ['127.0.0.1', '2130706433', '[::ffff:127.0.0.1]', 'localhost', 'inside.example']) {
      expect((await failureOf(`http://${host}:${port}/`, dispatcher)).code).toBe('address_refused')
    }
    const allowed = clientOf(guardOf(resolverOf(), { allowPrivate: ['127.0.0.1'] }))
    expect((await failureOf(`http://127.0.0.1:${port}/`, allowed)).code).toBe('url_refused')
    expect(seen.connections).toBe(0)
  })

  it('goes to the address that was checked, however often the name changes its answer', async () => {
    const { port, seen } = await receiver()
    const resolver = resolverOf(['127.0.0.1'], ['10.9.9.9'])
    const dispatcher = clientOf(guardOf(resolver, { allowPrivate: ['127.0.0.0/8'], ports: [port] }))
    const { body } = await request(`http://rebound.example:${port}/`, { dispatcher })
    await body.dump()
    expect(seen.connections).toBe(1)
    expect(resolver.asked).toHaveLength(1)
  })

  it('gives up a connection whose peer is not where it may be', async () => {
    const { port } = await receiver()
    const guard = guardOf(resolverOf(['8.8.8.8']), { ports: [port] })
    // A client that asks another resolver than the guard's.
    const astray = buildConnector({
      lookup: ((_name: string, _options: object, answer: (...of: unknown[]) => void) =>
        answer(null, [{ address: '127.0.0.1', family: 4 }])) as never,
    })
    const dispatcher = new Agent({ connect: guard.connector(astray) })
    agents.push(dispatcher)
    const failure = await failureOf(`http://astray.example:${port}/`, dispatcher)
    expect(failure.message).toBe('the connection to astray.example ended up at 127.0.0.1, a loopback address')
  })
})
