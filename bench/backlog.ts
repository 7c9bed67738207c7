// The most memory a hub takes on a backlog of 5 GB, beside what it takes on 500 MB: it must not grow with the backlog.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runHub } from './measure/hub-run.js'
import { writeLineFile } from './measure/line-files.js'
import { benchOptions, printFigure, printMachine, spreadOf } from './measure/pairs.js'
import { inScratch } from './measure/scratch.js'

const lineBytes = 100
const backlogs = [5_000_000, 50_000_000]

const { pairs } = benchOptions()
printMachine()
for (const lineCount of backlogs) {
  await inScratch(async (directory) => {
    mkdirSync(join(directory, 'input'))
    writeLineFile({ path: join(directory, 'input', 'a.log'), lineBytes, lineCount })
    const pipelineFile = join(directory, 'pipeline.json')
    const lake = {
      type: 'directory',
      from: ['lines'],
      root: './lake',
      path: '{topic}/{partition}/{first}',
      format: { type: 'raw' },
      rotate: { bytes: '64MiB', age: '1s' },
    }
    const tail = { type: 'file', include: ['./input/*.log'], to: 'lines' }
    writeFileSync(
      pipelineFile,
      JSON.stringify({
        version: 1,
        name: 'bench',
        topics: { lines: { partitions: 4 } },
        sources: { tail },
        sinks: { lake },
      }),
    )
    const memory: number[] = []
    const rates: number[] = []
    for (let round = 0; round < Math.min(pairs, 3); round++) {
      rmSync(join(directory, 'lake'), { recursive: true, force: true })
      const run = await runHub({
        pipelineFile,
        dataDirectory: join(directory, 'data'),
        lineCount,
        metric: 'tailrace_sink_records_total',
      })
      memory.push(run.extra?.['most MB'] ?? Number.NaN)
      rates.push(run.amount / run.seconds / 1e6)
    }
    const size = `${(lineCount * lineBytes) / 1e9} GB`
    printFigure(`most resident memory on a backlog of ${size} (limit 250)`, spreadOf(memory), 'MB')
    printFigure(`file to raw directory on a backlog of ${size}`, spreadOf(rates), 'million lines/s')
  })
}
