// What a judge found wrong: how often each kind of fault, and the first findings in words.

/** A verdict of any judge. */
export interface Judged<Fault extends string> {
  readonly faults: Readonly<Record<Fault, number>>
  /** The first findings, for a person. */
  readonly findings: readonly string[]
}

const mostFindings = 10

export class Findings<Fault extends string> implements Judged<Fault> {
  readonly faults: Record<Fault, number>
  readonly findings: string[] = []

  constructor(faults: readonly Fault[]) {
    this.faults = Object.fromEntries(faults.map((fault) => [fault, 0])) as Record<Fault, number>
  }

  find(fault: Fault, finding: string): void {
    this.faults[fault]++
    if (this.findings.length < mostFindings) this.findings.push(`${fault}: ${finding}`)
  }
}

/** Throws with the findings unless nothing is wrong. */
export function requireFaultless(what: string, { faults, findings }: Judged<string>): void {
  const found = Object.entries(faults).filter(([, count]) => count > 0)
  if (found.length === 0) return
  const counts = found.map(([fault, count]) => `${count} ${fault}`).join(', ')
  throw new Error([`${what}: ${counts}`, ...findings].join('\n  '))
}

/** Throws when a verdict does not find what was planted. */
export function requireFound<Fault extends string>(what: string, { faults }: Judged<Fault>, fault: Fault): void {
  if (faults[fault] === 0) throw new Error(`a control that must fail held: ${what}`)
}
