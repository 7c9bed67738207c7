import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { declarations } from '../../connectors/registry.js'
import { tailrace } from './tailrace-process.js'

/** The types of the connectors in quotes, in the order of the registry. */
const typesOf = (of: typeof declarations): string => of.map(({ type }) => `"${type}"`).join(', ')
const allTypes = typesOf(declarations)
const sourceTypes = typesOf(declarations.filter(({ role }) => role !== 'sink'))

const good = {
  version: 1,
  name: 'shop',
  sources: { logs: { type: 'file', include: ['logs/*.log'], to: 'app' } },
  sinks: { lake: { type: 'directory', from: ['app'], root: 'lake' } },
}
const twelveMistakes = `{
  "version": "1",
  "nam": "shop",
  "topics": { "app": { "partitions": 0, "retention": { "tim": "7d" } } },
  "sources": {
    "logs": { "type": "file", "include": "logs", "to": "app", "maxLine": "1 MB" },
    "more": { "type": "fiel", "to": "app" }
  },
  "sinks": {
    "lake": { "type": "directory", "from": ["ap"], "root": "lake", "format": { "type": "ndjsn" } },
    "pond": { "type": "directory", "root": "pond", "rotate": { "age": 5 } }
  }
}
`

let cwd: string
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'tailrace-usage-'))
  await writeFile(join(cwd, 'good.json'), JSON.stringify(good))
  await writeFile(join(cwd, 'bad.json'), twelveMistakes)
  await writeFile(join(cwd, 'broken.json'), '{ "version": 1,\n  "name" }')
  await writeFile(join(cwd, 'blocked.json'), JSON.stringify(good).replace('"root":"lake"', '"root":"broken.json"'))
  await writeFile(join(cwd, 'looped.json'), JSON.stringify(good).replace('"root":"lake"', '"root":"logs"'))
})
afterAll(() => rm(cwd, { recursive: true }))

describe.concurrent('the command line', { timeout: 120_000 }, () => {
  it.each([
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/, ''],
    [['--help'], 0, /Commands:/, ''],
    [['validate', 'good.json'], 0, /^good.json is valid: pipeline shop, 1 source, 1 topic, 1 sink\n$/, ''],
    [['validate', 'good.json', '--connect'], 0, /ok {7}sink shop\.lake: /, ''],
    [['validate', 'blocked.json', '--connect'], 1, /PROBLEM {2}sink shop\.lake: .*broken\.json is no directory/, ''],
    [['validate', 'good.json', '--json'], 0, /"valid": true/, ''],
    [['validate', 'bad.json', '--json'], 2, /"valid": false/, ''],
    [['schema'], 0, /"title": "Tailrace pipeline file"/, ''],
    [['connectors'], 0, /^TYPE +ROLE +DELIVERY +SUMMARY\n[^]*\nfile +source +exactly-once/, ''],
    [['connectors', 'directory'], 0, /^# directory \(sink\)/, ''],
    [['plan', 'good.json', '--json'], 0, /^\{\n {2}"changes": \[[^]*"previews": \[\]\n\}\n$/, ''],
    [['plan', 'good.json'], 0, /^\+ pipeline shop\n\+ source shop\.logs\n\+ sink shop\.lake\n/, ''],
    [[], 2, '', /Usage: tailrace/],
    [['rnu', 'good.json'], 2, '', /^error usage: unknown command 'rnu' \(Did you mean run\?\)\nhint: /],
    [['run'], 2, '', /^error usage: missing required argument 'files'\n/],
    [['run', 'good.json', '--htp', 'off'], 2, '', /^error usage: unknown option '--htp'/],
    [['run', 'good.json', '--http', 'here'], 2, '', /^error invalid_address: "here" is no address to listen on\n/],
    [['run', 'good.json', '--engine', 'kafka:'], 2, '', /^error unknown_engine: there is no engine behind "kafka:"\n/],
    [
      ['run', 'good.json', '--offsets-retention', '5s'],
      2,
      '',
      /^error usage: --offsets-retention: "5s" is no duration of a minute or more\n/,
    ],
    [['run', 'good.json', '--budget', 'much'], 2, '', /^error usage: --budget: "much" is no size\n/],
    [['run', 'gone.json'], 2, '', /gone\.json: no such file or directory \(ENOENT\) gone\.json\n/],
    [['validate', 'broken.json'], 2, '', /not valid JSON: a colon is expected here broken\.json:2:10\n/],
    [['run', 'looped.json'], 2, '', /sinks\.lake: writes into .*logs, which the source "logs" reads/],
    [
      ['connectors', 'fil'],
      2,
      '',
      new RegExp(`^error unknown_connector: there is no connector "fil", but ${allTypes}\n`),
    ],
    [
      ['topics', 'list', '--data', '.tailrace'],
      1,
      '',
      /^error no_data_directory: .*\.tailrace is no data directory\nhint: /,
    ],
    [['topics', 'list', '--data', '.tailrace', '--json'], 1, '', /^\{"error":\{"code":"no_data_directory",/],
    [['topics', 'list', '--http', '127.0.0.1:9'], 1, '', /^error hub_unreachable: no hub answers at 127\.0\.0\.1:9: /],
    [
      ['topics', 'create', 't', '--set', 'retention.tim=7d'],
      2,
      '',
      /retention\.tim: unknown key \(did you mean "time"\?\)/,
    ],
    [['tap', 't', '--from', 'yesterday'], 2, '', /^error invalid_position: "yesterday" is no place in a log\n/],
    [['tap', 't', '--count', '0'], 2, '', /^error usage: .*'0' is invalid/],
    [['groups', 'reset', 'shop.lake'], 2, '', /^error usage: required option '--to <place>' not specified/],
    [['run', 'good.json', '--data', '/sys/x', '--http', 'off'], 1, '', /^error (denied|disk_full): .*\/sys\/x/],
    [['validate', '.'], 2, '', /cannot read \.: .*\(EISDIR\) \.\n/],
    [['run', 'good.json', '--data', '/dev/null/x'], 1, '', /^error not_found: .*\/dev\/null\/x.*\(ENOTDIR\)/],
  ])('%j ends with %d', async (arguments_, exitCode, stdout, stderr) => {
    const ended = await tailrace(arguments_, { cwd })
    expect(ended.stderr).toMatch(stderr === '' ? /^$/ : stderr)
    expect(ended.stdout).toMatch(stdout === '' ? /^$/ : stdout)
    expect(ended.exitCode).toBe(exitCode)
  })

  it('tells twelve mistakes in twelve lines, each at its line and column', async () => {
    const { exitCode, stderr } = await tailrace(['run', 'bad.json'], { cwd })
    expect(exitCode).toBe(2)
    expect(stderr.split('\n').slice(0, -2)).toEqual([
      'error invalid_pipeline: 12 mistakes:',
      '  "name" is missing bad.json:1:1',
      '  version: must be 1, not "1" bad.json:2:14',
      '  nam: unknown key (did you mean "name"?) bad.json:3:3',
      '  topics.app.partitions: must be at least 1, not 0 bad.json:4:38',
      '  topics.app.retention.tim: unknown key (did you mean "time"?) bad.json:4:56',
      '  sources.logs.include: must be an array, not a string bad.json:6:42',
      '  sources.logs.maxLine: must be a size such as "100B", "512KiB", "64MiB" or "1GiB", not "1 MB" bad.json:6:74',
      `  sources.more.type: unknown type "fiel": one of ${sourceTypes} (did you mean "file"?) bad.json:7:23`,
      '  sinks.lake.from.0: nothing declares or writes the topic "ap" (did you mean "app"?) bad.json:10:45',
      '  sinks.lake.format.type: must be one of "raw", "ndjson", "csv", "parquet", not "ndjsn" (did you mean "ndjson"?) bad.json:10:88',
      '  sinks.pond: "from" is missing bad.json:11:5',
      '  sinks.pond.rotate.age: must be a string, not a number bad.json:11:71',
    ])
  })
})
