// What a pipeline file says, resolved: made by config/, run by this folder.

import type { SinkDeclaration, SourceDeclaration, PushSourceDeclaration } from '../connector/declaration.js'
import type { TopicSettings } from '../engine/topic-admin.js'
import type { FormatSettings } from './steps/parse-formats.js'

export interface OnErrorPlan {
  /** The topic for what cannot be delivered; undefined stops the edge instead. */
  readonly deadLetter: string | undefined
  /** Attempts of one record before it goes there; failures of the target do not count. */
  readonly maxAttempts: number
}

export interface TopicPlan {
  readonly name: string
  readonly partitions: number
  readonly settings: Partial<TopicSettings>
  /** Named under `topics`; otherwise implied by what an edge writes, or reads of a source's template. */
  readonly declared: boolean
}

export interface ParsePlan extends FormatSettings {
  /** `keep`: the record goes on unparsed; `dead-letter`: to the edge's dead-letter topic; `drop`: it is counted and dropped. */
  readonly onFail: 'keep' | 'dead-letter' | 'drop'
  /** The field that holds the record's time. */
  readonly time: string | undefined
}

export interface SourcePlan {
  readonly id: string
  readonly declaration: SourceDeclaration | PushSourceDeclaration
  readonly settings: unknown
  /** As it stands in the file: a topic, or a template of topics. */
  readonly to: string
  /** The topic of records that name none of their own; undefined when `to` is a template. */
  readonly topic: string | undefined
  /** Every topic that it is known to write before it runs; a template gives more. */
  readonly topics: readonly string[]
  readonly parse: ParsePlan | undefined
  /** Path of the field that becomes the key, such as `service` or `pod.name`; undefined leaves the source's own key. */
  readonly key: string | undefined
  /** Behind `parse`. */
  readonly steps: readonly StepPlan[]
  readonly onError: OnErrorPlan
}

export interface SinkPlan {
  readonly id: string
  readonly declaration: SinkDeclaration
  readonly settings: unknown
  readonly from: readonly string[]
  /** `PIPELINE.SINK` */
  readonly group: string
  readonly steps: readonly StepPlan[]
  readonly onError: OnErrorPlan
}

/** One step as the file says it: `{ KIND: settings }`. */
export interface StepPlan {
  readonly kind: string
  readonly settings: unknown
}

export interface TransformPlan {
  readonly id: string
  readonly from: readonly string[]
  /** Where what the steps let through goes; undefined when each record is routed. */
  readonly topic: string | undefined
  /** Every topic that it writes. */
  readonly topics: readonly string[]
  /** `PIPELINE.TRANSFORM` */
  readonly group: string
  readonly steps: readonly StepPlan[]
  readonly onError: OnErrorPlan
}

export interface PipelinePlan {
  readonly name: string
  /** Absolute path of the file. */
  readonly file: string
  readonly baseDirectory: string
  readonly topics: readonly TopicPlan[]
  /** What topics get that a source makes while it runs. */
  readonly defaultTopic: Pick<TopicPlan, 'partitions' | 'settings'>
  readonly sources: readonly SourcePlan[]
  readonly transforms: readonly TransformPlan[]
  readonly sinks: readonly SinkPlan[]
  /** The file as it was, defaults not filled in, secrets as their references: what `plan` compares. */
  readonly document: Readonly<Record<string, unknown>>
}
