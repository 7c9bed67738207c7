// How far the events of a queue were read: `{stream, at, gaps, gone}` under one key of the source's state.

import type { Json } from '../../core/connector/context.js'
import { invariant } from '../../core/errors/invariant.js'

export const pointKey = 'position'

export interface QueuePoint {
  /** The name of the stream that `at` is a place in. */
  readonly stream: string
  readonly at: Json
  /** How often events were gone before they were read. */
  readonly gaps: number
  /** How many, as far as the server told. */
  readonly gone: number
}

export function readPoint(stored: Json | undefined): QueuePoint | undefined {
  if (stored === undefined) return undefined
  const point = stored as unknown as QueuePoint
  const isPoint = typeof point.stream === 'string' && point.at !== undefined && Number.isSafeInteger(point.gaps)
  invariant(isPoint, `${pointKey} of a BullMQ source holds ${JSON.stringify(stored)}`)
  return point
}
