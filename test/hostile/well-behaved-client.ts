// A client that does nothing wrong, and looks closely at its answers: what it appended comes back byte by byte.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { FrameSplitter } from '../../core/kafka/protocol/frames.js'
import { apis } from '../../core/kafka/protocol/apis.js'
import { decodeApiVersionsResponse } from '../../core/kafka/protocol/generated/api-versions-response.js'
import { encodeApiVersionsRequest } from '../../core/kafka/protocol/generated/api-versions-request.js'
import { encodeFetchRequest } from '../../core/kafka/protocol/generated/fetch-request.js'
import { decodeFetchResponse } from '../../core/kafka/protocol/generated/fetch-response.js'
import { encodeProduceRequest } from '../../core/kafka/protocol/generated/produce-request.js'
import { decodeProduceResponse } from '../../core/kafka/protocol/generated/produce-response.js'
import { encodeRequestHeader } from '../../core/kafka/protocol/generated/request-header.js'
import { decodeResponseHeader } from '../../core/kafka/protocol/generated/response-header.js'
import { MessageReader } from '../../core/message/message-reader.js'
import { MessageWriter } from '../../core/message/message-writer.js'
import { batchField } from '../../core/record/batch-layout.js'
import { encodeBatch } from '../../core/record/encode-batch.js'

/** Nobody else appends to it. */
export const steadyTopic = 'well.behaved'

const largestAnswerBytes = 64 * 1024 * 1024
const noUuid = '00000000-0000-0000-0000-000000000000'

interface Exchange<Response> {
  readonly api: { readonly key: number; readonly flexibleFrom: number }
  readonly version: number
  readonly encode: (writer: MessageWriter, version: number) => void
  readonly decode: (reader: MessageReader, version: number) => Response
}

export class WellBehavedClient {
  readonly #socket: Socket
  readonly #patienceMs: number
  readonly #splitter = new FrameSplitter(largestAnswerBytes)
  /** Called when something came or the connection was closed, while an answer is awaited. */
  #look: (() => void) | undefined
  #correlationId = 0
  #nextOffset = 0

  private constructor(socket: Socket, patienceMs: number) {
    this.#socket = socket
    this.#patienceMs = patienceMs
    socket.on('data', (chunk) => {
      this.#splitter.push(chunk)
      this.#look?.()
    })
    // Its end is seen by who awaits the next answer.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#look?.())
  }

  /** `patienceMs`: an answer that takes longer is a fault. */
  static async connect(port: number, patienceMs: number): Promise<WellBehavedClient> {
    const socket = connect({ host: '127.0.0.1', port })
    const client = new WellBehavedClient(socket, patienceMs)
    await once(socket, 'connect', { signal: AbortSignal.timeout(patienceMs) })
    return client
  }

  /** Asks for versions, appends a record to `steadyTopic` and reads it back. Throws when any of it is not as it must be. */
  async check(): Promise<void> {
    const { errorCode, apiKeys } = await this.#versions()
    if (errorCode !== 0 || apiKeys.length < 20) throw new Error(`versions: error ${errorCode}, ${apiKeys.length} APIs`)
    const batch = encodeBatch([
      { key: Buffer.from('key'), value: Buffer.from(`record ${this.#nextOffset}`), timestampMs: 1_790_000_000_000 },
    ])
    const appended = (await this.#append(batch)).topics[0]?.partitions[0]
    if (appended?.errorCode !== 0 || appended.baseOffset !== this.#nextOffset) {
      const found = `error ${appended?.errorCode} at offset ${appended?.baseOffset}`
      throw new Error(`appended with ${found}, not at ${this.#nextOffset}`)
    }
    const read = (await this.#read(this.#nextOffset)).topics[0]?.partitions[0]
    const records = read?.records
    const bytes = records instanceof Uint8Array ? Buffer.from(records) : Buffer.concat([...(records ?? [])])
    if (!bytes.subarray(batchField.magic).equals(batch.subarray(batchField.magic))) {
      throw new Error(`offset ${this.#nextOffset} reads with error ${read?.errorCode} as ${bytes.toString('hex')}`)
    }
    this.#nextOffset++
  }

  close(): void {
    this.#socket.destroy()
  }

  #versions() {
    const request = { clientSoftwareName: 'steady', clientSoftwareVersion: '1' }
    return this.#ask({
      api: { key: apis.apiVersions.key, flexibleFrom: Infinity },
      version: 2,
      encode: (writer, version) => encodeApiVersionsRequest(writer, request, version),
      decode: decodeApiVersionsResponse,
    })
  }

  #append(records: Buffer) {
    const topics = [{ name: steadyTopic, partitions: [{ index: 0, records }] }]
    const request = { transactionalId: null, acks: -1, timeoutMs: 1000, topics }
    return this.#ask({
      api: apis.produce,
      version: 9,
      encode: (writer, version) => encodeProduceRequest(writer, request, version),
      decode: decodeProduceResponse,
    })
  }

  #read(fetchOffset: number) {
    const partition = {
      partition: 0,
      currentLeaderEpoch: -1,
      fetchOffset,
      lastFetchedEpoch: -1,
      logStartOffset: -1,
      partitionMaxBytes: 2 ** 20,
      replicaDirectoryId: noUuid,
    }
    const request = {
      ...{ clusterId: null, replicaId: -1, replicaState: null, maxWaitMs: 0, minBytes: 1, maxBytes: 2 ** 20 },
      ...{ isolationLevel: 0, sessionId: 0, sessionEpoch: -1, forgottenTopics: [], rackId: '' },
      topics: [{ topic: steadyTopic, topicId: noUuid, partitions: [partition] }],
    }
    return this.#ask({
      api: apis.fetch,
      version: 12,
      encode: (writer, version) => encodeFetchRequest(writer, request, version),
      decode: decodeFetchResponse,
    })
  }

  async #ask<Response>({ api, version, encode, decode }: Exchange<Response>): Promise<Response> {
    const correlationId = ++this.#correlationId
    const isFlexible = version >= api.flexibleFrom
    const writer = new MessageWriter()
    writer.int32(0)
    const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId: 'steady' }
    encodeRequestHeader(writer, header, isFlexible ? 2 : 1)
    encode(writer, version)
    const frame = Buffer.concat(writer.finish())
    frame.writeInt32BE(frame.length - 4)
    this.#socket.write(frame)
    const reader = new MessageReader(await this.#answer())
    const answered = decodeResponseHeader(reader, isFlexible ? 1 : 0).correlationId
    if (answered !== correlationId) throw new Error(`request ${correlationId} is answered as ${answered}`)
    return decode(reader, version)
  }

  #answer(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer)
        this.#look = undefined
        settle()
      }
      const timer = setTimeout(() => {
        end(() => reject(new Error(`no answer within ${this.#patienceMs} ms`)))
      }, this.#patienceMs)
      this.#look = () => {
        const frame = this.#splitter.next()
        if (frame !== undefined) end(() => resolve(frame))
        else if (this.#socket.destroyed) end(() => reject(new Error('the server has closed the connection')))
      }
      this.#look()
    })
  }
}
