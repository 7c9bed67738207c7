import { defineErrors } from '../../core/errors/tailrace-error.js'

/** What a lake sink may answer beyond what the disk and the log answer. */
export const lakeErrors = defineErrors({
  lake_foreign_root: {
    retry: 'manual',
    summary: 'The root belongs to another hub.',
    hint: 'Choose another root. If that hub is no more and nothing will read its bookkeeping, remove ROOT/.tailrace.',
  },
  lake_root_shared: {
    retry: 'manual',
    summary: 'Another sink writes into the same root, and names of the two could be equal.',
    hint: 'Give each sink a root of its own, or begin their paths with different folders. If the other sink is no more, remove its file in ROOT/.tailrace/sinks.',
  },
  lake_bookkeeping_malformed: {
    retry: 'manual',
    summary: 'A file in ROOT/.tailrace, or the remembered state of the sink, is not what this release writes.',
    hint: 'Start the release that wrote it, or a later one. If the file was edited, restore it.',
  },
  lake_name_taken: {
    retry: 'manual',
    summary: 'A file that is not ours stands under a name that the sink needs.',
    hint: 'Move the file away, or choose another root or path. Nothing was overwritten.',
  },
  lake_file_changed: {
    retry: 'manual',
    summary: 'A file under way was changed or removed by somebody else.',
    hint: 'Keep others out of ROOT/.tailrace. The sink starts again by itself and writes the records anew.',
  },
  lake_sync_failed: {
    retry: 'manual',
    summary: 'The system could not bring a file to the device.',
    hint: 'Look at the free space and at the system log. The sink starts again by itself and writes the records anew.',
  },
  lake_plan_lost: {
    retry: 'manual',
    summary: 'A crash left files of a range unfinished, and they cannot be made again.',
    hint: 'The records are in neither the log nor the unfinished files: restore what the message names, or accept the loss with `tailrace groups reset` under another sink id.',
  },
  lake_plan_root_missing: {
    retry: 'manual',
    summary: 'Unfinished files lie in the root that the sink had before, and it cannot be found.',
    hint: 'Bring the former root back, or set root to it for one start, so that its files are finished.',
  },
  lake_state_behind: {
    retry: 'manual',
    summary: 'The directory knows of files that the log does not: the data directory is older than the lake.',
    hint: 'Was the data directory restored from a backup? Compare the range in the manifest with the files of the lake, remove what is there twice, then remove the manifest.',
  },
  lake_spool_full: {
    retry: 'timed',
    summary: 'The local disk has no room for files under way.',
    hint: 'Free space on the disk of the data directory. The sink waits, and goes on by itself.',
  },
  lake_value_unfit: {
    retry: 'never',
    summary: 'A record holds what no column of its table can hold.',
    hint: 'Correct the producer, or give the column a type that takes all of it (format.schema). The record is in the dead letters: replay it then.',
  },
  lake_schema_changed: {
    retry: 'manual',
    summary: 'The columns that a sink adds to a table have names that the table uses otherwise.',
    hint: 'Rename the fields in a step of the sink, or take the columns out of `columns`; or write into another place under another sink id.',
  },
  lake_schema_unusable: {
    retry: 'manual',
    summary: 'The JSON Schema of a table cannot be read or describes no table.',
    hint: 'Correct the schema as the message says.',
  },
  lake_path_unfit: {
    retry: 'never',
    summary: 'The path of a lake sink does not fit its topics.',
    hint: 'Change `path` as the message says.',
  },
  lake_path_escapes: {
    retry: 'manual',
    summary: 'A symbolic link below the root leads out of it.',
    hint: 'Remove the link, or make the place it leads to the root.',
  },
  lake_other_device: {
    retry: 'manual',
    summary: 'ROOT/.tailrace lies on another file system than the root, so files cannot be moved into place at once.',
    hint: 'Remove the link or mount at ROOT/.tailrace.',
  },
})
