// A socket that speaks just enough of the protocol for a foreign client to go on, and keeps each request that it sends.
//
// `ceiling` lowers every version that is offered, so that one client shows several. A response is what the table has
// for absent fields, but where a client would stop there.

import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { apiByKey, apis } from '../../../../core/kafka/protocol/apis.js'
import type { AnyApi } from '../../../../core/kafka/protocol/apis.js'
import type { ApiDeclaration } from '../../../../core/kafka/protocol/declare-api.js'
import { encodeResponseFrame, openRequest } from '../../../../core/kafka/protocol/envelope.js'
import { FrameSplitter } from '../../../../core/kafka/protocol/frames.js'
import type { PlainMessage } from '../../message/arbitrary-message.js'
import { defaultOf } from '../../message/field-default.js'
import { answers } from './recording-answers.js'

export interface RecordedRequest {
  readonly api: string
  readonly version: number
  /** The frame without its length. */
  readonly hex: string
}

export interface RecordingBroker {
  readonly port: number
  readonly requests: readonly RecordedRequest[]
  close(): Promise<void>
}

/** Listens on loopback. `versionsBelow` is how far the offered versions stay below the greatest that we have. */
export async function startRecordingBroker(
  declared: readonly ApiDeclaration[],
  versionsBelow: number,
): Promise<RecordingBroker> {
  const requests: RecordedRequest[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    const splitter = new FrameSplitter(1 << 24)
    let answered = Promise.resolve()
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      splitter.push(chunk)
      for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
        const whole = frame
        // What is no request, as the raw tokens behind SaslHandshake 0, ends the connection.
        answered = answered.then(() => respond(socket, whole)).catch(() => void socket.destroy())
      }
    })
  })

  async function respond(socket: Socket, frame: Buffer): Promise<void> {
    const { header, body } = openRequest(frame)
    const api = apiByKey(header.requestApiKey)
    if (api === undefined) return void socket.destroy()
    const version = header.requestApiVersion
    requests.push({ api: api.name, version, hex: frame.toString('hex') })
    const offered = ceiling(api, versionsBelow)
    const to = { version: version > offered ? 0 : version, correlationId: header.correlationId }
    const declaration = declared.find((one) => one.key === api.key)!
    const request = version > offered ? {} : (api.decodeRequest(body, version) as PlainMessage)
    const response = {
      ...emptyResponse(declaration),
      ...answers[api.name]?.(request, port()),
      ...(api.key === apis.apiVersions.key ? offer(version > offered, versionsBelow) : {}),
    }
    // An empty fetch that came back at once would be asked again at once.
    if (api.key === apis.fetch.key) await new Promise((resolve) => setTimeout(resolve, 50))
    if (request['acks'] === 0) return
    for (const chunk of encodeResponseFrame(api as never, to, response as never)) socket.write(chunk)
  }

  const port = (): number => (server.address() as AddressInfo).port
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: port(),
    requests,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** ApiVersions goes down last: a client that is refused there shows nothing else. */
function ceiling(api: AnyApi, versionsBelow: number): number {
  const below = api.key === apis.apiVersions.key ? versionsBelow - 9 : versionsBelow
  return Math.min(api.maxVersion, Math.max(api.minVersion, api.maxVersion - below))
}

function offer(isUnsupported: boolean, versionsBelow: number): PlainMessage {
  const apiKeys = Object.values<AnyApi>(apis).map((api) => ({
    apiKey: api.key,
    minVersion: api.advertisedFrom,
    maxVersion: ceiling(api, versionsBelow),
  }))
  return { errorCode: isUnsupported ? 35 : 0, apiKeys }
}

function emptyResponse(declared: ApiDeclaration): PlainMessage {
  const fields = Object.entries(declared.response.fields)
  return Object.fromEntries(fields.map(([name, field]) => [name, defaultOf(field)]))
}
