// What the next start would run in the database; for `plan`. Nothing is changed to find out.

import type { ConnectorContext } from '../../../core/connector/context.js'
import type { PreviewStep } from '../../../core/connector/declaration.js'
import { findPublication, publicationChanges } from './publication.js'
import { publicationRequest } from './publication-setup.js'
import { openSession } from './sessions.js'
import type { CdcSettings } from './settings.js'
import { createSlotSql, slotStatus } from './slot.js'
import { ownerOf } from './start.js'

export async function previewCdc(settings: CdcSettings, context: ConnectorContext): Promise<readonly PreviewStep[]> {
  const session = await openSession(settings, context, 'examine')
  try {
    // A hub that does not exist yet has no id.
    const owner = ownerOf(context.hubId === '' ? { ...context, hubId: 'HUB-ID' } : context)
    const request = await publicationRequest(session, settings, owner)
    const statements = publicationChanges(request, await findPublication(session, settings.publication))
    const isSlotMissing = (await slotStatus(session, settings.slot)) === undefined
    const slot = isSlotMissing && settings.create ? [createSlotSql(settings.slot)] : []
    return [...statements, ...slot].map((text) => ({ what: 'sql', text, where: 'the source database' }))
  } finally {
    await session.close()
  }
}
