// A judge in a process of its own: it knows the lakes' directories and, when asked, the ledger; nothing of the product.
// It looks until everything is there or `patienceMs` have passed, and answers with a verdict for each lake.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Verdict } from './delivered-lines.js'
import { type LakeForm, LakeReader } from './lake-reader.js'
import type { LedgerEntry } from './numbered-lines.js'

export interface JudgeRequest {
  readonly lakes: readonly { readonly root: string; readonly form: LakeForm }[]
  readonly ledger: readonly LedgerEntry[]
  readonly patienceMs: number
}

export interface LakeVerdict extends Verdict {
  readonly root: string
  readonly fileCount: number
  readonly changed: readonly string[]
}

const lookMs = 50
const readers = new Map<string, LakeReader>()

async function judge({ lakes, ledger, patienceMs }: JudgeRequest): Promise<readonly LakeVerdict[]> {
  const deadlineMs = performance.now() + patienceMs
  for (;;) {
    const seen = lakes.map(({ root, form }) => {
      const reader = readers.get(root) ?? new LakeReader(root, form)
      readers.set(root, reader)
      reader.readNew()
      return { root, reader }
    })
    const isComplete = seen.every(({ reader }) => reader.delivered.isComplete(ledger))
    if (isComplete || performance.now() > deadlineMs) {
      return seen.map(({ root, reader }) => {
        const { fileCount, changed } = reader
        return { root, fileCount, changed, ...reader.delivered.judge(ledger) }
      })
    }
    await sleep(lookMs)
  }
}

process.on('message', (request: JudgeRequest) => {
  judge(request).then(
    (verdicts) => process.send!({ verdicts }),
    (error: unknown) => process.send!({ failure: String(error) }),
  )
})
