// Rules about the listener that HTTP sources share: each path belongs to one source of the run.

import type { IngressUse } from '../core/connector/ingress.js'
import { problemAt, type CheckInputs } from './check-inputs.js'
import type { DraftEdge } from './draft.js'
import type { Problem } from './problem.js'

/** What the edge would register on the listener; undefined when it does not use it. */
function useOf({ valid }: DraftEdge): IngressUse | undefined {
  const declaration = valid?.declaration
  return declaration?.role === 'push-source' ? declaration.ingress?.(valid?.settings as never) : undefined
}

/** Paths that two sources would take. */
export function ingressProblems({ drafts }: CheckInputs): readonly Problem[] {
  const takenBy = new Map<string, string>()
  return drafts.flatMap((draft) =>
    draft.edges.flatMap((edge) => {
      const use = useOf(edge)
      if (use === undefined) return []
      const first = takenBy.get(use.path)
      if (first !== undefined) {
        return [
          problemAt(draft, [edge.section, edge.id, ...use.setting], `the source ${first} takes this path already`),
        ]
      }
      takenBy.set(use.path, `"${edge.id}" of ${draft.document.file}`)
      return []
    }),
  )
}
