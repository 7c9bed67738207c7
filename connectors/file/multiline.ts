// Which lines belong together: a pure machine, one line in, one verdict out. It knows nothing of files or time.

import { createRequire } from 'node:module'
import { messageOf } from '../../core/errors/tailrace-error.js'
import { fileErrors } from './errors.js'
import { outside, presets, type PresetName, type PresetRule } from './multiline-presets.js'

export interface Verdict {
  /** Does the line go on with the record before it? Otherwise it begins one. */
  readonly joins: boolean
  /** The state behind the line; in `outside` nothing can join, so that the record is complete. */
  readonly state: string
}

/** Judges a line that follows in a state; lines come without their ends. */
export type MultilineRules = (state: string, line: string) => Verdict

export interface MultilinePatterns {
  readonly preset?: PresetName | undefined
  readonly start?: string | undefined
  readonly continuation?: string | undefined
}

/** A compiled pattern: does it match anywhere in the text, in time linear to its length? */
export interface LinePattern {
  test(text: string): boolean
}

interface PatternLibrary {
  readonly RE2JS: { compile(pattern: string): LinePattern }
}

/** In this state, of patterns without a preset, a line may join. */
const inside = 'inside'

const joinsInside: Verdict = { joins: true, state: inside }
const beginsInside: Verdict = { joins: false, state: inside }
const beginsAlone: Verdict = { joins: false, state: outside }

/** The rules of a preset or of own patterns. `file_pattern_invalid` when one cannot be compiled. */
export function multilineRules(patterns: MultilinePatterns): MultilineRules {
  if (patterns.preset !== undefined) return rulesOfTable(presets[patterns.preset])
  const start = patterns.start === undefined ? undefined : compilePattern(patterns.start)
  const continuation = patterns.continuation === undefined ? undefined : compilePattern(patterns.continuation)
  if (continuation === undefined) return (state, line) => byStart(start, state, line)
  if (start === undefined) return (state, line) => byContinuation(continuation, state, line)
  return (state, line) => {
    if (start.test(line)) return beginsInside
    return state === inside && continuation.test(line) ? joinsInside : beginsAlone
  }
}

/** Compiles a pattern of RE2's syntax. The library is loaded by the first pattern: a declaration has to stay light. */
export function compilePattern(pattern: string): LinePattern {
  const { RE2JS } = createRequire(import.meta.url)('re2js') as PatternLibrary
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    throw fileErrors.make(
      'file_pattern_invalid',
      `the pattern ${JSON.stringify(pattern)} is no regular expression of RE2: ${messageOf(error)}`,
      { cause: error, details: { pattern } },
    )
  }
}

function byStart(start: LinePattern | undefined, state: string, line: string): Verdict {
  return state === inside && start?.test(line) === false ? joinsInside : beginsInside
}

function byContinuation(continuation: LinePattern, state: string, line: string): Verdict {
  return state === inside && continuation.test(line) ? joinsInside : beginsInside
}

function rulesOfTable(table: readonly PresetRule[]): MultilineRules {
  const byState = new Map<string, { readonly pattern: RegExp; readonly verdict: Verdict }[]>()
  for (const { from, pattern, to } of table) {
    for (const state of from) {
      const rules = byState.get(state) ?? []
      byState.set(state, rules)
      rules.push({ pattern, verdict: { joins: state !== outside, state: to } })
    }
  }
  const beginnings = byState.get(outside) ?? []
  return (state, line) => {
    const rules = state === outside ? [] : (byState.get(state) ?? [])
    const found =
      rules.find(({ pattern }) => pattern.test(line)) ?? beginnings.find(({ pattern }) => pattern.test(line))
    return found?.verdict ?? beginsAlone
  }
}
