// When a hub is ready: its log takes appends and no edge is starting or failed. An edge that waits for a target that
// is down does not count: it goes on by itself, and taking the hub away would not help it.

import type { EdgeStatus } from '../pipeline/pipeline-status.js'
import type { ErrorView, Readiness } from './admin-service.js'

/** `edges` is undefined while the pipelines start. */
export function readinessOf(refusing: ErrorView | undefined, edges: readonly EdgeStatus[] | undefined): Readiness {
  const log = refusing === undefined ? [] : [`the log refuses appends: ${refusing.message}`]
  if (edges === undefined) return { ready: false, reasons: [...log, 'the pipelines are starting'] }
  const held = edges.flatMap(({ pipeline, id, role, state, error }) => {
    if (state !== 'starting' && state !== 'failed') return []
    const reason = error === undefined ? '' : `: ${error.message}`
    return [`the ${role} ${pipeline}.${id} is ${state}${reason}`]
  })
  const reasons = [...log, ...held]
  return { ready: reasons.length === 0, reasons }
}
