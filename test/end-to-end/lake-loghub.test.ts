// Real logs, parsed and partitioned by the hour, into Parquet: counts and sums by DuckDB equal those of the text files.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { startHub } from '../../hub/start-hub.js'
import { parquetBelow, queryDuckdb } from '../support/duckdb.js'
import { patienceMs } from './kit.js'

const samples = process.env['TAILRACE_SAMPLES']
if (samples === undefined) console.warn('skipped: TAILRACE_SAMPLES names no folder with loghub/')

/** Logs whose lines begin with a time; the rest of a line is its message. */
const dated: Readonly<Record<string, string>> = {
  Hadoop: String.raw`^(?<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) (?<level>\w+) +(?<message>.*)$`,
  OpenStack: String.raw`^(?<file>\S+) (?<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) (?<pid>\d+) (?<level>\w+) (?<message>.*)$`,
  Zookeeper: String.raw`^(?<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - (?<level>\w+) +(?<message>.*)$`,
}

function linesOf(name: string): string[] {
  const text = fs.readFileSync(join(samples!, 'loghub', `${name}.log`), 'latin1')
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''))
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

interface Summary {
  readonly topic: string
  readonly hour: string
  readonly level: string | null
  readonly lines: number
  readonly characters: number
  readonly pids: number
}

/** What the text files say, by hour and level. */
function expectedOf(name: string): Summary[] {
  const found = new Map<string, Summary>()
  for (const line of linesOf(name)) {
    const groups = new RegExp(dated[name]!).exec(line)?.groups
    // What does not parse is kept as it is, with the time of reading.
    const hour = groups === undefined ? 'now' : groups['time']!.slice(0, 13).replace(' ', '-')
    const level = groups?.['level'] ?? null
    const key = `${hour} ${level}`
    const sum = found.get(key) ?? { topic: name, hour, level, lines: 0, characters: 0, pids: 0 }
    found.set(key, {
      ...sum,
      lines: sum.lines + 1,
      characters: sum.characters + (groups?.['message'] ?? line).length,
      pids: sum.pids + Number(groups?.['pid'] ?? 0),
    })
  }
  return [...found.values()]
}

function pipeline(folder: string): string {
  const file = join(folder, 'logs.json')
  const names = Object.keys(dated)
  const sources = Object.fromEntries(
    names.map((name) => [
      name.toLowerCase(),
      {
        type: 'file',
        include: [join(samples!, 'loghub', `${name}.log`)],
        partialLine: '500ms',
        parse: { format: 'regex', pattern: dated[name], onFail: 'keep', time: 'time' },
        to: name,
      },
    ]),
  )
  const lake = {
    type: 'directory',
    from: names,
    root: './lake',
    path: '{topic}/hour={time:yyyy-MM-dd-HH}/{partition}-{first}',
    format: { type: 'parquet' },
    columns: ['offset', 'time'],
    rotate: { age: '1s' },
  }
  fs.writeFileSync(file, JSON.stringify({ version: 1, name: 'logs', sources, sinks: { lake } }))
  return file
}

describe.skipIf(samples === undefined)('real logs in Parquet, by the hour', () => {
  it('have the counts and sums of their files', { timeout: 2 * patienceMs }, async () => {
    const folder = fs.mkdtempSync(join(tmpdir(), 'tailrace-loghub-'))
    const hub = await startHub({ files: [pipeline(folder)] })
    try {
      for (const name of Object.keys(dated)) {
        const expected = expectedOf(name)
        const all = linesOf(name).length
        const table = parquetBelow(join(folder, 'lake', name))
        await vi.waitFor(
          async () => {
            const problems = hub.edges().map(({ error }) => error?.message)
            expect(await queryDuckdb(`SELECT count(*)::int AS lines FROM ${table}`), String(problems)).toEqual([
              { lines: all },
            ])
          },
          { timeout: patienceMs, interval: 500 },
        )
        const pids = name === 'OpenStack' ? 'sum(coalesce(pid::int, 0))::int' : '0'
        const rows = (await queryDuckdb(
          `SELECT '${name}' AS topic, CASE WHEN level IS NULL THEN 'now' ELSE hour::varchar END AS hour, level,
                  count(*)::int AS lines, sum(length(message))::int AS characters, ${pids} AS pids
             FROM ${table} GROUP BY ALL`,
        )) as readonly unknown[] as Summary[]
        const byPlace = (a: Summary, b: Summary): number => (`${a.hour} ${a.level}` < `${b.hour} ${b.level}` ? -1 : 1)
        expect(rows.toSorted(byPlace)).toEqual(expected.toSorted(byPlace))
      }
    } finally {
      await hub.close()
      fs.rmSync(folder, { recursive: true, force: true })
    }
  })
})
