// How the source logs in: one session for catalogs, one for the stream, and those that read the snapshot.

import type { ConnectorContext } from '../../../core/connector/context.js'
import { connect, type Session } from '../wire/connect.js'
import type { CdcSettings } from './settings.js'

export type Purpose = 'catalogs' | 'stream' | 'snapshot' | 'examine'

/** Errors: those of `connect`. */
export function openSession(settings: CdcSettings, context: ConnectorContext, purpose: Purpose): Promise<Session> {
  const { pipeline, connector, signal } = context
  const name = `tailrace ${pipeline}.${connector} ${purpose}`
  // Where policies would hide rows from the role, a query fails instead of leaving them out.
  const guards = { row_security: 'off' }
  // A role's own time-outs are for people: a slot may take hours to be made, and the stream's session rests meanwhile.
  const patience = { statement_timeout: '0', idle_session_timeout: '0' }
  const isStream = purpose === 'stream'
  return connect({ url: settings.url, name, replication: isStream, settings: { ...guards, ...patience } }, signal)
}
