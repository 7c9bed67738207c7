// The syslog source: messages over UDP, TCP or TLS become records.
//
// Senders get no answer, as syslog has none: what was read and is not in the log yet is lost with the process. A clean
// stop brings it there first.

import { resolve } from 'node:path'
import type { PushContext, PushSource, WriterFactory } from '../../core/connector/push-source.js'
import { messageOf } from '../../core/errors/tailrace-error.js'
import { present } from '../../core/errors/invariant.js'
import type { NetworkConnection, NetworkListener } from '../../core/runtime/network.js'
import { listenAddressText, parseListenAddress } from '../../core/security/listen-address.js'
import { AllowedRanges } from '../../core/security/outgoing/address-ranges.js'
import { TlsFiles } from '../../core/security/tls-files.js'
import { Connections } from './connections.js'
import { syslogErrors } from './errors.js'
import { Intake, Sender } from './intake.js'
import type { SyslogSettings } from './settings.js'

/** Of senders of datagrams; the headers of their records are made once for each. */
const mostKnownSenders = 1000

export function create(settings: SyslogSettings): PushSource {
  return new SyslogSource(settings)
}

/** Takes nothing more; twice is fine. */
type Stop = () => void

class SyslogSource implements PushSource {
  readonly #settings: SyslogSettings
  readonly #senders: AllowedRanges | undefined
  readonly #known = new Map<string, Sender>()
  #context: PushContext | undefined
  #connections: Connections | undefined
  #intake: Intake | undefined

  constructor(settings: SyslogSettings) {
    this.#settings = settings
    this.#senders = settings.senders.length === 0 ? undefined : new AllowedRanges(settings.senders)
  }

  async open(context: PushContext): Promise<void> {
    this.#context = context
  }

  async serve(writers: WriterFactory, signal: AbortSignal): Promise<void> {
    const context = present(this.#context, 'the context of a source that was opened')
    const intake = new Intake(this.#settings, context, () => this.#connections?.resume())
    const connections = new Connections(this.#settings, context.clock, intake)
    this.#connections = connections
    this.#intake = intake
    const stop = await this.#listen(context, intake, connections)
    const ended = async (): Promise<void> => {
      if (!signal.aborted) {
        await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }))
      }
      stop()
      connections.close()
      await connections.closed()
      intake.end()
    }
    try {
      await Promise.all([intake.run(writers), ended()])
    } finally {
      stop()
      connections.close()
    }
  }

  async close(): Promise<void> {
    this.#connections?.close()
    await this.#connections?.closed()
    this.#intake?.close()
  }

  /** Errors: syslog_address_unusable, tls_unusable, tls_refused. */
  async #listen(
    { network, files, clock, logger, baseDirectory }: PushContext,
    intake: Intake,
    connections: Connections,
  ): Promise<Stop> {
    const { transport, tls } = this.#settings
    const at = parseListenAddress(this.#settings.listen)
    const accept = (connection: NetworkConnection): void => {
      if (this.#mayCome(connection.remote.host)) connections.accept(connection)
      else {
        intake.refuse('sender')
        connection.destroy()
      }
    }
    const opened = (listener: NetworkListener): void => {
      logger.info('listening for syslog', { transport, address: listenAddressText(listener.address) })
    }
    try {
      if (tls !== undefined) {
        const certificatePath = resolve(baseDirectory, tls.certificate)
        const identity = new TlsFiles({
          files,
          clock,
          certificatePath,
          keyPath: resolve(baseDirectory, tls.key),
          renewed: (error) => {
            if (error === undefined) logger.info('the certificate of a syslog source was renewed', { certificatePath })
            else logger.error('a renewed certificate is refused; the one before stays', { error, certificatePath })
          },
        })
        const listener = await network.listenTls(at, await identity.read(), accept)
        const watch = identity.watch((pair) => listener.renew(pair))
        opened(listener)
        return () => {
          watch.cancel()
          listener.close()
        }
      }
      const listener =
        transport === 'udp'
          ? await network.listenUdp(at, (message, { host }) => this.#datagram(intake, message, host))
          : await network.listen(at, accept)
      opened(listener)
      return () => listener.close()
    } catch (cause) {
      if (!isListenFailure(cause)) throw cause
      throw syslogErrors.make('syslog_address_unusable', messageOf(cause), { cause })
    }
  }

  #datagram(intake: Intake, message: Buffer, host: string): void {
    if (!this.#mayCome(host)) intake.refuse('sender')
    else if (intake.isFull) intake.refuse('buffer_full')
    else {
      const end = endOfDatagram(message)
      const { maxMessage } = this.#settings
      if (end > 0)
        intake.add(
          this.#senderAt(host),
          message.subarray(0, Math.min(end, maxMessage)),
          end > maxMessage ? end : undefined,
        )
    }
  }

  #senderAt(host: string): Sender {
    const known = this.#known.get(host)
    if (known !== undefined) return known
    if (this.#known.size >= mostKnownSenders) this.#known.clear()
    const sender = new Sender(host, this.#settings.transport)
    this.#known.set(host, sender)
    return sender
  }

  #mayCome(host: string): boolean {
    return this.#senders === undefined || this.#senders.includes(host)
  }
}

/** A datagram is one message, which some senders end as if it were a line. */
function endOfDatagram(message: Buffer): number {
  let end = message.length
  while (end > 0 && (message[end - 1] === 0x0a || message[end - 1] === 0x0d || message[end - 1] === 0)) end--
  return end
}

function isListenFailure(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { readonly code?: unknown }).code === 'listen_failed'
}
