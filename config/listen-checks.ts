// Rules about sources that listen by themselves: each address belongs to one of the run.

import type { ListenUse } from '../core/connector/listen-use.js'
import { problemAt, type CheckInputs } from './check-inputs.js'
import type { DraftEdge } from './draft.js'
import type { Problem } from './problem.js'

const anyHost: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

function useOf({ valid }: DraftEdge): ListenUse | undefined {
  const declaration = valid?.declaration
  return declaration?.role === 'push-source' ? declaration.listens?.(valid?.settings as never) : undefined
}

/** Addresses that two sources would listen on. */
export function listenProblems({ drafts }: CheckInputs): readonly Problem[] {
  const taken: { readonly use: ListenUse; readonly owner: string }[] = []
  return drafts.flatMap((draft) =>
    draft.edges.flatMap((edge) => {
      const use = useOf(edge)
      if (use === undefined) return []
      const first = taken.find((one) => isSameAddress(one.use, use))
      taken.push({ use, owner: `"${edge.id}" of ${draft.document.file}` })
      if (first === undefined) return []
      const message = `the source ${first.owner} listens there already`
      return [problemAt(draft, [edge.section, edge.id, ...use.setting], message)]
    }),
  )
}

/** A port of every address is one of each; port 0 is another one each time. */
function isSameAddress(one: ListenUse, other: ListenUse): boolean {
  if (one.protocol !== other.protocol || one.port !== other.port || one.port === 0) return false
  return one.host === other.host || anyHost.has(one.host) || anyHost.has(other.host)
}
