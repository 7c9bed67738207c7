// A client that does nothing wrong, and looks closely at its answers: what it appended comes back byte by byte.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { FrameSplitter } from '../../core/kafka/protocol/frames.js'
import { apis } from '../../core/kafka/protocol/apis.js'
import { decodeApiVersionsResponse } from '../../core/kafka/protocol/generated/api-versions-response.js'
import { encodeApiVersionsRequest } from '../../core/kafka/protocol/generated/api-versions-request.js'
import { decodeFetchResponse } from '../../core/kafka/protocol/generated/fetch-response.js'
import { encodeProduceRequest } from '../../core/kafka/protocol/generated/produce-request.js'
import { decodeProduceResponse } from '../../core/kafka/protocol/generated/produce-response.js'
import { decodeResponseHeader } from '../../core/kafka/protocol/generated/response-header.js'
import { MessageReader } from '../../core/message/message-reader.js'
import { batchField } from '../../core/record/batch-layout.js'
import { encodeBatch } from '../../core/record/encode-batch.js'
import { type EncodedRequest, fetchExchange, framedRequest } from './framed-request.js'

/** Nobody else appends to it. */
export const steadyTopic = 'well.behaved'

const largestAnswerBytes = 64 * 1024 * 1024

interface Exchange<Response> extends EncodedRequest {
  readonly decode: (reader: MessageReader, version: number) => Response
}

export class WellBehavedClient {
  readonly #socket: Socket
  readonly #patienceMs: number
  readonly #splitter = new FrameSplitter(largestAnswerBytes)
  /** Called when something came or the connection was closed, while an answer is awaited. */
  #look: (() => void) | undefined
  #correlationId = 0
  #nextOffset: number

  private constructor(socket: Socket, patienceMs: number, nextOffset: number) {
    this.#socket = socket
    this.#patienceMs = patienceMs
    this.#nextOffset = nextOffset
    socket.on('data', (chunk) => {
      this.#splitter.push(chunk)
      this.#look?.()
    })
    // Its end is seen by who awaits the next answer.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#look?.())
  }

  /** `patienceMs`: an answer that takes longer is a fault. `nextOffset`: as of the client before on the same server. */
  static async connect(port: number, patienceMs: number, nextOffset = 0): Promise<WellBehavedClient> {
    const socket = connect({ host: '127.0.0.1', port })
    const client = new WellBehavedClient(socket, patienceMs, nextOffset)
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
    const appended = await this.append(steadyTopic, batch)
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

  /** What the server says of a batch for partition 0. */
  async append(topic: string, records: Buffer) {
    const topics = [{ name: topic, partitions: [{ index: 0, records }] }]
    const request = { transactionalId: null, acks: -1, timeoutMs: 1000, topics }
    const { topics: answers } = await this.#ask({
      api: apis.produce,
      version: 9,
      encode: (writer, version) => encodeProduceRequest(writer, request, version),
      decode: decodeProduceResponse,
    })
    return answers[0]?.partitions[0]
  }

  get nextOffset(): number {
    return this.#nextOffset
  }

  /** Another client has appended up to there. */
  skipTo(offset: number): this {
    this.#nextOffset = offset
    return this
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

  #read(offset: number) {
    return this.#ask({ ...fetchExchange(steadyTopic, offset, 2 ** 20), decode: decodeFetchResponse })
  }

  async #ask<Response>({ api, version, encode, decode }: Exchange<Response>): Promise<Response> {
    const correlationId = ++this.#correlationId
    const isFlexible = version >= api.flexibleFrom
    this.#socket.write(framedRequest({ api, version, encode }, correlationId))
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
