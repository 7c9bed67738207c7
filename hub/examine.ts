// What the connectors of some plans see when they look at their surroundings, without changing anything: for `doctor`
// and `validate --connect`; and what their files alone give reason to warn of.

import type { DoctorFinding } from '../core/admin/admin-service.js'
import type { PipelinePlan } from '../core/pipeline/pipeline-plan.js'
import { edgesOf, viewContext, type ViewedEdge, type ViewOptions } from './edge-view.js'
import { failureView } from './failure.js'

/** What can be told from the files alone: sinks that give up records with no topic to put them into. */
export function adviseEdges(plans: readonly PipelinePlan[]): readonly DoctorFinding[] {
  return plans.flatMap(({ name, sinks }) =>
    sinks.flatMap(({ id, declaration, settings, onError }): readonly DoctorFinding[] => {
      const records = onError.deadLetter === undefined ? declaration.givesUp?.(settings as never) : undefined
      if (records === undefined) return []
      const message = `there is no topic for ${records}: the sink stops at the first of them`
      return [
        { subject: `sink ${name}.${id}`, level: 'warning', message, hint: 'Set `onError.deadLetter` to a topic.' },
      ]
    }),
  )
}

/** Every finding of every edge, in the order of the files; a connector that fails to look is a problem of its own. */
export async function examineEdges(options: ViewOptions): Promise<readonly DoctorFinding[]> {
  const found = await Promise.all(edgesOf(options.plans).map((edge) => examineEdge(edge, options)))
  return [...adviseEdges(options.plans), ...found.flat()]
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
