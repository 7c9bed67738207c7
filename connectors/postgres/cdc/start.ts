// The start of a source: publication, slot and resume point are brought together, in an order that a crash may end
// anywhere. The publication comes first, as the server decodes with the catalogs of the slot's past; the origin is
// remembered before the slot is made, and again when its consistent point is known.

import type { ConnectorContext } from '../../../core/connector/context.js'
import { invariant, present } from '../../../core/errors/invariant.js'
import { postgresErrors } from '../errors.js'
import type { Session } from '../wire/connect.js'
import { quoteIdentifier, quoteLiteral } from '../wire/identifiers.js'
import { formatLsn } from '../wire/lsn.js'
import { type CapturedTable, type DatabaseIdentity, identify } from './database.js'
import { decodeOrigin, encodeOrigin, type Origin, originKey } from './origin.js'
import { preparePublication, publicationRequest } from './publication-setup.js'
import type { CdcSettings } from './settings.js'
import { createSlot, decideSlot, slotStatus } from './slot.js'
import { decodeStreamPoint, type StreamPoint, streamKey } from './stream-point.js'

export interface StartParts {
  readonly context: ConnectorContext
  readonly settings: CdcSettings
  readonly session: Session
  /** Stays idle until the stream begins: what it exported lives as long. */
  readonly replication: Session
}

export interface Start {
  readonly origin: Origin
  readonly identity: DatabaseIdentity
  readonly point: StreamPoint
  readonly tables: readonly CapturedTable[]
  /** Name of the snapshot that the slot exported just now; undefined when it was made earlier. */
  readonly exportedSnapshot: string | undefined
}

/** Who a publication is made for. */
export function ownerOf({ hubId, pipeline, connector }: ConnectorContext): string {
  return `${hubId} ${pipeline}.${connector}`
}

/**
 * Errors: postgres_no_logical_wal, postgres_other_database, and those of `decideSlot`, `findTables` and
 * `publicationChanges`. Nothing is made before everything that can be checked was.
 */
export async function start(parts: StartParts): Promise<Start> {
  const { context, settings, session, replication } = parts
  const identity = await identify(replication, session)
  checkWalLevel(identity)
  const origin = rememberedOrigin(context)
  if (origin !== undefined) checkSame(origin, identity, settings)
  const remembered = context.state.get(streamKey)
  const point = remembered === undefined ? undefined : decodeStreamPoint(remembered)
  const decision = decideSlot({
    slot: settings.slot,
    found: await slotStatus(session, settings.slot),
    origin,
    reachedLsn: point?.lsn,
    database: identity.database,
    isCreationWanted: settings.create,
    isSnapshotWanted: settings.snapshot.mode === 'initial',
  })
  const request = await publicationRequest(session, settings, ownerOf(context))
  const tables = await preparePublication(session, request, context.logger)
  const begun =
    decision === 'continue' ? { origin: present(origin, 'the origin'), exportedSnapshot: undefined } : undefined
  const { origin: current, exportedSnapshot } =
    begun ?? (await (decision === 'adopt' ? adopt(parts, identity) : create(parts, identity, decision === 'recreate')))
  const first = { lsn: current.lsn, transaction: undefined, messageLsn: 0 }
  return { origin: current, identity, point: point ?? first, tables, exportedSnapshot }
}

interface Begun {
  readonly origin: Origin
  readonly exportedSnapshot: string | undefined
}

/** The stream begins where somebody else's slot stands. */
async function adopt({ context, settings, session }: StartParts, identity: DatabaseIdentity): Promise<Begun> {
  const found = await slotStatus(session, settings.slot)
  const lsn = present(found?.confirmedLsn, `the confirmed position of the slot ${settings.slot}`)
  const { system, database } = identity
  const origin: Origin = { phase: 'streaming', slot: settings.slot, system, database, lsn, visibility: undefined }
  await context.state.put(new Map([[originKey, encodeOrigin(origin)]]))
  context.logger.info('the slot was there; the stream begins where it stands', {
    slot: settings.slot,
    lsn: formatLsn(lsn),
  })
  return { origin, exportedSnapshot: undefined }
}

/** Makes the slot; `isLeftOver`: an earlier start died before it came to use the one that is there. */
async function create(parts: StartParts, identity: DatabaseIdentity, isLeftOver: boolean): Promise<Begun> {
  const { context, settings, session, replication } = parts
  const { slot } = settings
  const { system, database } = identity
  const isSnapshotWanted = settings.snapshot.mode === 'initial'
  const intent: Origin = { phase: 'creating', slot, system, database, lsn: 0, visibility: undefined }
  await context.state.put(new Map([[originKey, encodeOrigin(intent)]]))
  if (isLeftOver) await session.query('SELECT pg_drop_replication_slot($1)', [slot])
  context.logger.info('the slot is made; the server waits for the transactions that run now', { slot })
  const { consistentPoint, exportedSnapshot } = await createSlot(replication, slot, isSnapshotWanted).catch(
    async (error: unknown) => {
      // Refused, and not cut off: a slot of this name is somebody else's from now on.
      if (isRefusal(error)) await context.state.put(new Map([[originKey, undefined]]))
      throw error
    },
  )
  const visibility = exportedSnapshot === undefined ? undefined : await visibilityOf(session, exportedSnapshot)
  const phase = exportedSnapshot === undefined ? 'streaming' : 'snapshot'
  const origin: Origin = { phase, slot, system, database, lsn: consistentPoint, visibility }
  await context.state.put(new Map([[originKey, encodeOrigin(origin)]]))
  context.logger.info('the slot was made', { slot, lsn: formatLsn(consistentPoint) })
  return { origin, exportedSnapshot }
}

function isRefusal(error: unknown): boolean {
  const refusals = ['postgres_slot_exists', 'postgres_slots_exhausted', 'postgres_permission_denied'] as const
  return refusals.some((code) => postgresErrors.is(error, code))
}

/** Which transactions the exported snapshot shows, as text that outlives it. */
async function visibilityOf(session: Session, exported: string): Promise<string> {
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  await session.query(`SET TRANSACTION SNAPSHOT ${quoteLiteral(exported)}`)
  const [row] = await session.query<{ readonly shown: string }>('SELECT pg_current_snapshot()::text AS shown')
  await session.query('COMMIT')
  return present(row?.shown, 'the text of an exported snapshot')
}

function rememberedOrigin({ state }: ConnectorContext): Origin | undefined {
  const remembered = state.get(originKey)
  return remembered === undefined ? undefined : decodeOrigin(remembered)
}

function checkWalLevel({ walLevel }: DatabaseIdentity): void {
  if (walLevel === 'logical') return
  throw postgresErrors.make('postgres_no_logical_wal', `the server writes WAL at the level "${walLevel}"`, {
    details: { walLevel },
  })
}

/** A resume point means something in the cluster and the slot that it came from, and nowhere else. */
function checkSame(origin: Origin, { system, database }: DatabaseIdentity, { slot }: CdcSettings): void {
  if (origin.slot !== slot && origin.phase !== 'creating') {
    throw postgresErrors.make(
      'postgres_other_database',
      `the log holds the stream of the slot ${origin.slot}, and the settings name ${slot}`,
      {
        details: { remembered: origin.slot, slot },
        hint: `Set the slot back, or give the source a new id to begin anew.`,
      },
    )
  }
  if (origin.system === system && origin.database === database) return
  throw postgresErrors.make(
    'postgres_other_database',
    `the log holds the stream of the database ${origin.database} of the cluster ${origin.system}, but ${quoteIdentifier(database)} of ${system} answers`,
    { details: { remembered: origin.system, system, database } },
  )
}

/** The snapshot is in the log as a whole: what comes next is the stream. */
export function streamingOrigin(origin: Origin): Origin {
  invariant(origin.phase === 'snapshot', `a snapshot ended in the phase ${origin.phase}`)
  return { ...origin, phase: 'streaming' }
}
