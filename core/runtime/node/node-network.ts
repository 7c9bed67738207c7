// TCP, TLS and UDP on node:net, node:tls and node:dgram. Nagle's algorithm is off, since an answer is written whole; keep-alive finds peers whose machine is gone.

import { createSocket } from 'node:dgram'
import { createServer, isIPv6, type Server, type Socket } from 'node:net'
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls'
import { messageOf } from '../../errors/tailrace-error.js'
import { runtimeErrors } from '../errors.js'
import type {
  ConnectionEvents,
  DatagramReceiver,
  Network,
  NetworkAddress,
  NetworkConnection,
  NetworkListener,
  TlsIdentity,
} from '../network.js'

const keepAliveMs = 60_000

/** A peer that has connected and not shaken hands holds a descriptor for so long. */
const handshakeMs = 10_000

const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs, allowHalfOpen: true }

/** The machine's own network. */
export const nodeNetwork: Network = {
  listen(at, accept) {
    const server = createServer(socketOptions, (socket) => accept(new SocketConnection(socket)))
    return listening(server, at)
  },
  async listenTls(at, identity, accept) {
    const context = checkedContext(identity)
    const options = { ...socketOptions, ...context, handshakeTimeout: handshakeMs }
    const server = createTlsServer(options, (socket) => accept(new SocketConnection(socket)))
    // A handshake that fails, or never comes, ends its own connection: TLS closes it.
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    const listener = await listening(server, at)
    return { ...listener, renew: (renewed) => server.setSecureContext(checkedContext(renewed)) }
  },
  listenUdp: receiving,
}

/** Datagrams that wait while the process is busy; the system may give less (net.core.rmem_max). */
const datagramBufferBytes = 4 * 1024 * 1024

function receiving(at: NetworkAddress, received: DatagramReceiver): Promise<NetworkListener> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: isIPv6(at.host) ? 'udp6' : 'udp4', recvBufferSize: datagramBufferBytes })
    socket.once('error', (cause) => {
      socket.close()
      reject(listenFailed(at, cause))
    })
    socket.on('message', (message, { address, port }) => received(message, { host: plainHost(address), port }))
    socket.bind({ address: at.host, port: at.port }, () => {
      socket.removeAllListeners('error')
      // What a datagram of ours may still meet (there are none) concerns no sender.
      socket.on('error', () => undefined)
      let isOpen = true
      const close = (): void => {
        if (isOpen) socket.close()
        isOpen = false
      }
      resolve({ address: { host: at.host, port: socket.address().port }, close })
    })
  })
}

function listening(server: Server, at: NetworkAddress): Promise<NetworkListener> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error): void => reject(listenFailed(at, cause))
    server.once('error', refuse)
    server.listen({ host: at.host, port: at.port }, () => {
      server.off('error', refuse)
      // What an accept may still answer (too few descriptors) ends that one connection; the next may succeed.
      server.on('error', () => undefined)
      const bound = server.address()
      const port = typeof bound === 'object' && bound !== null ? bound.port : at.port
      resolve({ address: { host: at.host, port }, close: () => void server.close() })
    })
  })
}

function listenFailed(at: NetworkAddress, cause: Error): Error {
  const message = `cannot listen on ${at.host}:${at.port}: ${messageOf(cause)}`
  return runtimeErrors.make('listen_failed', message, { cause, details: { ...at } })
}

/** What node:tls takes, held against itself: a key that does not belong to its certificate is found here. */
function checkedContext({ certificate, key }: TlsIdentity): { cert: Buffer; key: Buffer; minVersion: 'TLSv1.2' } {
  const context = { cert: certificate, key, minVersion: 'TLSv1.2' } as const
  try {
    createSecureContext(context)
    return context
  } catch (cause) {
    const message = `the certificate or its key is refused: ${messageOf(cause)}`
    throw runtimeErrors.make('tls_refused', message, { cause })
  }
}

class SocketConnection implements NetworkConnection {
  readonly local: NetworkAddress
  readonly remote: NetworkAddress
  readonly isEncrypted: boolean
  readonly #socket: Socket
  #failure: Error | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    this.local = { host: plainHost(socket.localAddress), port: socket.localPort ?? 0 }
    this.remote = { host: plainHost(socket.remoteAddress), port: socket.remotePort ?? 0 }
    this.isEncrypted = socket instanceof TLSSocket
    socket.on('error', (error) => {
      this.#failure = error
    })
  }

  get unsentBytes(): number {
    return this.#socket.writableLength
  }

  start(events: ConnectionEvents): void {
    const socket = this.#socket
    socket.on('data', (chunk) => events.received(chunk))
    socket.on('drain', () => events.drained())
    socket.on('end', () => events.ended())
    socket.on('close', () => events.closed(this.#failure))
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket
    if (socket.destroyed || socket.writableEnded) return true
    // One system call for all chunks, without putting them together.
    socket.cork()
    let hasRoom = true
    for (const chunk of chunks) hasRoom = socket.write(chunk)
    socket.uncork()
    return hasRoom
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

/** Without the prefix of an IPv4 address in IPv6, and without a zone. */
function plainHost(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d)/, '').replace(/%.*$/, '')
}
