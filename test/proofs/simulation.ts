// Runs the simulated log engine over many seeds: `--size` of them, from `--seed` on. One in a hundred runs twice and
// must leave the same trace. Ends with what the seeds met: crashes, refused starts, faults by kind. A single seed that
// fails tells its whole trace.

import { parseArgs } from 'node:util'
import { simulate, traceOf } from '../simulation/log-run.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '300' }, seed: { type: 'string', default: '1' } },
})
const size = Number(values.size)
const firstSeed = Number(values.seed)
/** A proof over this many seeds has met every fault this often, or its faults are not what they were. */
const manySeeds = 20_000
const leastStrikes = 100
const shownFailures = 20

const counts = new Map<string, number>()
const failed: string[] = []
const startedMs = performance.now()
for (let seed = firstSeed; seed < firstSeed + size; seed++) {
  try {
    const report = await simulate(seed)
    if ((seed - firstSeed) % 100 === 0 && (await simulate(seed)).hash !== report.hash)
      throw new Error(`seed ${seed} left two different traces`)
    add('operations', report.operationCount)
    add('crashes', report.crashCount)
    add('crashes in a start', report.recoveryCrashCount)
    add('refused starts', report.refusedStartCount)
    for (const [kind, count] of Object.entries(report.faults)) add(kind, count)
  } catch (error) {
    failed.push(error instanceof Error ? error.message : String(error))
    if (failed.length <= shownFailures) console.error(failed.at(-1))
    if (size === 1) console.error((await traceOf(seed)).lines.join('\n'))
  }
}
const seconds = (performance.now() - startedMs) / 1000
console.log(
  `${size} seeds from ${firstSeed} in ${seconds.toFixed(1)} s, ${((1000 * seconds) / size).toFixed(1)} ms each`,
)
for (const [kind, count] of [...counts].sort(([one], [other]) => (one < other ? -1 : 1)))
  console.log(`  ${kind}: ${count}`)
const rare = size < manySeeds ? [] : [...counts].filter(([, count]) => count < leastStrikes).map(([kind]) => kind)
if (rare.length > 0) console.error(`met fewer than ${leastStrikes} times: ${rare.join(', ')}`)
if (failed.length > 0) console.error(`${failed.length} of ${size} seeds failed`)
process.exitCode = failed.length + rare.length === 0 ? 0 : 1

function add(kind: string, count: number): void {
  counts.set(kind, (counts.get(kind) ?? 0) + count)
}
