// The pipeline files of the benchmark: one source, or one sink.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publication, table } from './bench-database.js'

const topic = 'orders'
const topics = { [topic]: { partitions: 1 } }

export interface SourceSettings {
  readonly url: string
  readonly slot: string
  readonly mode: 'initial' | 'never'
  readonly format: 'native' | 'flat'
}

export function writeSource(directory: string, { url, slot, mode, format }: SourceSettings): string {
  process.env['TAILRACE_BENCH_SOURCE'] = url
  const db = {
    type: 'postgres-cdc',
    url: { $env: 'TAILRACE_BENCH_SOURCE' },
    slot,
    publication,
    tables: [table],
    create: true,
    snapshot: { mode },
    format,
    to: topic,
  }
  return written(directory, { topics, sources: { db } })
}

export interface SinkSettings {
  readonly url: string
  readonly table: string
  readonly mode: 'append' | 'merge'
}

export function writeSink(directory: string, { url, table: target, mode }: SinkSettings): string {
  process.env['TAILRACE_BENCH_TARGET'] = url
  const copy = { type: 'postgres', url: { $env: 'TAILRACE_BENCH_TARGET' }, from: [topic], table: target, mode }
  return written(directory, { topics, sinks: { copy } })
}

function written(directory: string, parts: object): string {
  const file = join(directory, 'pipeline.json')
  writeFileSync(file, JSON.stringify({ version: 1, name: 'bench', ...parts }))
  return file
}
