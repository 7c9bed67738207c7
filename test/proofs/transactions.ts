// Runs transactions in the simulated machine over many seeds: `--size` of them, from `--seed` on. One in a hundred runs
// twice and must leave the same trace. Ends with what the seeds met. A single seed that fails tells its whole trace.

import { parseArgs } from 'node:util'
import { simulateTransactions, traceOfTransactions } from '../simulation/transaction-run.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
})
const size = Number(values.size)
const firstSeed = Number(values.seed)
const shownFailures = 20

const counts = new Map<string, number>()
let failedCount = 0
const startedMs = performance.now()
for (let seed = firstSeed; seed < firstSeed + size; seed++) {
  try {
    const report = await simulateTransactions(seed)
    if ((seed - firstSeed) % 100 === 0 && (await simulateTransactions(seed)).hash !== report.hash)
      throw new Error(`seed ${seed} left two different traces`)
    add('operations', report.operationCount)
    add('crashes', report.crashCount)
    add('crashes in a start', report.recoveryCrashCount)
    add('refused starts', report.refusedStartCount)
    add('transactions committed', report.committed)
    add('transactions aborted', report.aborted)
    for (const [kind, count] of Object.entries(report.faults)) add(kind, count)
  } catch (error) {
    failedCount++
    if (failedCount <= shownFailures) console.error(error instanceof Error ? error.message : String(error))
    if (size === 1) console.error((await traceOfTransactions(seed)).lines.join('\n'))
  }
}
const seconds = (performance.now() - startedMs) / 1000
console.log(
  `${size} seeds from ${firstSeed} in ${seconds.toFixed(1)} s, ${((1000 * seconds) / size).toFixed(1)} ms each`,
)
for (const [kind, count] of [...counts].sort(([one], [other]) => (one < other ? -1 : 1)))
  console.log(`  ${kind}: ${count}`)
if (failedCount > 0) console.error(`${failedCount} of ${size} seeds failed`)
process.exitCode = failedCount === 0 ? 0 : 1

function add(kind: string, count: number): void {
  counts.set(kind, (counts.get(kind) ?? 0) + count)
}
