// Where a source's stream began: the state under the key `origin`, written before the slot is made and kept for ever.
//
// `creating`: the slot is about to be made; one that is found now is ours, and nothing of it was ever used.
// `snapshot`: the rows as of `lsn` are being read. `streaming`: they are all in the log, or were not asked for.
// `visibility` is the text of pg_current_snapshot() in the exported snapshot: which transactions those rows show.

import type { Json } from '../../../core/connector/context.js'
import { postgresErrors } from '../errors.js'
import { formatLsn, parseLsn, type Lsn } from '../wire/lsn.js'

export const originKey = 'origin'

export type OriginPhase = 'creating' | 'snapshot' | 'streaming'

export interface Origin {
  readonly phase: OriginPhase
  readonly slot: string
  /** system_identifier of the cluster, as text. */
  readonly system: string
  readonly database: string
  /** The slot's consistent point: changes that committed behind it come through the stream. 0 while `creating`. */
  readonly lsn: Lsn
  readonly visibility: string | undefined
}

export function encodeOrigin(origin: Origin): Json {
  const { phase, slot, system, database, lsn, visibility } = origin
  return { phase, slot, system, database, lsn: formatLsn(lsn), visibility: visibility ?? null }
}

const phases: readonly string[] = ['creating', 'snapshot', 'streaming'] satisfies readonly OriginPhase[]

/** Errors: postgres_state_unknown. */
export function decodeOrigin(state: Json): Origin {
  const { phase, slot, system, database, lsn, visibility } = state as Readonly<Record<string, Json>>
  const isKnown =
    typeof phase === 'string' &&
    phases.includes(phase) &&
    typeof slot === 'string' &&
    typeof system === 'string' &&
    typeof database === 'string' &&
    typeof lsn === 'string'
  if (!isKnown) throw postgresErrors.make('postgres_state_unknown', `the origin holds ${JSON.stringify(state)}`)
  return {
    phase: phase as OriginPhase,
    slot,
    system,
    database,
    lsn: parseLsn(lsn),
    visibility: typeof visibility === 'string' ? visibility : undefined,
  }
}
