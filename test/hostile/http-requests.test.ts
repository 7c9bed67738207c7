// What no honest client sends to the listener of HTTP sources. After each of them the log holds whole requests only, and
// the next client is answered as if nothing had been.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HttpSite } from '../connectors/http/site.js'
import { RawClient, rawRequest } from './raw-http.js'

let site: HttpSite
const clients: RawClient[] = []

/** Short times, so that the test does not wait for those of the product. */
const limits = { headersMs: 150, requestMs: 300, keepAliveMs: 5_000, checkMs: 30, lingerMs: 100 }

beforeEach(async () => {
  site = await HttpSite.open({ limits })
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await site.close()
})

async function dial(): Promise<RawClient> {
  const client = await RawClient.open(site.port)
  clients.push(client)
  return client
}

/** The next client is served, and the log holds just what was answered with 202. */
async function expectOnly(values: readonly string[]): Promise<void> {
  expect((await site.json('"next"')).status).toBe(202)
  expect(await site.values()).toEqual([...values, '"next"'])
  while (site.ingest.bodyBytes > 0) await new Promise((resolve) => setImmediate(resolve))
}

/** The listener hears of a connection that is gone a moment after its client. */
async function connectionsLeft(count: number): Promise<void> {
  while (site.ingest.connectionCount > count) await new Promise((resolve) => setImmediate(resolve))
}

const smuggled = rawRequest({ body: '"smuggled"' })

describe('a request that two servers could cut differently', () => {
  it.each([
    ['both lengths', ['content-length: 4', 'transfer-encoding: chunked'], `0\r\n\r\n${smuggled}`],
    ['both lengths, the other way round', ['transfer-encoding: chunked', 'content-length: 4'], `0\r\n\r\n${smuggled}`],
    ['two lengths', ['content-length: 1', 'content-length: 200'], `1${smuggled}`],
    ['two equal lengths', ['content-length: 1', 'content-length: 1'], `1${smuggled}`],
    ['a list of lengths', ['content-length: 1, 1'], `1${smuggled}`],
    ['a length with a sign', ['content-length: +1'], `1${smuggled}`],
    ['a length in hexadecimal', ['content-length: 0x1'], `1${smuggled}`],
    ['a length with a space before its colon', ['content-length : 1'], `1${smuggled}`],
    ['a coding behind chunked', ['transfer-encoding: chunked, identity'], `0\r\n\r\n${smuggled}`],
    ['a coding before chunked', ['transfer-encoding: gzip, chunked'], `0\r\n\r\n${smuggled}`],
    ['chunked twice', ['transfer-encoding: chunked', 'transfer-encoding: chunked'], `0\r\n\r\n${smuggled}`],
    ['a coding that is nearly chunked', ['transfer-encoding: xchunked'], `0\r\n\r\n${smuggled}`],
    ['a folded header', ['x: 1', ' content-length: 1'], `1${smuggled}`],
    ['a line feed in a header', ['x: 1\ncontent-length: 5'], `1${smuggled}`],
    ['a null byte in a header', ['x: 1\0', 'content-length: 1'], `1${smuggled}`],
    ['a size of a chunk that is none', ['transfer-encoding: chunked'], `zz\r\n"x"\r\n0\r\n\r\n${smuggled}`],
    ['a size of a chunk beyond all numbers', ['transfer-encoding: chunked'], `ffffffffffffffff1\r\n"x"\r\n${smuggled}`],
    ['a chunk without its end', ['transfer-encoding: chunked'], `3\r\n"x"0\r\n\r\n${smuggled}`],
    ['a chunk that is longer than it says', ['transfer-encoding: chunked'], `3\r\n"xyz"\r\n0\r\n\r\n${smuggled}`],
  ])('is refused, and nothing behind it is taken: %s', async (_name, headers, body) => {
    const client = await dial()
    client.send(rawRequest({ headers, body }))
    const text = await client.all()
    expect(text).not.toContain('HTTP/1.1 2')
    expect(text).toMatch(/^(HTTP\/1\.1 4|$)/)
    await expectOnly([])
  })

  it.each([
    ['no host', 'POST /in HTTP/1.1\r\ncontent-length: 1\r\n\r\n1'],
    [
      'two hosts',
      'POST /in HTTP/1.1\r\nhost: 127.0.0.1\r\nhost: evil\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n1',
    ],
    [
      'another host in its target',
      'POST http://evil/in HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n1',
    ],
    ['an empty host', 'POST /in HTTP/1.1\r\nhost:\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n1'],
    ['no HTTP', 'hello, is anybody there?\r\n\r\n'],
    ['a handshake of TLS', Buffer.from('16030100c6010000c20303', 'hex')],
    ['a method that is none', 'POST\0 /in HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'],
  ])('is refused: %s', async (_name, bytes) => {
    const client = await dial()
    client.send(bytes)
    const [status] = await client.statuses(1)
    expect(status === undefined || (status >= 400 && status < 500)).toBe(true)
    await expectOnly([])
  })
})

describe('a request that comes in pieces', () => {
  it('is refused with 411 when it says nothing of a body', async () => {
    const client = await dial()
    client.send(rawRequest({ headers: [] }))
    expect(await client.statuses(1)).toEqual([411])
    await expectOnly([])
  })

  it('is refused with 431 when its head has no end', async () => {
    const client = await dial()
    client.send(rawRequest({ headers: [`x: ${'a'.repeat(17_000)}`] }))
    expect((await client.all()).startsWith('HTTP/1.1 431')).toBe(true)
    await expectOnly([])
  })

  it('is refused with 408 when its head does not end in time', async () => {
    const client = await dial()
    client.send('POST /in HTTP/1.1\r\nhost: 127')
    const slowly = setInterval(() => client.send('.'), 20)
    const text = await client.all()
    clearInterval(slowly)
    expect(text.startsWith('HTTP/1.1 408')).toBe(true)
    await expectOnly([])
  })

  it('is refused with 408 when its body does not end in time', async () => {
    const client = await dial()
    client.send(rawRequest({ headers: ['content-length: 1000'], body: '"' }))
    const slowly = setInterval(() => client.send('a'), 20)
    const text = await client.all()
    clearInterval(slowly)
    expect(text.startsWith('HTTP/1.1 408')).toBe(true)
    await expectOnly([])
  })

  it.each([
    ['of a stated length', ['content-length: 1000']],
    ['in chunks', ['transfer-encoding: chunked']],
  ])('leaves nothing behind when the client is gone in the middle of a body %s', async (_name, headers) => {
    const client = await dial()
    client.send(rawRequest({ headers, body: headers[0] === 'transfer-encoding: chunked' ? '3\r\n"x"\r\n' : '"x"' }))
    await new Promise((resolve) => client.socket.end(() => resolve(undefined)))
    client.destroy()
    await expectOnly([])
  })

  it('is taken when it comes byte by byte, but in time', async () => {
    const client = await dial()
    for (const byte of rawRequest({ body: '"slow"' })) {
      client.send(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await client.statuses(1)).toEqual([202])
    await expectOnly(['"slow"'])
  })
})

describe('a client that expects', () => {
  it('100-continue is told to go on only when its head is good', async () => {
    const good = await dial()
    good.send(rawRequest({ headers: ['content-length: 6', 'expect: 100-continue'] }))
    expect(await good.statuses(1)).toEqual([100])
    good.send('"good"')
    expect(await good.statuses(2)).toEqual([100, 202])
    const large = await dial()
    large.send(rawRequest({ headers: ['content-length: 99999999', 'expect: 100-continue'] }))
    expect((await large.all()).startsWith('HTTP/1.1 413')).toBe(true)
    await expectOnly(['"good"'])
  })

  it('anything else is refused with 417', async () => {
    const client = await dial()
    client.send(rawRequest({ headers: ['content-length: 1', 'expect: the-unexpected'], body: '1' }))
    expect((await client.all()).startsWith('HTTP/1.1 417')).toBe(true)
    await expectOnly([])
  })
})

describe('a client that does not wait', () => {
  it('gets its answers in the order of its requests', async () => {
    const client = await dial()
    client.send(['"a"', '{', '"c"'].map((body) => rawRequest({ body })).join(''))
    expect(await client.statuses(3)).toEqual([202, 400, 202])
    await expectOnly(['"a"', '"c"'])
  })

  it('gets the answer of what was whole before what is none', async () => {
    const client = await dial()
    client.send(`${rawRequest({ body: '"whole"' })}NONSENSE\r\n\r\n`)
    const text = await client.all()
    expect(text.startsWith('HTTP/1.1 202')).toBe(true)
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1)
    await expectOnly(['"whole"'])
  })

  it('gets its refusal although it sends on and on', async () => {
    const client = await dial()
    client.send(rawRequest({ headers: ['content-length: 99999999'] }))
    const sending = setInterval(() => client.send('x'.repeat(10_000)), 1)
    const text = await client.all()
    clearInterval(sending)
    expect(text.startsWith('HTTP/1.1 413')).toBe(true)
    await expectOnly([])
  })

  it('keeps its connection when a small body that nobody wants is over', async () => {
    const client = await dial()
    client.send(`${rawRequest({ body: '1' }).replace('/in', '/nowhere')}${rawRequest({ body: '"kept"' })}`)
    expect(await client.statuses(2)).toEqual([404, 202])
    await expectOnly(['"kept"'])
  })
})

describe('many connections', () => {
  it('of one address, slow ones, leave others their turn, and end in time', async () => {
    await site.close()
    site = await HttpSite.open({ limits: { ...limits, connectionsOfOne: 250 } })
    const slow = await Promise.all(Array.from({ length: 200 }, () => dial()))
    for (const [index, client] of slow.entries()) {
      const request = rawRequest({ headers: ['content-length: 100000'], body: '"x' })
      client.send(request.slice(0, 10 + index))
    }
    expect((await site.json('"between"')).status).toBe(202)
    await Promise.all(slow.map((client) => client.all()))
    await expectOnly(['"between"'])
  })

  it('of one address beyond what one may have are closed at once', async () => {
    await site.close()
    site = await HttpSite.open({ limits: { ...limits, headersMs: 5_000, requestMs: 5_000, connectionsOfOne: 3 } })
    await connectionsLeft(0)
    const held = await Promise.all([dial(), dial(), dial()])
    const beyond = await dial()
    expect(await beyond.all()).toBe('')
    held[0]!.send(rawRequest({ body: '"held"' }))
    expect(await held[0]!.statuses(1)).toEqual([202])
    held[1]!.destroy()
    await connectionsLeft(2)
    await expectOnly(['"held"'])
  })

  it('that fill the memory for bodies are told to come again, and the memory comes back', async () => {
    await site.close()
    site = await HttpSite.open({ limits: { ...limits, requestMs: 5_000, bodyBytes: 100_000 } })
    const holding = await dial()
    holding.send(rawRequest({ headers: ['content-length: 90002'], body: `"${'x'.repeat(89_000)}` }))
    while (site.ingest.bodyBytes < 89_000) await new Promise((resolve) => setImmediate(resolve))
    const refused = await site.json(`"${'y'.repeat(20_000)}"`)
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    const rest = `${'x'.repeat(1_000)}"`
    holding.send(rest)
    expect(await holding.statuses(1)).toEqual([202])
    await expectOnly([`"${'x'.repeat(90_000)}"`])
  })
})
