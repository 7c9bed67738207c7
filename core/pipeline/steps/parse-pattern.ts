// Whether the pattern of a parse step can be used, for whoever checks a file before it runs.

import { messageOf } from '../../errors/tailrace-error.js'
import { RegexGroups } from '../../format/regex-groups.js'

/** What is wrong with the pattern; undefined when nothing is. */
export function patternProblem(pattern: string): string | undefined {
  try {
    new RegexGroups(pattern).parse('')
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
