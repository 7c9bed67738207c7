import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import type { NetworkConnection, NetworkListener, TlsIdentity, TlsListener } from '../../../../core/runtime/network.js'
import { nodeNetwork } from '../../../../core/runtime/node/node-network.js'
import { firstIdentity, secondIdentity, type TlsSample } from '../../../kafka/tls-samples.js'

const open: { close?(): void; destroy?(): void }[] = []

afterEach(() => {
  for (const one of open.splice(0)) {
    one.close?.()
    one.destroy?.()
  }
})

interface Accepted {
  readonly connection: NetworkConnection
  readonly received: Buffer[]
  readonly ended: Promise<void>
  readonly closed: Promise<Error | undefined>
}

async function listen(host: string): Promise<{ listener: NetworkListener; accepted: Promise<Accepted> }> {
  let accept: (accepted: Accepted) => void = () => undefined
  const accepted = new Promise<Accepted>((resolve) => {
    accept = resolve
  })
  const listener = await nodeNetwork.listen({ host, port: 0 }, (connection) => {
    const received: Buffer[] = []
    let end = (): void => undefined
    let close: (error: Error | undefined) => void = () => undefined
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const closed = new Promise<Error | undefined>((resolve) => {
      close = resolve
    })
    connection.start({ received: (chunk) => received.push(chunk), drained() {}, ended: end, closed: close })
    accept({ connection, received, ended, closed })
  })
  open.push(listener)
  return { listener, accepted }
}

async function dial({ address }: NetworkListener, host: string): Promise<Socket> {
  const socket = connect({ host, port: address.port, allowHalfOpen: true })
  open.push(socket)
  await once(socket, 'connect')
  return socket
}

describe('TCP of this machine', () => {
  it('answers a peer that has ended its side, then closes', async () => {
    const { listener, accepted } = await listen('127.0.0.1')
    const socket = await dial(listener, '127.0.0.1')
    socket.end('question')
    const { connection, received, ended, closed } = await accepted
    await ended
    expect(Buffer.concat(received).toString()).toBe('question')
    const answer: Buffer[] = []
    socket.on('data', (chunk: Buffer) => answer.push(chunk))
    const sent = once(socket, 'end')
    connection.write([Buffer.from('ans'), Buffer.from('wer')])
    connection.end()
    await sent
    expect(Buffer.concat(answer).toString()).toBe('answer')
    expect(await closed).toBeUndefined()
  })

  it('names the address that was dialled, an IPv4 one as such', async () => {
    const { listener, accepted } = await listen('::')
    const socket = await dial(listener, '127.0.0.1')
    const { connection } = await accepted
    expect(connection.local).toEqual({ host: '127.0.0.1', port: listener.address.port })
    expect(connection.remote).toEqual({ host: '127.0.0.1', port: socket.localPort })
  })

  it('refuses a port that is taken', async () => {
    const { listener } = await listen('127.0.0.1')
    await expect(nodeNetwork.listen(listener.address, () => undefined)).rejects.toMatchObject({
      code: 'listen_failed',
      message: expect.stringContaining('EADDRINUSE'),
    })
  })
})

describe('TLS of this machine', () => {
  const identityOf = ({ certificate, key }: TlsSample): TlsIdentity => {
    return { certificate: Buffer.from(certificate), key: Buffer.from(key) }
  }

  async function echo(identity: TlsIdentity): Promise<TlsListener> {
    const listener = await nodeNetwork.listenTls({ host: '127.0.0.1', port: 0 }, identity, (connection) => {
      expect(connection.isEncrypted).toBe(true)
      connection.start({
        received: (chunk) => connection.write([chunk]),
        drained() {},
        ended: () => connection.end(),
        closed() {},
      })
    })
    open.push(listener)
    return listener
  }

  /** What comes back of a word over TLS, from who shows this certificate. */
  async function said({ address }: NetworkListener, { certificate }: TlsSample): Promise<string> {
    const socket = connectTls({ host: '127.0.0.1', port: address.port, ca: [certificate] })
    open.push(socket)
    await once(socket, 'secureConnect')
    socket.write('word')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return answer.toString()
  }

  it('carries bytes behind the handshake, and shows a renewed certificate from the next one on', async () => {
    const listener = await echo(identityOf(firstIdentity))
    expect(await said(listener, firstIdentity)).toBe('word')
    listener.renew(identityOf(secondIdentity))
    expect(await said(listener, secondIdentity)).toBe('word')
    await expect(said(listener, firstIdentity)).rejects.toThrow(/self-signed/)
  })

  it('refuses a key of another certificate, and keeps the identity that it has', async () => {
    const mixed = { ...identityOf(firstIdentity), key: Buffer.from(secondIdentity.key) }
    await expect(echo(mixed)).rejects.toMatchObject({ code: 'tls_refused' })
    const listener = await echo(identityOf(firstIdentity))
    expect(() => listener.renew(mixed)).toThrow(expect.objectContaining({ code: 'tls_refused' }))
    expect(await said(listener, firstIdentity)).toBe('word')
  })

  it('closes who does not speak TLS, and goes on', async () => {
    const listener = await echo(identityOf(firstIdentity))
    const socket = await dial(listener, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.resume()
    socket.write('GET / HTTP/1.1\r\n\r\n')
    await once(socket, 'end')
    expect(await said(listener, firstIdentity)).toBe('word')
  })
})
