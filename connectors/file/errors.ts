import { defineErrors } from '../../core/errors/tailrace-error.js'

/** What the file source may report. Those about one file never stop the source: they are logged, counted and shown. */
export const fileErrors = defineErrors({
  file_pattern_invalid: {
    retry: 'never',
    summary: 'A glob or a multiline pattern cannot be understood.',
    hint: 'Correct the pattern at the place that the message names.',
  },
  file_needs_dead_letter: {
    retry: 'never',
    summary: 'Lines over the limit should go to a dead-letter topic, but the edge has none.',
    hint: 'Name a topic in onError.deadLetter, or set onLongLine to "truncate" or "split".',
  },
  file_directory_denied: {
    retry: 'timed',
    summary: 'A directory that may hold files to read cannot be listed.',
    hint: 'Give the user that runs tailrace the rights to read and enter the directory.',
  },
  file_unreadable: {
    retry: 'timed',
    summary: 'A file cannot be opened or read. It is tried again at every rescan.',
    hint: 'Give the user that runs tailrace the right to read the file, or exclude it.',
  },
  file_not_regular: {
    retry: 'never',
    summary: 'Something that an include names is no regular file (a pipe, a socket, a device) and is not read.',
    hint: 'Exclude it, or narrow the include.',
  },
  file_link_outside: {
    retry: 'manual',
    summary: 'A symbolic link leads out of the fixed root of its include and is not followed.',
    hint: 'Set followOutside to true if files out there should be read, else exclude the link.',
  },
  file_in_data_directory: {
    retry: 'never',
    summary: "An include reaches into the hub's own data directory, which is never read.",
    hint: 'Narrow the include, or move the data directory (--data).',
  },
  file_watch_exhausted: {
    retry: 'manual',
    summary: 'The system has no room for another watch; the directory is looked at by the rescan only.',
    hint: 'Raise fs.inotify.max_user_watches and max_user_instances (ENOSPC) or ulimit -n (EMFILE).',
  },
  file_descriptors_short: {
    retry: 'timed',
    summary: 'The system grants fewer descriptors than the source may use; it goes on with fewer open files.',
    hint: 'Raise ulimit -n of the process.',
  },
  file_lost: {
    retry: 'never',
    summary: 'A file was removed or truncated before all of it was read, and no copy of it was found.',
    hint: 'Rotate by rename, keep one uncompressed predecessor (delaycompress), and keep rotated files in place.',
  },
  file_gzip_damaged: {
    retry: 'manual',
    summary: 'A compressed file ends early or is damaged; what could be decompressed was read.',
    hint: 'Replace the file by an intact one under another name.',
  },
  file_line_too_long: {
    retry: 'never',
    summary: 'A line is longer than maxLine.',
    hint: 'Raise maxLine, or find out why the line end is missing.',
  },
  file_resume_point_unknown: {
    retry: 'never',
    summary: 'A resume point was written by a version of tailrace that this one does not know.',
    hint: 'Run the newer version, or remove the source from the pipeline file to forget its resume points.',
  },
})
