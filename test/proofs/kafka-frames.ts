// Attacks the Kafka server, in a process of its own on the memory engine, with `--size` frames: requests of every API and
// version, most of them with something wrong, given to its request path and through sockets by peers that cut them up,
// lie about lengths, do not close and do not read. It must neither end nor stand still nor grow, and a well-behaved
// client in between must be served. Then faults are planted into it: the same judge must find them.

import { parseArgs } from 'node:util'
import { attackServer, type AttackResult } from '../hostile/frames-attack.js'
import { type FramesFaultKind, judgeFrames } from '../hostile/frames-judgement.js'
import type { ServerReport } from '../hostile/frames-report.js'
import { type PlantedFault, plantedFaults } from '../hostile/planted-faults.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
})
const frameCount = Number(values.size)
const seed = Number(values.seed)

/** Enough for each API and version to be met several times. */
const controlFrames = 3000
const foundAs: { readonly [Fault in PlantedFault]: FramesFaultKind } = {
  throws: 'failure',
  blocks: 'stall',
  rejects: 'end',
}

const result = await attackServer(frameCount, seed)
const faults = judgeFrames(result.evidence)
if (result.evidence.report !== undefined) describe(result, result.evidence.report)
for (const { kind, what } of faults.slice(0, 20)) console.error(`${kind}: ${what}`)
if (faults.length > 0) console.error(`${faults.length} faults; seed ${seed}\n${result.output}`)
const missed: string[] = []
for (const planted of plantedFaults) if (!(await isFound(planted))) missed.push(planted)
if (missed.length > 0) console.error(`planted and not found: ${missed.join(', ')}`)
else console.log(`controls: what was planted (${plantedFaults.join(', ')}) was found`)
if (faults.length > 0 || missed.length > 0) process.exitCode = 1

async function isFound(planted: PlantedFault): Promise<boolean> {
  const { evidence } = await attackServer(controlFrames, seed, planted)
  return judgeFrames(evidence).some(({ kind }) => kind === foundAs[planted])
}

function describe({ evidence, connections, seconds }: AttackResult, report: ServerReport): void {
  const { directFrames, socketFrames, headersRead, socketAnswers, answered, met } = report
  const given = directFrames + socketFrames
  const refused = Object.entries(report.refused).map(([code, count]) => `${count} ${code}`)
  const leastMet = Math.min(...evidence.cells.map((cell) => met[cell] ?? 0))
  const mebibytes = (report.mostResidentBytes / 2 ** 20).toFixed(0)
  console.log(
    `${given} frames in ${seconds.toFixed(0)} s (${(given / seconds).toFixed(0)} a second), ` +
      `${socketFrames} of them through ${connections} connections`,
  )
  console.log(
    `${(((headersRead + socketAnswers) * 100) / given).toFixed(1)} % of the headers were read; ` +
      `${evidence.cells.length} APIs and versions, each at least ${leastMet} times; ` +
      `directly ${answered} were answered, ${refused.join(', ')}`,
  )
  console.log(
    `event loop held for ${report.longestStallMs.toFixed(0)} ms at most (${report.slowest.ms.toFixed(0)} by one frame), ` +
      `${mebibytes} MiB resident at most; ` +
      `${evidence.checks} checks of a well-behaved client, ${report.generations} servers`,
  )
}
