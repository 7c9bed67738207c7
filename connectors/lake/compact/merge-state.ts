// A merge that is under way, in the log: what the files of a partition become, and which they are. Like a plan, it is
// finished by whoever has the partition next.

import type { ConnectorState, Json } from '../../../core/connector/context.js'
import type { SinkPartition } from '../../../core/connector/sink.js'
import { FieldReader } from '../bookkeeping.js'
import { type Manifest, manifestJson, readManifest } from '../manifest.js'

const version = 1
const keyPrefix = 'merge/'

export interface Merge {
  /** One object: what the files become. */
  readonly plan: Manifest
  /** Names of the files, in their order. */
  readonly sources: readonly string[]
}

/** Undefined when none is under way. Errors: lake_bookkeeping_malformed. */
export function readMerge(state: ConnectorState, of: SinkPartition): Merge | undefined {
  const key = keyOf(of)
  const value = state.get(key)
  return value === undefined ? undefined : decode(key, value)
}

/** Of all partitions that the sink ever had. Errors: lake_bookkeeping_malformed. */
export function readAllMerges(state: ConnectorState): readonly Merge[] {
  return state.entries(keyPrefix).map(([key, value]) => decode(key, value))
}

/** Durable when it resolves; undefined when it is finished. Errors: state_fenced. */
export async function putMerge(state: ConnectorState, of: SinkPartition, merge: Merge | undefined): Promise<void> {
  const json = merge && ({ version, plan: manifestJson(merge.plan), sources: merge.sources } as Json)
  await state.put(new Map<string, Json | undefined>([[keyOf(of), json]]))
}

function keyOf(of: SinkPartition): string {
  return `${keyPrefix}${of.topicId}/${of.partition}`
}

function decode(key: string, value: Json): Merge {
  const where = `the sink's state under ${key}`
  const fields = new FieldReader(value, where)
  fields.version(version)
  const plan = readManifest(fields.value('plan'), `the plan in ${where}`)
  if (plan.objects.length !== 1) throw fields.malformed('plan')
  return { plan, sources: fields.texts('sources') }
}
