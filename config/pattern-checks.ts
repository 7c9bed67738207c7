// Patterns of parse steps, compiled as they will be when they run. Apart from the other checks, since the regular
// expressions are loaded only where a file uses them.

import { problemAt } from './check-inputs.js'
import type { Draft } from './draft.js'
import type { Problem } from './problem.js'

/** Every pattern that cannot be compiled. */
export async function patternProblems(drafts: readonly Draft[]): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const draft of drafts) {
    for (const { id, section, valid } of draft.edges) {
      if (valid?.parse?.format !== 'regex' || valid.parse.pattern === undefined) continue
      const { patternProblem } = await import('../core/pipeline/steps/parse-pattern.js')
      const fault = patternProblem(valid.parse.pattern)
      if (fault !== undefined) problems.push(problemAt(draft, [section, id, 'parse', 'pattern'], fault))
    }
  }
  return problems
}
