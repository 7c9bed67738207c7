// The door to TCP, TLS and UDP: listening, and connections that others open. Bytes go in and out as they come; who frames
// them, bounds them and closes idle connections is the server behind it.

/** Where one end of a connection is; an IPv4 address that came in over IPv6 stands as IPv4. */
export interface NetworkAddress {
  readonly host: string
  readonly port: number
}

/** What a connection calls on its owner; each at the turn of the event loop in which it happened. */
export interface ConnectionEvents {
  /** Bytes of the peer; the owner may keep them. Not called while paused. */
  received(chunk: Buffer): void
  /** What was written has left the buffer below its high-water mark again. */
  drained(): void
  /** The peer sends no more; it may still read. */
  ended(): void
  /** Once, last: both sides are closed. The error is the system's, such as a reset. */
  closed(error: Error | undefined): void
}

/** One TCP connection, owned by who accepted it. */
export interface NetworkConnection {
  /** The address that the peer dialled. */
  readonly local: NetworkAddress
  readonly remote: NetworkAddress
  /** Does TLS hide the bytes from others? */
  readonly isEncrypted: boolean
  /** Once, in the turn in which the connection was accepted; nothing is called before. */
  start(events: ConnectionEvents): void
  /** The chunks are left alone by the caller from now on. False when the buffer is full: `drained` follows. */
  write(chunks: readonly Uint8Array[]): boolean
  /** Bytes that were written and that the system has not taken yet. */
  readonly unsentBytes: number
  pause(): void
  resume(): void
  /** Sends what was written, then closes. */
  end(): void
  /** Closes at once; what was not sent is lost. Twice is fine. */
  destroy(): void
}

export interface NetworkListener {
  /** With the port that was picked. */
  readonly address: NetworkAddress
  /** Accepts no more; connections stay. Twice is fine. */
  close(): void
}

/** What a listener shows its clients, as PEM. */
export interface TlsIdentity {
  /** The certificate with its chain. */
  readonly certificate: Buffer
  readonly key: Buffer
}

export interface TlsListener extends NetworkListener {
  /** From the next handshake on. Errors: tls_refused, and the identity before stays. */
  renew(identity: TlsIdentity): void
}

/** Takes one datagram, whose bytes it may keep. */
export type DatagramReceiver = (message: Buffer, from: NetworkAddress) => void

export interface Network {
  /** Errors: listen_failed. */
  listen(at: NetworkAddress, accept: (connection: NetworkConnection) => void): Promise<NetworkListener>
  /** As `listen`, but a connection is accepted behind its TLS handshake. Errors: listen_failed, tls_refused. */
  listenTls(
    at: NetworkAddress,
    identity: TlsIdentity,
    accept: (connection: NetworkConnection) => void,
  ): Promise<TlsListener>
  /** UDP; the system drops what comes while its buffer is full, and tells nobody. Errors: listen_failed. */
  listenUdp(at: NetworkAddress, received: DatagramReceiver): Promise<NetworkListener>
}
