// Makes requests that a client could send: a table says which fields there are, and their names say what belongs into
// them. Names, ids and offsets come from a small vocabulary, so that many requests meet something that is there; now and
// then a value is far outside.

import type {
  Field,
  Fields,
  FieldType,
  MessageDeclaration,
  ScalarKind,
  StructType,
} from '../../core/message/declare.js'
import type { ProducerIdentity } from '../../core/engine/producer-service.js'
import { maxElementsPerMessage } from '../../core/message/message-reader.js'
import { hasVersion } from '../../core/message/versions.js'
import type { PlainMessage } from '../core/message/arbitrary-message.js'
import { defaultOf } from '../core/message/field-default.js'
import type { SeededRandom } from '../simulation/world/seeded-random.js'
import type { BatchPool } from './batch-pool.js'

/** What is there on the server at the moment, as far as it is given out by the server itself. */
export interface ServerView {
  readonly topicIds: readonly string[]
  readonly memberIds: readonly string[]
  /** Of `transactionalNames`. */
  readonly producers: readonly TransactionalProducer[]
}

export interface TransactionalProducer extends ProducerIdentity {
  readonly transactionalId: string
}

/** Made beforehand, with and without compaction. */
export const plantedTopics = ['plain', 'compacted', 'stamped'] as const

const odd = 0.06
const odderNumbers = [-1, -2, 0, 1, 127, 128, 255, 32_767, 65_535, 2 ** 31 - 1, -(2 ** 31)]
const oddStrings = [
  '',
  '.',
  '..',
  '../etc',
  '__tailrace_offsets',
  'a'.repeat(250),
  '\u0000',
  'ü😀',
  'constructor',
  '__proto__',
]

/** By what the field is called; where structs share a name with another meaning, by struct and field. */
const strings: Readonly<Record<string, readonly (string | null)[]>> = {
  'Config.name': ['cleanup.policy', 'retention.ms', 'segment.bytes', 'max.message.bytes', 'flush.ms', 'no.such.config'],
  'Config.value': ['compact', 'delete', 'compact,delete', '-1', '0', '1000', '1048576', 'x', null],
  'Protocol.name': ['range', 'roundrobin', 'cooperative-sticky'],
  configurationKeys: ['cleanup.policy', 'retention.ms', 'log.retention.ms'],
  clientSoftwareName: ['librdkafka', 'kafkajs'],
  clientSoftwareVersion: ['2.0.2'],
  groupInstanceId: [null, null, 'instance'],
  mechanism: ['SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN', 'GSSAPI'],
  protocolName: ['range'],
  protocolType: ['consumer'],
  resourceName: [...plantedTopics, 'made-1', '1', ''],
}
const topicFields = new Set(['name', 'topic', 'topicName', 'topicNames', 'topics'])
const groupFields = new Set(['groupId', 'group', 'groups', 'groupsNames', 'key', 'coordinatorKeys'])
export const groupNames = ['readers', 'writers', 'others']
const madeTopics = 12
export const transactionalNames = ['payments', 'shipments', 'returns']

const numbers: Readonly<Record<string, readonly number[]>> = {
  acks: [-1, -1, -1, 0, 1, 2],
  brokerIds: [1],
  configOperation: [0, 1, 2, 3],
  count: [1, 2, 4, 8],
  currentLeaderEpoch: [-1, 0, 1],
  generationId: [-1, 0, 1, 2, 3],
  isolationLevel: [0, 1],
  keyType: [0, 1],
  leaderEpoch: [-1, 0, 1],
  maxBytes: [0, 1, 1000, 2 ** 20, 2 ** 31 - 1],
  maxWaitMs: [0, 0, 1, 50, 30_000],
  minBytes: [0, 1, 1, 2 ** 20],
  numPartitions: [-1, 1, 2, 3, 0],
  partitionMaxBytes: [0, 1000, 2 ** 20],
  producerEpoch: [-1, 0, 0, 1],
  producerId: [-1, 0, 1, 2],
  rebalanceTimeoutMs: [-1, 1000, 10_000],
  replicationFactor: [-1, 1, 3],
  resourceType: [2, 2, 4],
  sessionEpoch: [-1, 0],
  sessionId: [0, 0, 0, 7],
  sessionTimeoutMs: [6000, 10_000],
  timeoutMs: [0, 1000],
  transactionTimeoutMs: [1000, 60_000],
}
const smallFields = /^(partition|partitions|partitionIndex|partitionIndexes|index)$/
const offsetFields = /offset$|timestamp$/i

const tokens = [
  Buffer.from('n,,n=ada,r=fyko+d2lbbFgONRv9qkxdawL'),
  Buffer.from('c=biws,r=fyko+d2lbbFgONRv9qkxdawL,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='),
  Buffer.from('\u0000ada\u0000not the password'),
]
const unit = 'abcdefghijklmnopqrstuvwxyz0123456789.-_'

export class PlausibleMessages {
  view: ServerView = { topicIds: [], memberIds: [], producers: [] }
  /** Who sends the message, when it is somebody whom the server knows. */
  #producer: TransactionalProducer | undefined
  readonly #random: SeededRandom
  readonly #batches: BatchPool
  readonly #wideShare: number

  /** `wideShare` of the arrays have about as many elements as a message may have. */
  constructor(random: SeededRandom, batches: BatchPool, wideShare: number) {
    this.#random = random
    this.#batches = batches
    this.#wideShare = wideShare
  }

  of(declared: MessageDeclaration, version: number): PlainMessage {
    const { producers } = this.view
    const isKnown = producers.length > 0 && this.#random.chance(0.7)
    this.#producer = isKnown ? this.#random.pick(producers) : undefined
    return this.#struct(declared.name, declared.fields, version)
  }

  #struct(struct: string, fields: Fields, version: number): PlainMessage {
    const made: Record<string, unknown> = {}
    for (const [name, field] of Object.entries(fields)) made[name] = this.#field(struct, name, field, version)
    return made
  }

  #field(struct: string, name: string, field: Field, version: number): unknown {
    if (!hasVersion(field.versions, version)) return defaultOf(field)
    const mayBeNull = hasVersion(field.nullable, version) || (field.tag !== undefined && field.type.kind === 'struct')
    if (mayBeNull && this.#random.chance(0.15)) return null
    const value = this.#value(struct, name, field.type, version)
    return value === null && !mayBeNull ? '' : value
  }

  #value(struct: string, name: string, type: FieldType | StructType, version: number): unknown {
    if (type.kind === 'struct') return this.#struct(type.name, type.fields, version)
    if (type.kind !== 'array') return this.#scalar(struct, name, type.kind)
    if (this.#random.chance(this.#wideShare)) return this.#wide(struct, name, type.element, version)
    const length = this.#random.chance(odd) ? this.#random.below(40) : this.#random.below(4)
    return Array.from({ length }, () => this.#value(struct, name, type.element, version))
  }

  /** Of its elements only some are made: to make them all would take a second itself. */
  #wide(struct: string, name: string, element: FieldType | StructType, version: number): readonly unknown[] {
    const made = Array.from({ length: 50 }, () => this.#value(struct, name, element, version))
    const length = Math.floor(maxElementsPerMessage * (0.2 + this.#random.fraction()))
    return Array.from({ length }, (_, index) => made[index % made.length])
  }

  #scalar(struct: string, name: string, kind: ScalarKind): unknown {
    const random = this.#random
    if (kind === 'bool') return random.chance(0.5)
    if (kind === 'string') return this.#string(struct, name)
    if (kind === 'uuid') return this.#uuid()
    if (kind === 'records' || kind === 'recordChunks') return this.#batches.next(this.#producer)
    if (kind === 'bytes')
      return name === 'authBytes' && random.chance(0.7) ? random.pick(tokens) : random.bytes(random.below(40))
    return kind === 'float64' ? random.fraction() : inRange(kind, this.#number(name))
  }

  #string(struct: string, name: string): string | null {
    const random = this.#random
    if (random.chance(odd)) return random.pick(oddStrings)
    const known = strings[name] ?? strings[`${/Config|Protocol/.exec(struct)?.[0]}.${name}`]
    if (known !== undefined) return random.pick(known)
    if (groupFields.has(name)) return random.pick(groupNames)
    if (topicFields.has(name)) {
      return random.chance(0.8) ? random.pick(plantedTopics) : `made-${random.below(madeTopics)}`
    }
    if (name === 'memberId') return this.#memberId()
    if (/^transactionalIds?$/.test(name)) return this.#producer?.transactionalId ?? random.pick(transactionalNames)
    return Array.from({ length: random.below(12) }, () => unit[random.below(unit.length)]).join('')
  }

  #memberId(): string {
    const { memberIds } = this.view
    return memberIds.length === 0 || this.#random.chance(0.4) ? '' : this.#random.pick(memberIds)
  }

  #uuid(): string {
    const { topicIds } = this.view
    if (topicIds.length > 0 && this.#random.chance(0.85)) return this.#random.pick(topicIds)
    return this.#random
      .bytes(16)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  }

  #number(name: string): number {
    const random = this.#random
    if (random.chance(odd)) return random.chance(0.5) ? random.pick(odderNumbers) : random.uint32() - 2 ** 31
    if (name === 'producerId' && this.#producer !== undefined) return this.#producer.producerId
    if (name === 'producerEpoch' && this.#producer !== undefined) return this.#producer.epoch
    const known = numbers[name]
    if (known !== undefined) return random.pick(known)
    if (smallFields.test(name)) return random.below(4)
    if (offsetFields.test(name)) return random.chance(0.7) ? random.below(60) : -1 - random.below(2)
    return random.below(4) - 1
  }
}

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  int8: [-0x80, 0x7f],
  int16: [-0x8000, 0x7fff],
  uint16: [0, 0xffff],
  int32: [-0x80000000, 0x7fffffff],
  uint32: [0, 0xffffffff],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
}

function inRange(kind: ScalarKind, value: number): number {
  const [least, most] = ranges[kind]!
  return Math.min(most, Math.max(least, value))
}
