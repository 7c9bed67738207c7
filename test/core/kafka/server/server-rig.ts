// The Kafka server over the memory engine, a network of this process and a clock that stands still.

import { expect } from 'vitest'
import { openMemoryEngine } from '../../../../core/engine/memory/memory-engine.js'
import type { LogEngine } from '../../../../core/engine/log-engine.js'
import { type ApiName, apis, type RequestOf, type ResponseOf } from '../../../../core/kafka/protocol/apis.js'
import { FrameSplitter } from '../../../../core/kafka/protocol/frames.js'
import { encodeRequestHeader } from '../../../../core/kafka/protocol/generated/request-header.js'
import { decodeResponseHeader } from '../../../../core/kafka/protocol/generated/response-header.js'
import { type KafkaServer, startKafkaServer } from '../../../../core/kafka/server/kafka-server.js'
import type { ServerSettings } from '../../../../core/kafka/server/request-context.js'
import { MessageReader } from '../../../../core/message/message-reader.js'
import { MessageWriter } from '../../../../core/message/message-writer.js'
import type { ConnectionEvents, Network, NetworkConnection } from '../../../../core/runtime/network.js'
import { nodeWorld } from '../../../../core/runtime/node-world.js'
import type { LogFields, Logger } from '../../../../core/telemetry/logger.js'
import { silentLogger } from '../../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../../core/telemetry/recorder.js'
import { ManualClock, settled } from '../../../support/manual-clock.js'

const address = { host: '127.0.0.1', port: 9092 }
const noTls = (): never => {
  throw new Error('there is no TLS in this network')
}

/** A connection seen from both ends: the server holds it, the test is its peer. */
export class PeerConnection implements NetworkConnection {
  readonly local = address
  readonly remote = { host: '127.0.0.1', port: 50_000 }
  readonly isEncrypted = false
  readonly unsentBytes = 0
  /** Frames without their length, as the peer has got them. */
  readonly frames: Buffer[] = []
  isClosed = false
  isPaused = false
  /** Whether the peer takes what is sent to it. */
  reads = true
  readonly #splitter = new FrameSplitter(200 * 1024 * 1024)
  #events: ConnectionEvents | undefined
  #correlationId = 0

  start(events: ConnectionEvents): void {
    this.#events = events
  }

  write(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) this.#splitter.push(Buffer.from(chunk))
    for (let frame = this.#splitter.next(); frame !== undefined; frame = this.#splitter.next()) this.frames.push(frame)
    return this.reads
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  end(): void {
    this.destroy()
  }

  destroy(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#events?.closed(undefined)
  }

  /** Bytes of the peer. */
  send(bytes: Buffer): void {
    this.#events?.received(bytes)
  }

  /** The peer says that it sends no more. */
  endsSending(): void {
    this.#events?.ended()
  }

  /** The peer has taken all that was written. */
  takesAll(): void {
    this.reads = true
    this.#events?.drained()
  }

  /** Sends a request and resolves with its answer, which has to be the next frame. */
  async ask<Name extends ApiName>(name: Name, version: number, request: RequestOf<Name>): Promise<ResponseOf<Name>> {
    const before = this.frames.length
    this.send(await requestFrame(name, version, request, ++this.#correlationId))
    while (this.frames.length === before && !this.isClosed) await settled()
    const frame = this.frames[before]
    if (frame === undefined) throw new Error('the connection is closed')
    return decodeResponse(name, version, frame, this.#correlationId)
  }
}

/** A request with its length in front. */
export async function requestFrame<Name extends ApiName>(
  name: Name,
  version: number,
  request: RequestOf<Name>,
  correlationId: number,
): Promise<Buffer> {
  const api = apis[name]
  const codec = await codecOf(name, 'request')
  const encode = codec[`encode${api.name}Request`] as (
    writer: MessageWriter,
    message: RequestOf<Name>,
    version: number,
  ) => void
  const writer = new MessageWriter()
  const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId: 'test' }
  encodeRequestHeader(writer, header, version >= api.flexibleFrom ? 2 : 1)
  encode(writer, request, version)
  return framed(Buffer.concat(writer.finish()))
}

/** The bytes behind their length. */
export function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}

export async function decodeResponse<Name extends ApiName>(
  name: Name,
  version: number,
  frame: Buffer,
  correlationId: number,
): Promise<ResponseOf<Name>> {
  const api = apis[name]
  const codec = await codecOf(name, 'response')
  const decode = codec[`decode${api.name}Response`] as (reader: MessageReader, version: number) => ResponseOf<Name>
  const reader = new MessageReader(frame)
  const isFlexible = version >= api.flexibleFrom && name !== 'apiVersions'
  expect(decodeResponseHeader(reader, isFlexible ? 1 : 0)).toEqual({ correlationId })
  const response = decode(reader, version)
  expect(reader.remainingBytes).toBe(0)
  return response
}

async function codecOf(name: ApiName, side: 'request' | 'response'): Promise<Record<string, unknown>> {
  const file = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const path = `../../../../core/kafka/protocol/generated/${file}-${side}.js`
  return (await import(path)) as Record<string, unknown>
}

export interface ServerRig {
  readonly engine: LogEngine
  readonly server: KafkaServer
  readonly clock: ManualClock
  /** What was logged as a warning or an error. */
  readonly said: { readonly event: string; readonly fields: LogFields }[]
  dial(): PeerConnection
  close(): Promise<void>
}

export async function startRig(more: Partial<ServerSettings> = {}): Promise<ServerRig> {
  const clock = new ManualClock()
  const { random } = nodeWorld()
  const engine = await openMemoryEngine({ clock, random, logger: silentLogger })
  const said: { event: string; fields: LogFields }[] = []
  const say = (event: string, fields: LogFields = {}): void => void said.push({ event, fields })
  const logger: Logger = { ...silentLogger, warn: say, error: say, child: () => logger }
  let accept: (connection: NetworkConnection) => void = () => undefined
  const network: Network = {
    async listen(_at, accepts) {
      accept = accepts
      return { address, close() {} }
    },
    listenTls: noTls,
    listenUdp: () => Promise.reject(new Error('the server of Kafka has no datagrams')),
  }
  const settings = { defaultPartitions: 1, autoCreate: true, logDirectory: '/data', ...more }
  const world = { network, clock, random }
  const server = await startKafkaServer({ engine, world, logger, recorder: silentRecorder, listen: address, settings })
  return {
    engine,
    server,
    clock,
    said,
    dial() {
      const connection = new PeerConnection()
      accept(connection)
      return connection
    },
    async close() {
      await server.close()
      await engine.close()
    },
  }
}
