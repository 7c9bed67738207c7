// One mistake in a pipeline file and how it is shown: `sinks.lake.rotate.byts: unknown key (did you mean "bytes"?)
// pipeline.json:31:17`. All mistakes of all files are collected and shown together.

import type { TailraceError } from '../core/errors/tailrace-error.js'
import { configErrors } from './errors.js'

export interface Position {
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units, as editors count. */
  readonly column: number
}

export interface Problem {
  /** The file as the user named it. */
  readonly file: string
  /** Absent when the whole file is meant, for example because it cannot be read. */
  readonly position: Position | undefined
  /** Keys from the top of the file down; empty for the file itself. */
  readonly path: readonly string[]
  readonly message: string
  /** What the user may have meant. */
  readonly suggestion?: string
}

/** One line: path, message, suggestion, place. */
export function problemText(problem: Problem): string {
  const path = problem.path.length === 0 ? '' : `${problem.path.join('.')}: `
  const suggestion = problem.suggestion === undefined ? '' : ` (did you mean "${problem.suggestion}"?)`
  const place = problem.position === undefined ? '' : `:${problem.position.line}:${problem.position.column}`
  return `${path}${problem.message}${suggestion} ${problem.file}${place}`
}

/** By file in the given order, then by place; what concerns a whole file first. */
export function sortProblems(problems: readonly Problem[], files: readonly string[]): readonly Problem[] {
  const rank = (problem: Problem): readonly [number, number, number] => [
    files.indexOf(problem.file),
    problem.position?.line ?? 0,
    problem.position?.column ?? 0,
  ]
  return [...problems].sort((left, right) => {
    const [a, b] = [rank(left), rank(right)]
    return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
  })
}

/** `invalid_pipeline` with every problem in its message and, as values, in its details. */
export function invalidPipeline(problems: readonly Problem[]): TailraceError {
  const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`
  const lines = problems.map((problem) => `  ${problemText(problem)}`)
  return configErrors.make('invalid_pipeline', `${count}:\n${lines.join('\n')}`, { details: { problems } })
}
