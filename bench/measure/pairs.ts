// Interleaved pairs: A B A B …, ratios pair by pair. The machine's speed drifts; what happened in the same minute can
// be compared. Reported are medians with the smallest and the largest value.

import { cpus, totalmem, release } from 'node:os'
import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'

/** One measured run: what was done in which time. */
export interface Run {
  readonly seconds: number
  /** Bytes, lines or calls, as the unit of the comparison says. */
  readonly amount: number
  /** Further figures of the run, by name. */
  readonly extra?: Readonly<Record<string, number>>
}

export interface Comparison {
  readonly name: string
  readonly unit: string
  /** Amounts are divided by this for the printed rate. */
  readonly scale: number
  subject(): Promise<Run>
  denominator(): Promise<Run>
  /** The least ratio that is asked for. */
  readonly target?: number
}

export interface Verdict {
  readonly name: string
  readonly subject: Spread
  readonly denominator: Spread
  readonly ratio: Spread
  readonly target: number | undefined
  readonly extra: Readonly<Record<string, Spread>>
  readonly runs: readonly Pair[]
}

/** The two runs of one pair. */
export interface Pair {
  readonly subject: Run
  readonly denominator: Run
}

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** `--pairs N` (7), `--only TEXT`; other options are for the benchmark itself. */
export function benchOptions(): { readonly pairs: number; readonly only: string } {
  const { values } = parseArgs({
    options: { pairs: { type: 'string', default: '7' }, only: { type: 'string', default: '' } },
    strict: false,
  })
  return { pairs: Number(values['pairs']), only: String(values['only']) }
}

/** Runs each side once to warm up, then `pairs` pairs; prints and returns the verdict. */
export async function compare(comparison: Comparison, pairs: number): Promise<Verdict> {
  await comparison.denominator()
  await comparison.subject()
  const subjects: number[] = []
  const denominators: number[] = []
  const ratios: number[] = []
  const extras = new Map<string, number[]>()
  const runs: Pair[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const other = await comparison.denominator()
    const run = await comparison.subject()
    runs.push({ subject: run, denominator: other })
    const denominator = rate(other)
    const subject = rate(run)
    subjects.push(subject / comparison.scale)
    denominators.push(denominator / comparison.scale)
    ratios.push(subject / denominator)
    for (const [name, value] of Object.entries(run.extra ?? {})) extras.set(name, [...(extras.get(name) ?? []), value])
  }
  const verdict: Verdict = {
    name: comparison.name,
    subject: spreadOf(subjects),
    denominator: spreadOf(denominators),
    ratio: spreadOf(ratios),
    target: comparison.target,
    extra: Object.fromEntries(Array.from(extras, ([name, values]) => [name, spreadOf(values)])),
    runs,
  }
  print(verdict, comparison.unit)
  return verdict
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
  return { median, least: sorted[0] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN }
}

/** The value below which the given part of the values lies. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** Machine, versions and commit: what a figure means nothing without. */
export function printMachine(): void {
  const [cpu] = cpus()
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  process.stdout.write(
    `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${memory}, Linux ${release()}, Node ${process.version}, commit ${commit}\n`,
  )
}

export function printFigure(name: string, spread: Spread, unit: string): void {
  process.stdout.write(`${name}: ${shown(spread)} ${unit}\n`)
}

function rate(run: Run): number {
  return run.amount / run.seconds
}

function print(verdict: Verdict, unit: string): void {
  const { target, ratio } = verdict
  const judged =
    target === undefined ? '' : ratio.median >= target ? `, target ${target} met` : `, target ${target} MISSED`
  const extra = Object.entries(verdict.extra).map(([name, spread]) => `${name} ${shown(spread)}`)
  const lines = [
    `${verdict.name}: ratio ${shown(ratio)}${judged}`,
    `    ${shown(verdict.subject)} against ${shown(verdict.denominator)} ${unit}`,
    ...(extra.length === 0 ? [] : [`    ${extra.join(', ')}`]),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function shown({ median, least, most }: Spread): string {
  return `${figure(median)} [${figure(least)}..${figure(most)}]`
}

function figure(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0)
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)
}
