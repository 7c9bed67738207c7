// Judges the copy of a bank: at every commit of the target the four sums agree and offsets go up, a reader never saw
// anything else, and in the end both databases hold the same rows.

import type { TableSum } from '../support/postgres/table-sums.js'
import type { BankSums, JudgedCommit } from './bank-site.js'
import { Findings, type Judged } from './findings.js'

export interface BankReading {
  /** In the order of their offsets. */
  readonly commits: readonly JudgedCommit[]
  /** What a reader saw while the target was written. */
  readonly seen: readonly BankSums[]
  readonly source: readonly TableSum[]
  readonly target: readonly TableSum[]
}

export type BankFault = 'torn' | 'repeated' | 'different'

export function judgeBank({ commits, seen, source, target }: BankReading): Judged<BankFault> {
  const findings = new Findings<BankFault>(['torn', 'repeated', 'different'])
  for (const commit of commits) {
    if (!agree(commit)) findings.find('torn', `the commit at offset ${commit.next_offset}: ${shown(commit)}`)
  }
  for (const sums of seen) if (!agree(sums)) findings.find('torn', `a reader saw ${shown(sums)}`)
  let before: JudgedCommit | undefined
  for (const commit of commits) {
    const { next_offset, transfers } = commit
    if (before?.next_offset === next_offset) findings.find('repeated', `two commits moved to offset ${next_offset}`)
    if (BigInt(transfers) < BigInt(before?.transfers ?? 0)) {
      findings.find('torn', `${transfers} transfers at offset ${next_offset}, after ${before?.transfers}`)
    }
    before = commit
  }
  for (const [index, { table, rows, checksum }] of source.entries()) {
    const copy = target[index]
    if (copy?.table === table && copy.rows === rows && copy.checksum === checksum) continue
    findings.find('different', `${table}: ${rows} rows ${checksum}, and in the target ${copy?.rows} ${copy?.checksum}`)
  }
  return findings
}

function agree({ accounts, tellers, branches, history }: BankSums): boolean {
  return accounts === tellers && accounts === branches && accounts === history
}

function shown({ accounts, tellers, branches, history }: BankSums): string {
  return `accounts ${accounts}, tellers ${tellers}, branches ${branches}, history ${history}`
}
