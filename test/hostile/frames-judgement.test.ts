import { describe, expect, it } from 'vitest'
import { type FramesEvidence, judgeFrames, mostResidentBytes } from './frames-judgement.js'
import type { ServerReport } from './frames-report.js'

const report: ServerReport = {
  directFrames: 2_850_000,
  headersRead: 600_000,
  met: { 'Fetch 4': 2000, 'Fetch 5': 2001 },
  socketFrames: 150_000,
  socketAnswers: 0,
  answered: 1_000_000,
  refused: {},
  failures: [],
  longestStallMs: 1000,
  mostResidentBytes,
  slowest: { ms: 900, frame: '00' },
  generations: 1,
}

const good: FramesEvidence = {
  frames: 3_000_000,
  cells: ['Fetch 4', 'Fetch 5'],
  report,
  end: '',
  wasSilent: false,
  checks: 1,
  failedChecks: [],
  wrongAnswers: [],
}

const kindsOf = (evidence: FramesEvidence): readonly string[] => judgeFrames(evidence).map(({ kind }) => kind)
const reporting = (more: Partial<ServerReport>): FramesEvidence => ({ ...good, report: { ...report, ...more } })

describe('the judge of an attack', () => {
  it('blames nothing at the very bounds', () => {
    expect(judgeFrames(good)).toEqual([])
  })

  it.each<[string, FramesEvidence, string]>([
    ['a process that ended', { ...good, end: 'it ended with SIGSEGV' }, 'end'],
    ['a process without a report', { ...good, report: undefined }, 'end'],
    ['a process that was silent', { ...good, wasSilent: true }, 'stall'],
    ['a failure', reporting({ failures: [{ what: 'RangeError', frame: '00' }] }), 'failure'],
    ['a held event loop', reporting({ longestStallMs: 1001 }), 'stall'],
    ['memory', reporting({ mostResidentBytes: mostResidentBytes + 1 }), 'memory'],
    ['a client that got a wrong answer', { ...good, failedChecks: ['appended at 2, not at 1'] }, 'client'],
    ['a client that was never served', { ...good, checks: 0 }, 'client'],
    ['an answer to nothing', { ...good, wrongAnswers: ['an answer to 7'] }, 'answer'],
    ['too few frames', reporting({ directFrames: 2_849_999 }), 'coverage'],
    ['too few frames through sockets', reporting({ directFrames: 2_850_001, socketFrames: 149_999 }), 'coverage'],
    ['too few headers that were read', reporting({ headersRead: 599_999 }), 'coverage'],
    ['a version that was hardly met', reporting({ met: { 'Fetch 4': 1999, 'Fetch 5': 2000 } }), 'coverage'],
    ['a version that was never met', reporting({ met: { 'Fetch 5': 2000 } }), 'coverage'],
  ])('blames %s', (_what, evidence, kind) => {
    expect(kindsOf(evidence)).toEqual([kind])
  })
})
