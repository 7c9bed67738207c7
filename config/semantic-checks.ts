// What a schema cannot say: rules over several places of a file, or over all files of one run. Every check looks at
// all drafts and gives all of its problems; the order of the table does not matter.

import { problemAt, problemAtKey, type CheckInputs } from './check-inputs.js'
import type { Draft, DraftEdge } from './draft.js'
import { ingressProblems } from './ingress-checks.js'
import { circleProblems } from './circle-checks.js'
import { listenProblems } from './listen-checks.js'
import { loopProblems } from './loop-checks.js'
import { parseFormatProblems } from '../core/pipeline/steps/parse-formats.js'
import type { Problem } from './problem.js'
import { stepProblems } from './step-checks.js'
import { testCaseProblems } from './test-cases.js'
import { topicProblems } from './topic-checks.js'

type Check = (inputs: CheckInputs) => readonly Problem[]

const checks: readonly Check[] = [
  pipelineNames,
  edgeIds,
  topicProblems,
  parseSteps,
  connectorRules,
  loopProblems,
  circleProblems,
  stepProblems,
  ingressProblems,
  listenProblems,
  testCaseProblems,
]

/** Every mistake that shows only when a file, or all files of a run, are seen as a whole. */
export function semanticProblems(inputs: CheckInputs): readonly Problem[] {
  return checks.flatMap((check) => check(inputs))
}

function pipelineNames({ drafts }: CheckInputs): readonly Problem[] {
  return drafts.flatMap((draft, index) => {
    const first = drafts.slice(0, index).find((earlier) => earlier.name !== undefined && earlier.name === draft.name)
    if (first === undefined) return []
    const message = `the name is taken by ${first.document.file}: state and consumer groups go by it`
    return [problemAt(draft, ['name'], message)]
  })
}

/** Metrics, logs and commands name an edge by its id alone. */
function edgeIds({ drafts }: CheckInputs): readonly Problem[] {
  return drafts.flatMap((draft) => {
    const taken = new Map<string, DraftEdge>()
    return draft.edges.flatMap((edge) => {
      const first = taken.get(edge.id)
      if (first === undefined) taken.set(edge.id, edge)
      if (first === undefined || first.section === edge.section) return []
      const message = `a ${first.section.slice(0, -1)} has this id as well: choose another`
      return [problemAtKey(draft, [edge.section, edge.id], message)]
    })
  })
}

function parseSteps({ drafts }: CheckInputs): readonly Problem[] {
  return drafts.flatMap((draft) =>
    edgesIn(draft, 'sources').flatMap(({ id, valid, deadLetter }) => {
      const parse = valid?.parse
      const path = ['sources', id, 'parse']
      if (parse === undefined) return []
      const problems = parseFormatProblems(parse).map((found) =>
        problemAtKey(draft, [...path, ...found.path], found.message),
      )
      if (parse.onFail === 'dead-letter' && deadLetter === undefined) {
        const message = '"dead-letter" needs a topic: give "onError.deadLetter" here or in "defaults"'
        problems.push(problemAt(draft, [...path, 'onFail'], message))
      }
      return problems
    }),
  )
}

/** The connector's own rules. */
function connectorRules({ drafts }: CheckInputs): readonly Problem[] {
  return drafts.flatMap((draft) =>
    draft.edges.flatMap(({ section, id, valid }) => {
      const found = valid?.declaration.check?.(valid.settings as never, draft.baseDirectory) ?? []
      return found.map(({ path, message }) => problemAt(draft, [section, id, ...path], message))
    }),
  )
}

function edgesIn(draft: Draft, section: DraftEdge['section']): readonly DraftEdge[] {
  return draft.edges.filter((edge) => edge.section === section)
}
