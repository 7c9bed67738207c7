// One request from its frame to the chunks of its answer.

import type { ServerParts } from './request-context.js'
import type { NetworkAddress } from '../../runtime/network.js'
import { apis } from '../protocol/apis.js'
import { encodeResponseFrame, openRequest } from '../protocol/envelope.js'
import { kafkaServerErrors } from './errors.js'
import { servedBy } from './handler-table.js'
import { unsupportedVersionAnswer } from './handlers/api-versions.js'

/** Who asks. */
export interface Asker {
  readonly peerHost: string
  readonly advertised: NetworkAddress
  /** Aborted when the connection or the server closes. */
  readonly signal: AbortSignal
}

export interface Answered {
  /** The API's name, for metrics. */
  readonly api: string
  /** Undefined when the request is one without an answer. */
  readonly chunks: readonly Buffer[] | undefined
}

/**
 * Answers one request. Errors: kafka_peer_refused for an API or a version that is not served, malformed_message, and what
 * ends the connection in a handler.
 */
export async function answerRequest(frame: Buffer, asker: Asker, parts: ServerParts): Promise<Answered> {
  const { header, body } = openRequest(frame)
  const { requestApiKey: key, requestApiVersion: apiVersion, correlationId, clientId } = header
  const served = servedBy(key)
  if (served === undefined) throw refusal(`API ${key} is not served`, key, apiVersion)
  const { api, handle } = served
  if (apiVersion < api.minVersion || apiVersion > api.maxVersion) {
    if (key !== apis.apiVersions.key) {
      const range = `${api.minVersion} to ${api.maxVersion}`
      throw refusal(`version ${apiVersion} of ${api.name} is not served; ${range} are`, key, apiVersion)
    }
    // The one answer that a client can read whatever it speaks; it then asks again.
    const answer = unsupportedVersionAnswer(api)
    return { api: api.name, chunks: encodeResponseFrame(api, { version: 0, correlationId }, answer) }
  }
  const request = api.decodeRequest(body, apiVersion)
  const response = await handle(request, { ...parts, ...asker, apiVersion, clientId: clientId ?? '' })
  if (response === undefined) return { api: api.name, chunks: undefined }
  return { api: api.name, chunks: encodeResponseFrame(api, { version: apiVersion, correlationId }, response) }
}

function refusal(message: string, key: number, version: number): Error {
  return kafkaServerErrors.make('kafka_peer_refused', message, { details: { api: key, version } })
}
