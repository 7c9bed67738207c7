// One comparison of the benchmark: it can be run alone, on a server that all share and in a directory of its own.

import type { PostgresServer } from '../../test/support/postgres/postgres-server.js'

export interface PostgresSetting {
  readonly server: PostgresServer
  /** Empty, on the file system that is measured. */
  readonly directory: string
  readonly pairs: number
}

export interface PostgresSection {
  readonly name: string
  /** Prints its figures. */
  run(name: string, setting: PostgresSetting): Promise<void>
}
