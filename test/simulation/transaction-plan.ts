// What one seed of the run of transactions does: how small the engine's parts are, which topics there are, which
// operations and faults take part.

import { defaultTopicSettings, type TopicSettings } from '../../core/engine/topic-admin.js'
import { drawEngine, type RunPlan, type TopicPlan } from './log-plan.js'
import type { FailureKind } from './world/faults.js'
import type { SeededRandom } from './world/seeded-random.js'

const weights = {
  transact: 40,
  'create-topic': 6,
  'take-over': 3,
  zombie: 6,
  plain: 12,
  compare: 8,
  poll: 4,
  'alter-topic': 1,
  'delete-topic': 1,
  'delete-records': 3,
  bounds: 3,
  wait: 8,
  'fill-disk': 2,
  'free-disk': 2,
} as const

/** Groups commit offsets of it; it is never deleted. */
export const inputTopic = 'input'

export type TransactionOperationName = keyof typeof weights

const operationNames = Object.keys(weights) as TransactionOperationName[]

/** Without these nothing would happen. */
const indispensable: readonly TransactionOperationName[] = ['transact', 'create-topic', 'free-disk']

const failureKinds: readonly FailureKind[] = [
  'open-error',
  'read-error',
  'write-error',
  'rename-error',
  'sync-error',
  'directory-sync-error',
  'no-space',
  'too-many-files',
]

/** They take a turn of the log back, and with it begins and ends of transactions. */
const turnKinds: ReadonlySet<FailureKind> = new Set(['write-error', 'no-space'])

export function drawTransactionPlan(random: SeededRandom): RunPlan<TransactionOperationName> {
  return {
    engine: drawEngine(random),
    topics: drawTopics(random),
    operations: operationNames
      .filter((name) => indispensable.includes(name) || random.chance(0.75))
      .map((name) => ({ name, weight: weights[name] * random.pick([0.5, 1, 2]) })),
    operationCount: 120,
    failures: random.chance(0.65) ? failureKinds.filter((kind) => random.chance(turnKinds.has(kind) ? 0.6 : 0.25)) : [],
    rot: [],
    isSlow: random.chance(0.4),
    concurrency: random.pick([2, 4, 12]),
    pauseMs: random.pick([0.2, 2, 10]),
  }
}

function drawTopics(random: SeededRandom): readonly TopicPlan[] {
  const base: TopicSettings = { ...defaultTopicSettings, segmentMs: random.pick([50, 5000, 7 * 24 * 3600_000]) }
  const sized = (): TopicSettings => ({ ...base, segmentBytes: random.pick([1024, 2048, 8192]) })
  const compacted = { cleanup: 'compact', minDirtyRatio: 0.1, deleteRetentionMs: 100 } as const
  const count = () => 1 + random.below(2)
  const topics: readonly TopicPlan[] = [
    { name: 'plain', partitions: count(), settings: sized(), isKept: false },
    {
      name: 'written',
      partitions: count(),
      settings: { ...sized(), durability: 'written', flushMs: 20 },
      isKept: false,
    },
    { name: 'compacted', partitions: 1, settings: { ...sized(), ...compacted }, isKept: false },
    { name: 'sized', partitions: 1, settings: { ...sized(), retentionBytes: 4000 }, isKept: false },
  ]
  const input = { name: inputTopic, partitions: 1, settings: sized(), isKept: false }
  return [input, ...topics.filter(() => random.chance(0.65))]
}
