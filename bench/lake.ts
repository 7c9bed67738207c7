// A topic of JSON log records into Parquet against one thread of DuckDB that reads the same lines and writes Parquet;
// into gzipped NDJSON against `gzip -1` of the same bytes; and the most memory with 200 files open at once.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { runHub } from './measure/hub-run.js'
import { benchOptions, compare, printFigure, printMachine, type Run, spreadOf } from './measure/pairs.js'
import { inScratch } from './measure/scratch.js'

const lineCount = 2_000_000
const openFiles = 200
const levels = ['debug', 'info', 'warn', 'error']

/** About 235 bytes, nine columns. */
function logLine(index: number): string {
  // A multiplicative sequence: values that differ, the same in every run.
  const number = (index * 2_654_435_761) % 2 ** 32
  return JSON.stringify({
    time: new Date(1_763_877_600_000 + index * 13).toISOString(),
    level: levels[number % levels.length],
    service: `service-${index % openFiles}`,
    status: 200 + (number % 5) * 100,
    took_ms: (number % 100_000) / 100,
    request_id: number.toString(16).padStart(8, '0') + index.toString(16),
    message: `handled request ${index} of user ${number % 10_000} in zone ${number % 8}`,
    http: { method: 'GET', path: `/v1/items/${number % 1000}` },
  })
}

function writeLines(path: string): void {
  const file = openSync(path, 'w')
  for (let start = 0; start < lineCount; start += 10_000) {
    const lines = Array.from({ length: 10_000 }, (_, index) => logLine(start + index))
    writeSync(file, `${lines.join('\n')}\n`)
  }
  closeSync(file)
}

interface LakeSettings {
  readonly path: string
  readonly format: Readonly<Record<string, unknown>>
}

/** A hub that has the lines in its log, for runs to begin with a copy of its data directory. */
async function fillTopic(directory: string): Promise<string> {
  const pipelineFile = join(directory, 'fill.json')
  const sources = { tail: { type: 'file', include: ['./input/*.ndjson'], to: 'logs' } }
  writeFileSync(pipelineFile, JSON.stringify({ version: 1, name: 'fill', topics: { logs: {} }, sources }))
  const dataDirectory = join(directory, 'filled')
  await runHub({ pipelineFile, dataDirectory, lineCount, metric: 'tailrace_source_records_total' })
  return dataDirectory
}

function intoLake(directory: string, template: string, name: string, settings: LakeSettings): () => Promise<Run> {
  const pipelineFile = join(directory, `${name}.json`)
  const rotate = { bytes: '1GiB', records: lineCount, age: '10m' }
  const lake = { type: 'directory', from: ['logs'], root: './lake', rotate, ...settings }
  writeFileSync(pipelineFile, JSON.stringify({ version: 1, name: 'bench', topics: { logs: {} }, sinks: { lake } }))
  return () => {
    rmSync(join(directory, 'lake'), { recursive: true, force: true })
    const dataDirectory = join(directory, 'data')
    return runHub({
      pipelineFile,
      dataDirectory,
      lineCount,
      template,
      metric: 'tailrace_sink_records_total',
      startsAt: 'ready',
    })
  }
}

async function duckdb(input: string, output: string, compression: string): Promise<Run> {
  const database = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await database.connect()
  const startMs = performance.now()
  await connection.run(
    `COPY (SELECT * FROM read_json('${input}', format = 'newline_delimited')) TO '${output}' (FORMAT parquet, COMPRESSION ${compression})`,
  )
  const seconds = (performance.now() - startMs) / 1000
  connection.closeSync()
  database.closeSync()
  return { seconds, amount: lineCount, extra: { 'file MB': statSync(output).size / 1e6 } }
}

async function gzip(input: string, output: string): Promise<Run> {
  const target = openSync(output, 'w')
  const startMs = performance.now()
  const child = spawn('gzip', ['-1', '-c', input], { stdio: ['ignore', target, 'inherit'] })
  const [code] = (await once(child, 'exit')) as [number | null]
  closeSync(target)
  if (code !== 0) throw new Error(`gzip ended with ${code}`)
  return { seconds: (performance.now() - startMs) / 1000, amount: lineCount }
}

const { pairs, only } = benchOptions()
printMachine()
await inScratch(async (directory) => {
  mkdirSync(join(directory, 'input'))
  const input = join(directory, 'input', 'a.ndjson')
  writeLines(input)
  const template = await fillTopic(directory)
  const inOneFile = '{topic}/{partition}-{first}'
  for (const compression of ['zstd', 'snappy']) {
    const name = `topic to Parquet, ${compression}, against one thread of DuckDB`
    if (!name.includes(only)) continue
    const format = { type: 'parquet', compression }
    const subject = intoLake(directory, template, compression, { path: inOneFile, format })
    const denominator = (): Promise<Run> => duckdb(input, join(directory, 'duckdb.parquet'), compression)
    await compare({ name, unit: 'thousand records/s', scale: 1e3, subject, denominator, target: 0.5 }, pairs)
  }
  const gzipped = 'topic to gzipped NDJSON, against gzip -1 of the same bytes'
  if (gzipped.includes(only)) {
    const format = { type: 'ndjson', compression: 'gzip', level: 1 }
    const subject = intoLake(directory, template, 'gzip', { path: inOneFile, format })
    const denominator = (): Promise<Run> => gzip(input, join(directory, 'bare.gz'))
    await compare({ name: gzipped, unit: 'thousand records/s', scale: 1e3, subject, denominator, target: 0.7 }, pairs)
  }
  const open = `most memory with ${openFiles} files of Parquet open at once (limit 400)`
  if (open.includes(only)) {
    const path = '{topic}/service={service}/{partition}-{first}'
    const run = intoLake(directory, template, 'open', { path, format: { type: 'parquet' } })
    const memory: number[] = []
    const rates: number[] = []
    for (let round = 0; round < pairs; round++) {
      const { amount, seconds, extra } = await run()
      memory.push(extra?.['most MB'] ?? Number.NaN)
      rates.push(amount / seconds / 1e3)
    }
    printFigure(open, spreadOf(memory), 'MB')
    printFigure(`topic to Parquet in ${openFiles} files at once`, spreadOf(rates), 'thousand records/s')
  }
})
