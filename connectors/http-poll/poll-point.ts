// What an http-poll source remembers, in the same append as the records: one value under `position`, and under `pause` until
// when the server asked to be left alone.

import { createHash } from 'node:crypto'
import type { Json } from '../../core/connector/context.js'
import { invariant } from '../../core/errors/invariant.js'
import type { StoredMark } from './high-mark.js'
import type { PageAt } from './page-request.js'
import type { Validator } from './poll-client.js'
import type { HttpPollSettings } from './settings.js'

export const pointKey = 'position'
export const pauseKey = 'pause'

/** What an answer was known by, and the digest of the request that brought it. */
export interface KnownAnswer extends Validator {
  readonly of: string
}

export interface PollPoint {
  /** A digest of the settings that say what is asked for: with others, a page means nothing. */
  readonly of: string
  /** The page that is due; the first of a round when left out. */
  readonly at?: Exclude<PageAt, undefined>
  /** Identities of the records of that page that are in the log already. */
  readonly taken?: string
  /** Identities of the records of the page before it in the round, when records have ids. */
  readonly previous?: string
  readonly mark?: StoredMark
  readonly answer?: KnownAnswer
}

export interface Pause {
  /** Wall clock. */
  readonly untilMs: number
  readonly why: string
}

/** The settings that give a page its meaning. */
export function meaningOf({ url, method, query, body, format, records, pagination }: HttpPollSettings): string {
  const { by, parameter, path, header, lastRecord, first, keep } = pagination ?? {}
  const parts = [url, method, query, body, format, records, by, parameter, path, header, lastRecord, first, keep]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 12)
}

export function readPoint(stored: Json | undefined): PollPoint | undefined {
  if (stored === undefined) return undefined
  const point = stored as unknown as PollPoint
  invariant(typeof point?.of === 'string', `${pointKey} of an http-poll source holds ${JSON.stringify(stored)}`)
  return point
}

export function readPause(stored: Json | undefined): Pause | undefined {
  if (stored === undefined) return undefined
  const pause = stored as unknown as Pause
  const isPause = Number.isSafeInteger(pause?.untilMs) && typeof pause.why === 'string'
  invariant(isPause, `${pauseKey} of an http-poll source holds ${JSON.stringify(stored)}`)
  return pause
}
