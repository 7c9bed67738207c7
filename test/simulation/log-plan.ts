// What one seed does: how small the engine's parts are, which operations and faults take part (each seed leaves some
// out, so that what they would hide shows), how often what happens.

import type { EmbeddedEngineOptions } from '../../core/engine/embedded/embedded-engine.js'
import { defaultTopicSettings, type TopicSettings } from '../../core/engine/topic-admin.js'
import type { FailureKind } from './world/faults.js'
import type { SeededRandom } from './world/seeded-random.js'

const operationNames = [
  'append',
  'burst',
  'read',
  'poll',
  'read-written',
  'commit',
  'reset',
  'group',
  'claim',
  'put',
  'create-topic',
  'alter-topic',
  'delete-topic',
  'delete-records',
  'bounds',
  'wait',
  'jump-clock',
  'fill-disk',
  'free-disk',
  'second-owner',
  'idempotent',
] as const

export type OperationName = (typeof operationNames)[number]

const weights: Readonly<Record<OperationName, number>> = {
  append: 40,
  burst: 4,
  read: 12,
  poll: 4,
  'read-written': 4,
  commit: 6,
  reset: 2,
  group: 2,
  claim: 2,
  put: 5,
  'create-topic': 4,
  'alter-topic': 2,
  'delete-topic': 1,
  'delete-records': 2,
  bounds: 4,
  wait: 8,
  'jump-clock': 1,
  'fill-disk': 1,
  'free-disk': 2,
  'second-owner': 1,
  idempotent: 16,
}

/** Without these nothing would happen. */
const indispensable: readonly OperationName[] = ['append', 'create-topic', 'free-disk']

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

/** Damage that is done while no process runs. */
const rotKinds = ['segment', 'index', 'checkpoint', 'journal'] as const

export type RotKind = (typeof rotKinds)[number]

export interface TopicPlan {
  readonly name: string
  readonly partitions: number
  readonly settings: TopicSettings
  readonly isKept: boolean
}

export interface RunPlan<Name extends string = OperationName> {
  readonly engine: Omit<EmbeddedEngineOptions, 'world' | 'directory' | 'logger' | 'recorder'>
  readonly topics: readonly TopicPlan[]
  readonly operations: readonly { readonly name: Name; readonly weight: number }[]
  readonly operationCount: number
  readonly failures: readonly FailureKind[]
  readonly rot: readonly RotKind[]
  readonly isSlow: boolean
  /** How many operations may be under way at once. */
  readonly concurrency: number
  /** Pauses between operations. */
  readonly pauseMs: number
}

export function drawPlan(random: SeededRandom): RunPlan {
  const takesPart = (share: number) => () => random.chance(share)
  return {
    engine: drawEngine(random),
    topics: drawTopics(random),
    operations: operationNames
      .filter((name) => indispensable.includes(name) || random.chance(0.75))
      .map((name) => ({ name, weight: weights[name] * random.pick([0.5, 1, 2]) })),
    operationCount: 200,
    failures: failureKinds.filter(takesPart(0.25)),
    rot: rotKinds.filter(takesPart(0.3)),
    isSlow: random.chance(0.3),
    concurrency: random.pick([1, 4, 24]),
    pauseMs: random.pick([0.2, 2, 10]),
  }
}

/** Parts of the engine small enough that a short run meets all of their ends. */
export function drawEngine(random: SeededRandom): RunPlan['engine'] {
  return {
    journal: { fileBytes: random.pick([128, 128, 256]) * 1024, maxFiles: random.pick([4, 4, 5, 8]) },
    reserveBytes: 16 * 1024,
    maintenanceMs: random.pick([20, 100, 1000]),
    idleCheckpointMs: random.pick([5, 50, 1000]),
    trickleBytes: random.pick([2, 32, 1024]) * 1024,
    ...(random.chance(0.1) ? { budgetBytes: 384 * 1024 } : {}),
  }
}

function drawTopics(random: SeededRandom): readonly TopicPlan[] {
  const base: TopicSettings = { ...defaultTopicSettings, segmentMs: random.pick([50, 5000, 7 * 24 * 3600_000]) }
  const sized = (): TopicSettings => ({ ...base, segmentBytes: random.pick([1024, 4096, 16_384]) })
  const count = () => 1 + random.below(3)
  return [
    { name: 'plain', partitions: count(), settings: sized(), isKept: false },
    {
      name: 'written',
      partitions: count(),
      settings: { ...sized(), durability: 'written', flushMs: 20 },
      isKept: false,
    },
    {
      name: 'compacted',
      partitions: 1,
      settings: { ...sized(), cleanup: 'compact', minDirtyRatio: 0.1, deleteRetentionMs: 100 },
      isKept: false,
    },
    { name: 'sized', partitions: count(), settings: { ...sized(), retentionBytes: 6000 }, isKept: random.chance(0.5) },
    { name: 'aged', partitions: 1, settings: { ...sized(), retentionMs: 300 }, isKept: random.chance(0.5) },
  ]
}
