import { defineErrors } from '../errors/tailrace-error.js'

/** What the outside world may answer. `details` holds errno, path and operation. */
export const runtimeErrors = defineErrors({
  disk_full: {
    retry: 'timed',
    summary: 'The file system has no room, or takes no writes.',
    hint: 'Free space on the file system that the message names.',
  },
  too_many_files: {
    retry: 'timed',
    summary: 'The process or the machine ran out of file descriptors.',
    hint: 'Raise the limit (ulimit -n), or tail fewer files at once.',
  },
  not_found: { retry: 'manual', summary: 'No file is there.', hint: 'Check the path.' },
  already_exists: {
    retry: 'never',
    summary: 'Something is there already.',
    hint: 'Choose another path, or move away what is there.',
  },
  denied: {
    retry: 'manual',
    summary: 'The system refuses access.',
    hint: 'Give the user that runs tailrace the right to the path that the message names.',
  },
  io_failed: {
    retry: 'manual',
    summary: 'The system could not carry out a file operation.',
    hint: 'Look at the system log for errors of the device.',
  },
  tls_refused: {
    retry: 'manual',
    summary: 'A certificate or its key cannot be used for TLS.',
    hint: 'Both are PEM, and the key belongs to the certificate.',
  },
  listen_failed: {
    retry: 'manual',
    summary: 'The system does not let the process listen on an address.',
    hint: 'Choose another address, or stop the process that holds the port.',
  },
  name_unresolved: {
    retry: 'timed',
    summary: 'The resolver gives no address for a name.',
    hint: 'Check the name, and the resolver of this machine.',
  },
  directory_owned: {
    retry: 'manual',
    summary: 'Another process owns the directory.',
    hint: 'Stop the process that the message names, or use another directory (--data).',
  },
  ownership_lost: {
    retry: 'manual',
    summary: 'The directory was taken away from this process.',
    hint: 'Find out who removed or replaced owner.sock; two owners would destroy data.',
  },
})
