// Rules about steps that a schema cannot say: where a kind may stand, what it asks of its settings, names of what is
// remembered, and whether expressions mean anything.

import { stepDeclarationOf } from '../core/pipeline/steps/step-declarations.js'
import { statefulNames } from '../core/pipeline/steps/stateful/definitions.js'
import { problemAt, problemAtKey, type CheckInputs } from './check-inputs.js'
import type { Draft, DraftEdge } from './draft.js'
import type { Problem } from './problem.js'

/** Every mistake in steps but those in expressions. */
export function stepProblems({ drafts }: CheckInputs): readonly Problem[] {
  return drafts.flatMap((draft) =>
    draft.edges.flatMap((edge) => [...stepRules(draft, edge), ...stepNames(draft, edge)]),
  )
}

/** Apart from the other checks, since what understands expressions is loaded only where a file has some. */
export async function expressionProblems(drafts: readonly Draft[]): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const draft of drafts) {
    for (const edge of draft.edges) {
      for (const [index, { kind, settings }] of (edge.passage?.steps ?? []).entries()) {
        for (const { path, text, isCondition, isPattern } of stepDeclarationOf(kind)?.expressions(settings) ?? []) {
          const { expressionProblem, patternProblem } = await import('../core/expression/expression-problem.js')
          const fault =
            isPattern === true
              ? patternProblem(text)
              : expressionProblem(text, isCondition === true ? 'condition' : 'value')
          const place = [edge.section, edge.id, 'steps', String(index), kind, ...path]
          if (fault !== undefined) problems.push(problemAt(draft, place, fault.message))
        }
      }
    }
  }
  return problems
}

function stepRules(draft: Draft, edge: DraftEdge): readonly Problem[] {
  return (edge.passage?.steps ?? []).flatMap(({ kind, settings }, index) => {
    const declaration = stepDeclarationOf(kind)
    const place = [edge.section, edge.id, 'steps', String(index), kind]
    if (declaration?.places === 'transforms' && edge.section !== 'transforms') {
      return [problemAtKey(draft, place, `"${kind}" stands in transforms only`)]
    }
    if (declaration?.places === 'no-sinks' && edge.section === 'sinks') {
      return [problemAtKey(draft, place, `"${kind}" means nothing on a sink`)]
    }
    const found = declaration?.check?.(settings) ?? []
    return found.map(({ path, message }) => problemAt(draft, [...place, ...path], message))
  })
}

/** What steps remember lies under their names. */
function stepNames(draft: Draft, edge: DraftEdge): readonly Problem[] {
  const names = statefulNames(edge.passage?.steps ?? [])
  const twice = names.filter((name, index) => names.indexOf(name) < index)
  return [...new Set(twice)].map((name) => {
    return problemAt(draft, [edge.section, edge.id, 'steps'], `two steps remember under the name "${name}"`)
  })
}
