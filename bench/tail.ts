// File to log against a bare loop; then file to log to a directory (raw, NDJSON) against file to log alone.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bareTail } from './measure/bare-tail.js'
import { runHub } from './measure/hub-run.js'
import { writeLineFile } from './measure/line-files.js'
import { benchOptions, compare, printMachine, type Run } from './measure/pairs.js'
import { inScratch } from './measure/scratch.js'

const inputs = [
  { lineBytes: 100, lineCount: 3_000_000 },
  { lineBytes: 300, lineCount: 1_000_000 },
]

function writePipeline(path: string, format: 'none' | 'raw' | 'ndjson'): string {
  const lake = {
    type: 'directory',
    from: ['lines'],
    root: './lake',
    path: '{topic}/{partition}/{first}',
    format: { type: format },
    rotate: { bytes: '64MiB', age: '1s' },
  }
  const document = {
    version: 1,
    name: 'bench',
    topics: { lines: { partitions: 4 } },
    sources: { tail: { type: 'file', include: ['./input/*.log'], to: 'lines' } },
    ...(format === 'none' ? {} : { sinks: { lake } }),
  }
  writeFileSync(path, JSON.stringify(document))
  return path
}

const { pairs, only } = benchOptions()
printMachine()
for (const { lineBytes, lineCount } of inputs) {
  await inScratch(async (directory) => {
    mkdirSync(join(directory, 'input'))
    const input = join(directory, 'input', 'a.log')
    writeLineFile({ path: input, lineBytes, lineCount })
    const dataDirectory = join(directory, 'data')
    const alone = writePipeline(join(directory, 'alone.json'), 'none')
    const toLog = (): Promise<Run> =>
      runHub({ pipelineFile: alone, dataDirectory, lineCount, metric: 'tailrace_source_records_total' })
    const bare = async (): Promise<Run> => bareTail(input, join(directory, 'bare'))
    const fileToLog = `file to log, ${lineBytes}-byte lines, against a bare loop`
    if (fileToLog.includes(only)) {
      await compare(
        { name: fileToLog, unit: 'million lines/s', scale: 1e6, subject: toLog, denominator: bare, target: 0.5 },
        pairs,
      )
    }
    for (const [format, target] of [
      ['raw', 0.5],
      ['ndjson', 0.3],
    ] as const) {
      const name = `file to log to ${format} directory, ${lineBytes}-byte lines, against file to log`
      if (!name.includes(only)) continue
      const pipelineFile = writePipeline(join(directory, `${format}.json`), format)
      const subject = (): Promise<Run> => {
        rmSync(join(directory, 'lake'), { recursive: true, force: true })
        return runHub({ pipelineFile, dataDirectory, lineCount, metric: 'tailrace_sink_records_total' })
      }
      await compare({ name, unit: 'million lines/s', scale: 1e6, subject, denominator: toLog, target }, pairs)
    }
  })
}
