// Frames for a Kafka server, without end and the same for a seed: requests of every API and version that it serves, one
// after the other, as they are or with something wrong.

import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { encodeRequestHeader } from '../../core/kafka/protocol/generated/request-header.js'
import { servedApis } from '../../core/kafka/server/handler-table.js'
import type { MessageDeclaration } from '../../core/message/declare.js'
import { MessageWriter } from '../../core/message/message-writer.js'
import { prepareZstd } from '../../core/record/zstd.js'
import { declaredApis, protocolFolder } from '../core/kafka/protocol/declarations.js'
import type { PlainMessage } from '../core/message/arbitrary-message.js'
import type { SeededRandom } from '../simulation/world/seeded-random.js'
import { BatchPool } from './batch-pool.js'
import { mutations } from './frame-mutations.js'
import { PlausibleMessages, type ServerView } from './plausible-message.js'

/** One API in one of its versions. */
export interface Cell {
  readonly key: number
  readonly name: string
  readonly version: number
}

interface RequestCodec extends Cell {
  readonly declared: MessageDeclaration
  readonly isFlexible: boolean
  readonly encode: (writer: MessageWriter, message: PlainMessage, version: number) => void
}

/** What a request of this cell is called in reports. */
export function cellName({ name, version }: Pick<Cell, 'name' | 'version'>): string {
  return `${name} ${version}`
}

/** All that the server's own table of handlers serves: an API that is added there is attacked by being there. */
export const servedCells: readonly Cell[] = servedApis.flatMap(({ key, name, minVersion, maxVersion }) =>
  Array.from({ length: maxVersion - minVersion + 1 }, (_, index) => ({ key, name, version: minVersion + index })),
)

export interface FrameShares {
  /** Of the frames: those that have nothing wrong around what they ask for. */
  readonly wholeShare: number
  /** Of the arrays in them: those that are about as long as may be, and now and then longer. */
  readonly wideShare: number
}

export class RequestFrames {
  readonly #random: SeededRandom
  readonly #messages: PlausibleMessages
  readonly #codecs: readonly RequestCodec[]
  readonly #wholeShare: number
  #made = 0
  #previous: Buffer = Buffer.alloc(0)

  private constructor(random: SeededRandom, codecs: readonly RequestCodec[], { wholeShare, wideShare }: FrameShares) {
    this.#random = random
    this.#codecs = codecs
    this.#wholeShare = wholeShare
    this.#messages = new PlausibleMessages(random.fork(), new BatchPool(random.fork()), wideShare)
  }

  static async open(random: SeededRandom, shares: FrameShares): Promise<RequestFrames> {
    await prepareZstd()
    return new RequestFrames(random, await requestCodecs(), shares)
  }

  /** From now on requests name what is there. */
  see(view: ServerView): void {
    this.#messages.view = view
  }

  /** The next frame, without its length. */
  next(): Buffer {
    const random = this.#random
    const codec = this.#codecs[this.#made++ % this.#codecs.length]!
    const whole = this.#request(codec)
    const frame = random.chance(this.#wholeShare) ? whole : random.pick(mutations)(whole, random, this.#previous)
    this.#previous = whole
    return frame
  }

  #request({ key, version, declared, isFlexible, encode }: RequestCodec): Buffer {
    const writer = new MessageWriter()
    const clientId = this.#random.chance(0.1) ? null : 'hostile'
    const header = { requestApiKey: key, requestApiVersion: version, correlationId: this.#made, clientId }
    encodeRequestHeader(writer, header, isFlexible ? 2 : 1)
    encode(writer, this.#messages.of(declared, version), version)
    return Buffer.concat(writer.finish())
  }
}

async function requestCodecs(): Promise<readonly RequestCodec[]> {
  const declared = new Map((await declaredApis()).map((one) => [one.api.key, one]))
  const modules = new Map<number, Readonly<Record<string, unknown>>>()
  for (const { key } of servedApis) {
    const path = join(protocolFolder, 'generated', `${declared.get(key)!.tableFile}-request`)
    modules.set(key, (await import(pathToFileURL(`${path}.js`).href)) as Readonly<Record<string, unknown>>)
  }
  return servedCells.map((cell) => {
    const { request } = declared.get(cell.key)!.api
    const isFlexible = cell.version >= request.flexible.from
    const encode = modules.get(cell.key)![`encode${request.name}`] as RequestCodec['encode']
    return { ...cell, declared: request, isFlexible, encode }
  })
}
