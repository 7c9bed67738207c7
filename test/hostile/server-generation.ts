// The Kafka server on a memory engine that is thrown away before it is full, with what requests need that do not come
// through a socket.

import type { LogEngine } from '../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../core/engine/memory/memory-engine.js'
import { FrameMemory } from '../../core/kafka/protocol/frame-memory.js'
import { ByteBudget } from '../../core/kafka/server/byte-budget.js'
import { type KafkaServer, startKafkaServer } from '../../core/kafka/server/kafka-server.js'
import { KeylessRecords } from '../../core/kafka/server/keyless-records.js'
import { maxInFlightBytes } from '../../core/kafka/server/limits.js'
import { PendingMembers } from '../../core/kafka/server/pending-members.js'
import type { ServerParts } from '../../core/kafka/server/request-context.js'
import { TopicNames } from '../../core/kafka/server/topic-names.js'
import type { Clock } from '../../core/runtime/clock.js'
import { nodeWorld } from '../../core/runtime/node-world.js'
import type { SaslParts } from '../../core/security/sasl.js'
import { storedUserOf, Users } from '../../core/security/users.js'
import type { Logger } from '../../core/telemetry/logger.js'
import type { Recorder } from '../../core/telemetry/recorder.js'
import { groupNames, plantedTopics, type ServerView, transactionalNames } from './plausible-message.js'
import { type PlantedFault, withPlanted } from './planted-faults.js'
import { steadyTopic } from './well-behaved-client.js'

export interface GenerationOptions {
  readonly logger: Logger
  readonly recorder: Recorder
  readonly planted: PlantedFault | undefined
}

const mostViewed = 40
const settings = { defaultPartitions: 1, autoCreate: true, logDirectory: '/data' }

export class ServerGeneration {
  readonly engine: LogEngine
  readonly server: KafkaServer
  /** For requests that are given to the server without a socket. */
  readonly parts: ServerParts
  readonly saslParts: SaslParts

  private constructor(engine: LogEngine, server: KafkaServer, sasl: SaslParts, logger: Logger) {
    const { clock, random } = nodeWorld()
    this.engine = engine
    this.server = server
    this.saslParts = sasl
    this.parts = {
      engine,
      clock: withoutSleep(clock),
      random,
      logger,
      settings,
      budget: new ByteBudget(maxInFlightBytes),
      frameMemory: new FrameMemory(0),
      topicNames: new TopicNames(engine.topics),
      pendingMembers: new PendingMembers(clock, random),
      keylessRecords: new KeylessRecords(clock),
      sasl: undefined,
    }
  }

  static async open({ logger, recorder, planted }: GenerationOptions): Promise<ServerGeneration> {
    const world = nodeWorld()
    const { clock, random } = world
    const opened = await openMemoryEngine({ clock, random, logger })
    const engine = planted === undefined ? opened : withPlanted(planted, opened)
    const [plain, compacted, stamped] = plantedTopics
    await engine.topics.create({ name: plain, partitions: 4 })
    await engine.topics.create({ name: compacted, partitions: 3, settings: { cleanup: 'compact', segmentBytes: 4096 } })
    await engine.topics.create({ name: stamped, partitions: 3, settings: { timestampType: 'append' } })
    await engine.topics.create({ name: steadyTopic, partitions: 1 })
    const records = new Map<string, Uint8Array>()
    const users = new Users(
      {
        get: (name) => records.get(name),
        names: () => [...records.keys()],
        put: async (name, value) => void (value === null ? records.delete(name) : records.set(name, value)),
      },
      random,
    )
    await users.put('ada', await storedUserOf(random, 'ada', 'the password'))
    const listen = { host: '127.0.0.1', port: 0 }
    const server = await startKafkaServer({ engine, world, logger, recorder, listen, settings })
    return new ServerGeneration(engine, server, { users, random }, logger)
  }

  /** What requests can name to meet something. The topic of well-behaved clients is left out. */
  view(): ServerView {
    const topics = this.engine.topics.list().filter(({ name }) => name !== steadyTopic)
    const groups = this.engine.groups.list().filter(({ group }) => groupNames.includes(group))
    const members = groups.flatMap(({ group }) => this.engine.groups.describe(group).members)
    return {
      topicIds: topics.slice(0, mostViewed).map(({ id }) => id),
      memberIds: members.slice(0, mostViewed).map(({ memberId }) => memberId),
      producers: this.engine.transactions
        .list()
        .filter(({ transactionalId }) => transactionalNames.includes(transactionalId))
        .map(({ transactionalId, producerId, epoch }) => ({ transactionalId, producerId, epoch })),
    }
  }

  async close(): Promise<void> {
    await this.server.close()
    await this.engine.close()
  }
}

/** Behind a wrong password a server lets its peer wait; here nobody has the time. */
function withoutSleep(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    after: (ms, callback) => clock.after(ms, callback),
    sleep: () => Promise.resolve(),
    soon: (callback) => clock.soon(callback),
  }
}
