// Whether a server held what it promises to hostile peers, from what it reported and what was seen from outside.

import type { ServerReport } from './frames-report.js'

export interface FramesEvidence {
  /** What was asked for: frames in all. */
  readonly frames: number
  /** All APIs and versions that are served, by name. */
  readonly cells: readonly string[]
  /** Undefined when the process ended without one. */
  readonly report: ServerReport | undefined
  /** How the process ended; empty when all was well. */
  readonly end: string
  /** It said nothing for long and was ended. */
  readonly wasSilent: boolean
  readonly checks: number
  /** Checks of the well-behaved client that failed. */
  readonly failedChecks: readonly string[]
  readonly wrongAnswers: readonly string[]
}

export type FramesFaultKind = 'end' | 'failure' | 'stall' | 'memory' | 'coverage' | 'client' | 'answer'

export interface FramesFault {
  readonly kind: FramesFaultKind
  readonly what: string
}

const leastHeaderShare = 0.2
const leastSocketShare = 0.05
/** 2,000 at three million. */
const leastOfCellShare = 2000 / 3_000_000
const mostStallMs = 1000
/** It is the runtime, two engines of 20,000 frames, what a wide request becomes, and the garbage in between. */
export const mostResidentBytes = 600 * 1024 * 1024
const shownLength = 3000

export function judgeFrames(evidence: FramesEvidence): readonly FramesFault[] {
  const { report, end, wasSilent, checks, failedChecks, wrongAnswers } = evidence
  const faults: FramesFault[] = []
  const blame = (kind: FramesFaultKind, what: string): void => void faults.push({ kind, what })
  if (wasSilent) blame('stall', 'the process said nothing for so long that it was ended')
  if (end !== '') blame('end', end)
  if (report === undefined) blame('end', 'the process ended without a report')
  for (const what of failedChecks) blame('client', what)
  if (checks === 0) blame('client', 'no well-behaved client was answered')
  for (const what of wrongAnswers) blame('answer', what)
  if (report === undefined) return faults
  for (const { what, frame } of report.failures) blame('failure', `${what}\n  frame ${frame.slice(0, shownLength)}`)
  if (report.longestStallMs > mostStallMs) {
    const { ms, frame } = report.slowest
    const slowest = `the slowest direct frame took ${ms.toFixed(0)} ms: ${frame}`
    blame('stall', `the event loop was held for ${report.longestStallMs.toFixed(0)} ms; ${slowest}`)
  }
  if (report.mostResidentBytes > mostResidentBytes) blame('memory', `${report.mostResidentBytes} bytes were resident`)
  return [...faults, ...missing(evidence, report)]
}

function missing({ frames, cells }: FramesEvidence, report: ServerReport): readonly FramesFault[] {
  const { directFrames, socketFrames, headersRead, socketAnswers, met } = report
  const given = directFrames + socketFrames
  const texts: string[] = []
  if (given < frames) texts.push(`${given} frames of ${frames}`)
  if (socketFrames < leastSocketShare * frames) texts.push(`${socketFrames} frames through sockets of ${frames}`)
  const headers = headersRead + socketAnswers
  if (headers < leastHeaderShare * given) texts.push(`${headers} headers were read of ${given}`)
  const least = Math.floor(leastOfCellShare * frames)
  for (const cell of cells)
    if ((met[cell] ?? 0) < least) texts.push(`${cell} was met ${met[cell] ?? 0} times of ${least}`)
  return texts.map((what) => ({ kind: 'coverage', what }))
}
