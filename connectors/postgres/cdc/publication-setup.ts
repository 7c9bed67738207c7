// Brings the publication to what the settings ask for, and says what the stream will carry.

import type { Logger } from '../../../core/telemetry/logger.js'
import type { Session } from '../wire/connect.js'
import { type CapturedTable, findTables } from './database.js'
import { asPublished, findPublication, publicationChanges, type PublicationRequest } from './publication.js'
import type { CdcSettings } from './settings.js'
import { matches, parseTablePattern, tableText } from './table-names.js'

/** What would be asked of the publication, given the tables that are there now. */
export async function publicationRequest(
  session: Session,
  settings: CdcSettings,
  owner: string,
): Promise<PublicationRequest> {
  const patterns = settings.tables.map(parseTablePattern)
  const named = patterns.filter(({ table }) => table !== undefined)
  return {
    publication: settings.publication,
    owner,
    tables: await findTables(session, patterns),
    isNamed: (table) => matches(named, table),
    options: settings.options,
    isCreationWanted: settings.create,
    serverVersion: session.serverVersion,
  }
}

/** The tables as the publication sends them, after it was made or altered where that is asked for and needed. */
export async function preparePublication(
  session: Session,
  request: PublicationRequest,
  logger: Logger,
): Promise<readonly CapturedTable[]> {
  const found = await findPublication(session, request.publication)
  const statements = publicationChanges(request, found)
  if (statements.length > 0) {
    await session.run(`BEGIN;${statements.join(';')};COMMIT`)
    logger.info('the publication was brought to what the settings ask for', { statements })
  }
  const published = statements.length === 0 ? found : await findPublication(session, request.publication)
  const tables = published === undefined ? request.tables : asPublished(request.tables, published)
  const unpublished = request.tables.filter(({ oid }) => !tables.some((table) => table.oid === oid))
  if (unpublished.length > 0) {
    logger.warn('tables of a schema are not published, and do not come', { tables: unpublished.map(tableText) })
  }
  if (published !== undefined && published.leftOut.length > 0) {
    logger.warn('the publication leaves out operations: the log will not see them', {
      publication: request.publication,
      operations: published.leftOut,
    })
  }
  return tables
}
