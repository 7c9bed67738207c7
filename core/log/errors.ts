import { defineErrors } from '../errors/tailrace-error.js'

/** What the log on disk may find wrong with itself or its place. */
export const logErrors = defineErrors({
  bytes_damaged: {
    retry: 'manual',
    summary: 'A place on disk does not match its checksum.',
    hint: 'Nothing of it is served or cut. Look at it with `tailrace log verify DIR`, and restore it from a copy if there is one.',
  },
  journal_damaged: {
    retry: 'manual',
    summary: 'Acknowledged frames of the journal cannot be read.',
    hint: 'Restore the journal from a copy, or accept the loss that the message names with `tailrace log repair DIR`.',
  },
  journal_gap: {
    retry: 'manual',
    summary: 'The journal does not reach back to the checkpoint.',
    hint: 'Files of the journal or the checkpoint were removed or come from another time. Restore the whole directory from one copy; `tailrace log repair DIR` accepts the loss.',
  },
  checkpoint_damaged: {
    retry: 'manual',
    summary: 'Neither checkpoint can be read.',
    hint: 'Restore checkpoint-0 and checkpoint-1 from a copy of the directory.',
  },
  segment_missing: {
    retry: 'manual',
    summary: 'A segment that the checkpoint names is missing or too short.',
    hint: 'Restore the file from a copy, or accept the loss that the message names with `tailrace log repair DIR`.',
  },
  directory_foreign: {
    retry: 'never',
    summary: 'The directory holds parts of another hub.',
    hint: 'Files of two data directories were mixed. Restore the whole directory from one copy.',
  },
  directory_version: {
    retry: 'never',
    summary: 'The data directory has a format that this version does not read.',
    hint: 'Start the version of tailrace that wrote it, or choose another directory with --data.',
  },
  directory_unknown: {
    retry: 'never',
    summary: 'The directory holds something, but no tailrace data.',
    hint: 'Choose an empty directory with --data; nothing in this one was touched.',
  },
  sync_failed: {
    retry: 'manual',
    summary: 'The device did not confirm a write.',
    hint: 'Look at the system log for errors of the device, then start again: what was acknowledged is written anew from the journal.',
  },
  log_closed: { retry: 'manual', summary: 'The log is closed.', hint: 'Open it again.' },
  disk_low: {
    retry: 'timed',
    summary: 'The disk has too little room left to append safely.',
    hint: 'Free space on the file system; appends go on by themselves.',
  },
  partition_removed: {
    retry: 'never',
    summary: 'The topic was deleted while the append waited.',
    hint: 'Create the topic anew, or stop writing to it.',
  },
  batch_out_of_order: {
    retry: 'never',
    summary: 'A batch does not follow the last one of its producer.',
    hint: 'Send the batches before it first, or start over with the next epoch.',
  },
  producer_outdated: {
    retry: 'never',
    summary: 'A newer epoch of the producer has written to the partition.',
    hint: 'Stop the older run of the producer.',
  },
  offset_outside: {
    retry: 'manual',
    summary: 'The offset is not in the log.',
    hint: 'Choose an offset between the log start and the high watermark.',
  },
})
