// What a dead letter says of its failure: the headers of core/pipeline/dead-letter.ts, read back. Pure.

import type { RecordHeader } from '../../record/record-headers.js'
import { deadLetterHeaderPrefix } from '../dead-letter.js'

export interface FailedPlace {
  readonly code: string
  readonly pipeline: string
  readonly edge: string
  readonly topic: string
  readonly topicId: string | undefined
  /** Undefined when the record had no place in the log: a source's, or one that a window made. */
  readonly partition: number | undefined
  readonly offset: number | undefined
  /** Wall clock; NaN when it cannot be read. */
  readonly atMs: number
  /** The letter does not hold all of the record. */
  readonly isCut: boolean
  /** The letter is a batch that nobody could read. */
  readonly isBatch: boolean
}

/** Undefined when the headers are not those of a dead letter. */
export function failedPlaceOf(headers: readonly RecordHeader[]): FailedPlace | undefined {
  const said = new Map<string, string>()
  for (const { key, value } of headers) {
    if (value === null || !key.startsWith(deadLetterHeaderPrefix)) continue
    said.set(key.slice(deadLetterHeaderPrefix.length), Buffer.from(value).toString('utf8'))
  }
  const [code, pipeline, edge, topic] = ['code', 'pipeline', 'edge', 'topic'].map((name) => said.get(name))
  if (code === undefined || pipeline === undefined || edge === undefined || topic === undefined) return undefined
  return {
    code,
    pipeline,
    edge,
    topic,
    topicId: said.get('topicId'),
    partition: numberOf(said.get('partition')),
    offset: numberOf(said.get('offset')),
    atMs: Date.parse(said.get('time') ?? ''),
    isCut: said.has('cut'),
    isBatch: said.has('lastOffset'),
  }
}

/** The headers that the record itself had. */
export function ownHeaders(headers: readonly RecordHeader[]): RecordHeader[] {
  return headers.filter(({ key }) => !key.startsWith(deadLetterHeaderPrefix))
}

function numberOf(text: string | undefined): number | undefined {
  const number = Number(text)
  return text !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}
