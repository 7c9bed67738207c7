// What the connectors of some plans see when they look at their surroundings, without changing anything: for `doctor`
// and `validate --connect`.

import type { DoctorFinding } from '../core/admin/admin-service.js'
import { edgesOf, viewContext, type ViewedEdge, type ViewOptions } from './edge-view.js'
import { failureView } from './failure.js'

/** Every finding of every edge, in the order of the files; a connector that fails to look is a problem of its own. */
export async function examineEdges(options: ViewOptions): Promise<readonly DoctorFinding[]> {
  const found = await Promise.all(edgesOf(options.plans).map((edge) => examineEdge(edge, options)))
  return found.flat()
}

async function examineEdge(edge: ViewedEdge, options: ViewOptions): Promise<readonly DoctorFinding[]> {
  const { plan, role, id, declaration, settings } = edge
  const subject = `${role} ${plan.name}.${id}`
  if (declaration.examine === undefined) return []
  try {
    const seen = await declaration.examine(settings as never, viewContext(edge, options))
    return seen.map(({ level, message, hint }) => ({ subject, level, message, hint }))
  } catch (error) {
    const { message, hint } = failureView(error)
    return [{ subject, level: 'problem', message, hint }]
  }
}
