// How far a stream was read: `{created, sequence, gone}` under one key of the source's state.

import type { Json } from '../../core/connector/context.js'
import { invariant } from '../../core/errors/invariant.js'

export const pointKey = 'position'

export interface StreamPoint {
  /** When the stream was made, as the server says it: another time is another stream. */
  readonly created: string
  /** The last message that is in the log, or that the stream no longer had. */
  readonly sequence: number
  /** How many messages the stream no longer had when they were to be read. */
  readonly gone: number
}

export function readPoint(stored: Json | undefined): StreamPoint | undefined {
  if (stored === undefined) return undefined
  const { created, sequence, gone } = stored as unknown as StreamPoint
  const isPoint = typeof created === 'string' && Number.isSafeInteger(sequence) && Number.isSafeInteger(gone)
  invariant(isPoint, `${pointKey} of a NATS source holds ${JSON.stringify(stored)}`)
  return { created, sequence, gone }
}
