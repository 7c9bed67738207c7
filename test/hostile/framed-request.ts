// Requests as they go to the socket.

import { apis } from '../../core/kafka/protocol/apis.js'
import { encodeFetchRequest } from '../../core/kafka/protocol/generated/fetch-request.js'
import { encodeRequestHeader } from '../../core/kafka/protocol/generated/request-header.js'
import { MessageWriter } from '../../core/message/message-writer.js'

export interface EncodedRequest {
  readonly api: { readonly key: number; readonly flexibleFrom: number }
  readonly version: number
  readonly encode: (writer: MessageWriter, version: number) => void
}

const noUuid = '00000000-0000-0000-0000-000000000000'

/** With its length and its header. */
export function framedRequest({ api, version, encode }: EncodedRequest, correlationId: number): Buffer {
  const writer = new MessageWriter()
  writer.int32(0)
  const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId: 'steady' }
  encodeRequestHeader(writer, header, version >= api.flexibleFrom ? 2 : 1)
  encode(writer, version)
  const frame = Buffer.concat(writer.finish())
  frame.writeInt32BE(frame.length - 4)
  return frame
}

/** A Fetch of partition 0, answered at once. */
export function fetchExchange(topic: string, fetchOffset: number, maxBytes: number): EncodedRequest {
  const partition = {
    ...{ partition: 0, fetchOffset, partitionMaxBytes: maxBytes },
    ...{ currentLeaderEpoch: -1, lastFetchedEpoch: -1, logStartOffset: -1, replicaDirectoryId: noUuid },
  }
  const request = {
    ...{ clusterId: null, replicaId: -1, replicaState: null, maxWaitMs: 0, minBytes: 1, maxBytes },
    ...{ isolationLevel: 0, sessionId: 0, sessionEpoch: -1, forgottenTopics: [], rackId: '' },
    topics: [{ topic, topicId: noUuid, partitions: [partition] }],
  }
  return { api: apis.fetch, version: 12, encode: (writer, version) => encodeFetchRequest(writer, request, version) }
}
