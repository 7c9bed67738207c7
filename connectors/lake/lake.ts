// What the parts of one running sink share.

import type { SinkContext, SinkPartition } from '../../core/connector/sink.js'
import { invariant } from '../../core/errors/invariant.js'
import { BoundPath } from './bound-path.js'
import { fileMaker } from './file-maker.js'
import type { RowsFor } from './file-maker.js'
import { extensionFor } from './formats/file-format.js'
import type { FileFormat } from './formats/file-format.js'
import type { LakeTables } from './lake-tables.js'
import type { LakeRoot } from './manifest.js'
import type { ObjectStore } from './object-store.js'
import { readPathTemplate, tailOf } from './path-template.js'
import { Plan } from './plan.js'
import type { RotationLimits } from './plan.js'
import { PlanWriter } from './plan-writer.js'
import type { Refusing } from './plan-writer.js'
import { StagedFile } from './staged-file.js'
import type { TableMemory } from './table-memory.js'
import type { WriterSlots } from './writer-slots.js'

export interface Lake {
  readonly context: SinkContext
  readonly store: ObjectStore
  readonly slots: WriterSlots
  readonly memory: TableMemory
  /** The schemas of its topics; undefined when its files are not tables. */
  readonly tables: LakeTables | undefined
  /** The store of the root that a plan was made in, which may be the one the sink had before. */
  storeOf(root: LakeRoot): Promise<ObjectStore>
}

/** One type of lake: how its stores are opened. */
export interface LakeTarget {
  /** What the names of the path stand behind and have to be short enough for: empty, or with a slash at its end. */
  readonly keyPrefix: string
  /** What files under way may take of the local disk; undefined where they lie in the lake. */
  readonly spoolBytes: number | undefined
  /** Can the target be written, and may we? Throws what is wrong. */
  check(context: SinkContext): Promise<void>
  /** Takes the target for this sink; `run` is unique among its runs. */
  open(context: SinkContext, run: string): Promise<ObjectStore>
  /** The store of a root that the sink had under former settings. Errors: lake_plan_root_missing. */
  openFormer(context: SinkContext, run: string, root: LakeRoot): Promise<ObjectStore>
  /** Ends connections, and with them whatever is under way; twice is fine. */
  close(): void
}

/** What decides which files a range becomes: as the settings say now, or as they said when a plan was made. */
export interface FileMaking {
  readonly path: string
  readonly format: FileFormat
}

export interface PlanMaking extends FileMaking {
  readonly store: ObjectStore
  readonly limits: RotationLimits
  /** Makes the rows of a group's table; undefined for lines. */
  readonly rowsFor: RowsFor | undefined
  /** For records that no file can hold. */
  readonly refuse: Refusing
}

export interface GrowingPlan {
  readonly plan: Plan
  readonly writer: PlanWriter
}

/** Begins a plan of the partition whose files lie in the staging folder of `store`. Errors: lake_path_unfit. */
export function beginPlan(lake: Lake, of: SinkPartition, making: PlanMaking, firstOffset: number): GrowingPlan {
  const { context } = lake
  const { staging } = making.store
  const makeFile = fileMaker({ ...lake, clock: context.clock }, of, making.format, making.rowsFor)
  const path = boundPath(context, of, making)
  const plan = new Plan({ firstOffset, startedMs: context.clock.monotonicMs() }, path, (group, index) => {
    const path = staging.pathOf(staging.nameFor(of, firstOffset, index))
    return makeFile({ group, staged: new StagedFile(context.files, path) })
  })
  return { plan, writer: new PlanWriter(plan, making.limits, making.refuse) }
}

/** Errors: lake_path_unfit. */
export function boundPath(context: SinkContext, of: SinkPartition, making: FileMaking): BoundPath {
  const { template, problems } = readPathTemplate(making.path)
  invariant(problems.length === 0, `the path ${making.path} ${problems[0]}`)
  const { pipeline, connector } = context
  const binding = { pipeline, sink: connector, topic: of.topic, partition: of.partition }
  return new BoundPath(template, binding, extensionFor(making.format, tailOf(template)))
}
