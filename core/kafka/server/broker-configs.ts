// The configs of a broker that tools ask for, as far as they mean something here. All are read-only: they follow from the
// command line or from how the log is built.

import { defaultTopicSettings } from '../../engine/topic-admin.js'
import type { FixedConfig } from './topic-configs.js'
import { idleMs, maxFetchBytes, maxFrameBytes } from './limits.js'

export interface BrokerFacts {
  readonly brokerId: number
  /** `HOST:PORT` that clients are told. */
  readonly advertised: string
  /** Partitions of a topic that a client makes by asking for it. */
  readonly defaultPartitions: number
  readonly autoCreate: boolean
  readonly offsetsRetentionMs?: number | undefined
}

/** Sorted by name. */
export function brokerConfigs({
  brokerId,
  advertised,
  defaultPartitions,
  autoCreate,
  offsetsRetentionMs,
}: BrokerFacts): FixedConfig[] {
  const retentionMinutes = offsetsRetentionMs === undefined ? -1 : Math.ceil(offsetsRetentionMs / 60_000)
  const { retentionMs, retentionBytes, segmentBytes, maxBatchBytes } = defaultTopicSettings
  const rows: FixedConfig[] = [
    row('advertised.listeners', 'string', `PLAINTEXT://${advertised}`, 'Where clients are sent.'),
    row('auto.create.topics.enable', 'boolean', autoCreate, 'Whether asking for a topic makes it.'),
    row('broker.id', 'int', brokerId, 'The one broker.'),
    row('connections.max.idle.ms', 'long', idleMs, 'After so long without a request a connection is closed.'),
    row('default.replication.factor', 'int', 1, 'There is one replica.'),
    row('delete.topic.enable', 'boolean', true, 'Topics can be deleted.'),
    row('fetch.max.bytes', 'int', maxFetchBytes, 'The largest answer to a fetch, but for its first batch.'),
    row('group.initial.rebalance.delay.ms', 'int', 0, 'A new group starts at once.'),
    row('log.cleanup.policy', 'list', defaultTopicSettings.cleanup, 'The default of cleanup.policy.'),
    row('log.message.timestamp.type', 'string', 'CreateTime', 'Records keep the time of their producer.'),
    row('log.retention.bytes', 'long', retentionBytes, 'The default of retention.bytes.'),
    row('log.retention.ms', 'long', retentionMs, 'The default of retention.ms.'),
    row('log.segment.bytes', 'int', segmentBytes, 'The default of segment.bytes.'),
    row('message.max.bytes', 'int', maxBatchBytes, 'The default of max.message.bytes.'),
    row('min.insync.replicas', 'int', 1, 'There is one replica.'),
    row('num.partitions', 'int', defaultPartitions, 'Partitions of a topic that is made without a number.'),
    row('offset.metadata.max.bytes', 'int', 4096, 'The longest text beside a committed offset.'),
    row(
      'offsets.retention.minutes',
      'int',
      retentionMinutes,
      'Offsets of a group that is empty for so long go; -1: never.',
    ),
    row('socket.request.max.bytes', 'int', maxFrameBytes, 'The largest request.'),
  ]
  return rows
}

function row(name: string, type: FixedConfig['type'], value: unknown, documentation: string): FixedConfig {
  return { name, type, value: String(value), documentation }
}
