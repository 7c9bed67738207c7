// How a command reaches the log: over HTTP where `--http` says so or where a running hub owns the data directory, and
// by opening the data directory itself where nobody owns it. The choice is made here and nowhere else.

import type { Command } from 'commander'
import type { AdminService } from '../hub/admin-vocabulary.js'

export interface HubPlace {
  readonly http?: string
  readonly data?: string
}

/** The options of a command that reaches a hub. */
export function withHubOptions(command: Command): Command {
  return command
    .option('--data <dir>', 'data directory (default: .tailrace here); opened when no hub owns it')
    .option(
      '--http <host:port>',
      'admin API of a running hub (default: that of the data directory, else 127.0.0.1:7070)',
    )
}

/**
 * Runs `use` with the admin service and closes what was opened for it. Errors: no_data_directory, api_off,
 * hub_unreachable, and those of `use`.
 */
export async function withHub<T>(options: HubPlace, use: (admin: AdminService) => Promise<T>): Promise<T> {
  const { reachHub } = await import('../hub/reach-hub.js')
  const { admin, close } = await reachHub({ ...options, token: process.env['TAILRACE_TOKEN'] })
  try {
    return await use(admin)
  } finally {
    await close()
  }
}

/** Aborted by Ctrl-C, so that a stream ends instead of the process. */
export function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  process.once('SIGTERM', () => interrupted.abort())
  return interrupted.signal
}
