// What is around the body of a request and of a response: the header, whose version follows from the body's, and in
// front of a response its length.

import { readInt16, writeInt32 } from '../../bytes/big-endian.js'
import { invariant } from '../../errors/invariant.js'
import { MessageReader } from '../../message/message-reader.js'
import { MessageWriter } from '../../message/message-writer.js'
import type { Api } from './apis.js'
import { apiByKey, apis } from './apis.js'
import type { RequestHeader } from './generated/request-header.js'
import { decodeRequestHeader } from './generated/request-header.js'
import { encodeResponseHeader } from './generated/response-header.js'

/** A request whose header was read; the reader stands at its body. */
export interface OpenedRequest {
  readonly header: RequestHeader
  readonly body: MessageReader
}

/**
 * Reads the header of a request. One of an unknown API, or of a version without codecs, is opened too: whoever answers
 * decides about it.
 *
 * Errors: malformed_message.
 */
export function openRequest(frame: Uint8Array): OpenedRequest {
  const body = new MessageReader(frame)
  const isFlexible = frame.length >= 4 && readInt16(frame, 2) >= flexibleFrom(readInt16(frame, 0))
  return { header: decodeRequestHeader(body, isFlexible ? 2 : 1), body }
}

/** An unknown API is read without tags: nothing of it is used but the fields before them. */
function flexibleFrom(key: number): number {
  return apiByKey(key)?.flexibleFrom ?? Infinity
}

/** What a response answers. */
export interface ResponseTo {
  readonly version: number
  readonly correlationId: number
}

/** Room for most responses but those to administration, whose buffer grows. */
const firstResponseBytes = 1024

/** The frame of a response, in chunks for one writev; record sets are among them as they were given. */
export function encodeResponseFrame<Response>(
  api: Api<unknown, Response>,
  to: ResponseTo,
  response: Response,
): readonly Buffer[] {
  const writer = new MessageWriter(firstResponseBytes)
  writer.int32(0)
  // ApiVersions answers with header 0 in every version: a client that asks does not know yet what the broker speaks.
  const isFlexible = to.version >= api.flexibleFrom && api.key !== apis.apiVersions.key
  encodeResponseHeader(writer, { correlationId: to.correlationId }, isFlexible ? 1 : 0)
  api.encodeResponse(writer, response, to.version)
  const chunks = writer.finish()
  const [first] = chunks
  invariant(first !== undefined, 'a frame begins with its length')
  writeInt32(first, 0, writer.sizeBytes - 4)
  return chunks
}
