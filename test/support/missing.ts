// A program that a test needs and that may not be installed.

import { spawnSync } from 'node:child_process'

/** Why something cannot be shown here: the program that is missing, and how to get it. In CI it must be there. `wanted` is for what a program has besides itself. */
export function missing(program: string, check: readonly string[], wanted = program): string | undefined {
  const ran = spawnSync(program, check, { stdio: 'ignore' })
  if (ran.error === undefined && ran.status === 0) return undefined
  if (process.env['CI'] === 'true') throw new Error(`${wanted} is missing: scripts/install-test-servers.sh`)
  return `${wanted} is missing (scripts/install-test-servers.sh)`
}
