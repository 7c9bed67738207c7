// What the sink remembers of a partition, in the log: below which offset everything is in the lake, and the plan that
// is being published, if any. One key, so that both change together. The key holds the topic's id: a topic that was
// made anew under the same name is another.

import type { ConnectorState, Json } from '../../core/connector/context.js'
import type { SinkPartition } from '../../core/connector/sink.js'
import { FieldReader } from './bookkeeping.js'
import { manifestJson, readManifest } from './manifest.js'
import type { Manifest } from './manifest.js'

const version = 1
const keyPrefix = 'partition/'

export interface PartitionState {
  /** All records below it are in the lake; with a plan, the plan's first offset. */
  readonly nextOffset: number
  readonly plan: Manifest | undefined
}

/** undefined when nothing of the partition ever got into the lake. Errors: lake_bookkeeping_malformed. */
export function readPartitionState(state: ConnectorState, of: SinkPartition): PartitionState | undefined {
  const key = keyOf(of)
  const value = state.get(key)
  return value === undefined ? undefined : decode(key, value)
}

/** Of all partitions that the sink ever had. Errors: lake_bookkeeping_malformed. */
export function readAllStates(state: ConnectorState): readonly PartitionState[] {
  return state.entries(keyPrefix).map(([key, value]) => decode(key, value))
}

/** Durable when it resolves. Errors: state_fenced. */
export async function putPartitionState(
  state: ConnectorState,
  of: SinkPartition,
  value: PartitionState,
): Promise<void> {
  const { nextOffset, plan } = value
  const json = { version, nextOffset, ...(plan === undefined ? {} : { plan: manifestJson(plan) }) }
  await state.put(new Map<string, Json>([[keyOf(of), json]]))
}

function keyOf(of: SinkPartition): string {
  return `${keyPrefix}${of.topicId}/${of.partition}`
}

function decode(key: string, value: Json): PartitionState {
  const where = `the sink's state under ${key}`
  const fields = new FieldReader(value, where)
  fields.version(version)
  const plan = fields.value('plan')
  return {
    nextOffset: fields.count('nextOffset'),
    plan: plan === undefined ? undefined : readManifest(plan, `the plan in ${where}`),
  }
}
