// A record may not come round: what a transform writes must not reach a topic that it reads, by whatever way through
// other transforms of the run, or it would be read again for ever.

import { problemAt, type CheckInputs } from './check-inputs.js'
import type { Draft, DraftEdge } from './draft.js'
import type { Problem } from './problem.js'
import { writtenBy } from './written-topics.js'

interface Passage {
  readonly draft: Draft
  readonly edge: DraftEdge
  readonly writes: readonly string[]
}

/** Transforms that are fed what they made. */
export function circleProblems({ drafts }: CheckInputs): readonly Problem[] {
  const transforms: readonly Passage[] = drafts.flatMap((draft) =>
    draft.edges
      .filter(({ section }) => section === 'transforms')
      .map((edge) => ({ draft, edge, writes: writtenBy(edge).names })),
  )
  return transforms.flatMap(({ draft, edge, writes }) => {
    const reached = new Set(writes)
    for (const topic of reached) {
      for (const next of transforms)
        if (next.edge.from.includes(topic)) for (const name of next.writes) reached.add(name)
    }
    return edge.from.flatMap((topic, index) => {
      if (!reached.has(topic)) return []
      const message = `what "${edge.id}" makes of "${topic}" comes back to it: a record would go round for ever`
      return [problemAt(draft, ['transforms', edge.id, 'from', String(index)], message)]
    })
  })
}
