// Which offsets may be committed at all, whoever commits them.

import { engineErrors } from '../engine/errors.js'
import type { OffsetToCommit } from '../engine/group-service.js'
import type { JournalPort } from './journal-port.js'
import { maxCommitMetadataLength } from './limits.js'

/** Errors: invalid_commit, unknown_partition. */
export function checkOffsets(group: string, offsets: readonly OffsetToCommit[], port: JournalPort): void {
  for (const of of offsets) {
    const { topic, partition, offset, leaderEpoch = -1, metadata = '' } = of
    const where = `group ${group}, ${topic} partition ${partition}`
    const details = { group, topic, partition, offset }
    if (!(Number.isSafeInteger(offset) && offset >= 0)) {
      throw engineErrors.make('invalid_commit', `${where}: ${offset} is no offset`, { details })
    }
    if (!(Number.isSafeInteger(leaderEpoch) && leaderEpoch >= -1 && leaderEpoch < 2 ** 31)) {
      throw engineErrors.make('invalid_commit', `${where}: ${leaderEpoch} is no leader epoch`, { details })
    }
    if (metadata.length > maxCommitMetadataLength) {
      throw engineErrors.make(
        'invalid_commit',
        `${where}: ${metadata.length} characters of metadata; ${maxCommitMetadataLength} are the most`,
        { details },
      )
    }
    if (!port.exists(of)) {
      throw engineErrors.make('unknown_partition', `${where}: there is no such partition`, { details })
    }
  }
}
