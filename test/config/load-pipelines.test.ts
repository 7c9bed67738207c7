import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadPipelines, requirePipelines, type LoadOptions } from '../../config/load-pipelines.js'
import { problemText } from '../../config/problem.js'
import { Secret } from '../../core/connector/secret.js'
import { sampleDeclarations } from './sample-connectors.js'

interface Outside {
  readonly files: Readonly<Record<string, string | Buffer>>
  readonly variables?: Readonly<Record<string, string>>
  readonly dataDirectory?: string
}

function options({ files, variables = {}, dataDirectory }: Outside): LoadOptions {
  return {
    declarations: sampleDeclarations,
    dataDirectory,
    reader: {
      variable: (name) => variables[name],
      async readFile(path) {
        const content = files[path] ?? Object.entries(files).find(([name]) => resolve(name) === path)?.[1]
        if (content === undefined) throw new Error(`cannot open ${path}: no such file (ENOENT)`)
        return Buffer.from(content as string)
      },
    },
  }
}

async function problemsOf(content: string | Buffer, outside: Partial<Outside> = {}): Promise<readonly string[]> {
  const { problems, plans } = await loadPipelines(['p.json'], options({ files: { 'p.json': content }, ...outside }))
  expect(plans.length).toBe(problems.length === 0 ? 1 : 0)
  return problems.map(problemText)
}

const twelve = `{
  // A comment, so that lines are counted in a real file.
  "version": 2,
  "nam": "shop",
  "topics": { "app.logs": { "partitions": "4", "retention": { "time": "7 days" } } },
  "sources": {
    "in": { "type": "feed", "include": ["logs"], "startAt": "begining", "maxLine": 10, "to": "app.logs" },
    "on": { "type": "fed", "to": "app.logs" },
    "of": { "include": [], "to": "app.logs" },
  },
  "sinks": {
    "lake": { "type": "lake", "root": "lake", "rotate": { "byts": "1MiB" }, "from": ["app.log"], "password": "hunter2" },
    "big": { "type": "lake", "from": ["app.logs"], "level": 11 }
  }
}`

describe('loading pipeline files', () => {
  it('reports every mistake of a file at once, each with path, line, column and suggestion', async () => {
    expect(await problemsOf(twelve)).toEqual([
      '"name" is missing p.json:1:1',
      'version: must be 1, not 2 p.json:3:14',
      'nam: unknown key (did you mean "name"?) p.json:4:3',
      'topics.app.logs.partitions: must be an integer, not a string p.json:5:43',
      'topics.app.logs.retention.time: must be a duration such as "12h" or "7d", or "unlimited", not "7 days" p.json:5:71',
      'sources.in.startAt: must be one of "beginning", "end", not "begining" (did you mean "beginning"?) p.json:7:61',
      'sources.in.maxLine: must be a string, not a number p.json:7:84',
      'sources.on.type: unknown type "fed": one of "feed" (did you mean "feed"?) p.json:8:21',
      'sources.of: "type" is missing: one of "feed" p.json:9:5',
      'sinks.lake.rotate.byts: unknown key (did you mean "bytes"?) p.json:12:59',
      'sinks.lake.from.0: nothing declares or writes the topic "app.log" (did you mean "app.logs"?) p.json:12:86',
      'sinks.lake.password: must be {"$env": "NAME"} or {"$file": "PATH"}: a secret does not stand in the file p.json:12:110',
      'sinks.big: "root" is missing p.json:13:5',
      'sinks.big.level: must be at most 9, not 11 p.json:13:61',
    ])
  })

  it('makes a plan with defaults filled in, topics implied and secrets resolved', async () => {
    const content = `{ "version": 1, "name": "shop",
      "defaults": { "topic": { "partitions": 3, "retention": { "bytes": "1GiB" } }, "onError": { "deadLetter": "dead" } },
      "topics": { "app": { "retention": { "time": "unlimited" } } },
      "sources": { "in": { "type": "feed", "include": ["logs"], "to": "app", "token": { "$env": "TOKEN" } } },
      "sinks": { "out": { "type": "lake", "root": "lake", "from": ["app", "dead2"], "onError": { "deadLetter": "dead2", "maxAttempts": 2 }, "password": { "$file": "pw" }, } }
    }`.replace('"app", "dead2"', '"app", "dead"')
    const outside = { files: { 'p.json': content, pw: 'swordfish\n' }, variables: { TOKEN: 't0ken' } }
    const [plan] = await requirePipelines(['p.json'], options(outside))
    expect(plan?.topics.map(({ name, partitions, declared }) => ({ name, partitions, declared }))).toEqual([
      { name: 'app', partitions: 3, declared: true },
      { name: 'dead', partitions: 3, declared: false },
      { name: 'dead2', partitions: 3, declared: false },
    ])
    expect(plan?.topics[0]?.settings).toMatchObject({ retentionMs: -1, retentionBytes: 1024 ** 3, cleanup: 'delete' })
    const [source] = plan?.sources ?? []
    expect(source).toMatchObject({ id: 'in', to: 'app', onError: { deadLetter: 'dead', maxAttempts: 8 } })
    expect(source?.settings).toMatchObject({ startAt: 'beginning', rescan: 1000, maxLine: 1024 * 1024 })
    const [sink] = plan?.sinks ?? []
    expect(sink).toMatchObject({
      group: 'shop.out',
      from: ['app', 'dead'],
      onError: { deadLetter: 'dead2', maxAttempts: 2 },
    })
    const secrets = [source?.settings, sink?.settings].map(
      (settings) => Object.values(settings as object).find((value) => value instanceof Secret) as Secret,
    )
    expect(secrets.map((secret) => secret.reveal())).toEqual(['t0ken', 'swordfish'])
    expect(JSON.stringify(plan)).not.toMatch(/t0ken|swordfish/)
  })

  it('says at its place which secret is missing', async () => {
    const content = `{ "version": 1, "name": "a", "sources": {
      "in": { "type": "feed", "include": ["logs"], "to": "t", "token": { "$env": "NOPE" } },
      "on": { "type": "feed", "include": ["logs"], "to": "t", "token": { "$file": "nope" } },
      "at": { "type": "feed", "include": ["logs"], "to": "t", "token": { "$env": "EMPTY" } } } }`
    expect(await problemsOf(content, { variables: { EMPTY: '' } })).toEqual([
      'sources.in.token: the environment variable NOPE is not set p.json:2:72',
      `sources.on.token: the secret file cannot be read: cannot open ${resolve('nope')}: no such file (ENOENT) p.json:3:72`,
      'sources.at.token: the environment variable EMPTY is empty p.json:4:72',
    ])
  })

  it('names a file that cannot be read, is not UTF-8, too large, or holds no object', async () => {
    const { problems } = await loadPipelines(['gone.json'], options({ files: {} }))
    expect(problems.map(problemText)).toEqual(['cannot open gone.json: no such file (ENOENT) gone.json'])
    expect(await problemsOf(Buffer.from([0x7b, 0xff, 0x7d]))).toEqual(['the file is not valid UTF-8 p.json'])
    expect(await problemsOf(' '.repeat(2 ** 20 + 1))).toEqual([
      'the file has 1048577 bytes; at most 1048576 are read p.json',
    ])
    expect(await problemsOf('[]')).toEqual(['the file must hold one JSON object p.json'])
    expect(await problemsOf('['.repeat(100_000))).toEqual(['nested deeper than 64 levels p.json:1:65'])
  })

  it('says where the text stops being JSON, and that a key stands twice', async () => {
    expect(await problemsOf('{\n  "version" 1\n}')).toEqual(['not valid JSON: a colon is expected here p.json:2:13'])
    expect(await problemsOf('{ "version": 1, "name": "a",\n "name": "b" }')).toEqual([
      'name: the key stands twice, first in line 1 p.json:2:2',
    ])
  })

  it('reads a file with a byte order mark', async () => {
    expect(await problemsOf('\ufeff{ "version": 1, "name": "a" }')).toEqual([])
  })

  it('takes no key of an object for a way into its prototype', async () => {
    const content =
      '{ "version": 1, "name": "a", "__proto__": { "polluted": 1 }, "topics": { "constructor": { "__proto__": 1 } } }'
    expect(await problemsOf(content)).toEqual([
      '__proto__: unknown key p.json:1:30',
      'topics.constructor.__proto__: unknown key p.json:1:91',
    ])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

const edge = (source: string, sink = '', rest = ''): string =>
  `{ "version": 1, "name": "a",${rest}
"sources": { "in": { "type": "feed", "include": ["logs"], "to": "t"${source} } },
"sinks": { "out": { "type": "lake", "root": "lake", "from": ["t"]${sink} } } }`

describe('rules over several places of a file', () => {
  it.each([
    [
      'a topic name that Kafka refuses',
      edge('').replaceAll('"t"', '"a b"'),
      ['sources.in.to: not a valid topic name: use 1 to 249 of a-z A-Z 0-9 . _ - and neither "." nor ".." p.json:2:65'],
    ],
    [
      'a reserved topic name',
      edge('', ',"onError":{"deadLetter":"__tailrace_state"}'),
      ['sinks.out.onError.deadLetter: topics that begin with "__tailrace_" belong to tailrace itself p.json:3:91'],
    ],
    [
      'dead letters into the topic that is read',
      edge('', ',"onError":{"deadLetter":"t"}'),
      [
        'sinks.out.onError.deadLetter: "t" is what "out" reads: a record that fails would come back for ever p.json:3:91',
      ],
    ],
    [
      'dead letters among the good records',
      edge(',"onError":{"deadLetter":"t"}'),
      ['sources.in.onError.deadLetter: "t" is where "in" writes its good records p.json:2:93'],
    ],
    [
      'dead letters in a compacted topic',
      edge('', ',"onError":{"deadLetter":"d"}', '"topics":{"d":{"cleanup":"compact"}},'),
      ['sinks.out.onError.deadLetter: "d" is compacted and would keep one dead letter per key only p.json:3:91'],
    ],
    [
      'a compacted topic without a key',
      edge('', '', '"topics":{"t":{"cleanup":"compact"}},'),
      ['sources.in.to: "t" is compacted, which keeps one record per key: say with "key" what the key is p.json:2:65'],
    ],
    [
      'a regex without a pattern',
      edge(',"parse":{"format":"regex"}'),
      ['sources.in.parse: the format "regex" needs a "pattern" p.json:2:69'],
    ],
    [
      'a regex that cannot be compiled',
      edge(',"parse":{"format":"regex","pattern":"(?<a>x"}'),
      ['sources.in.parse.pattern: missing closing ) at character 0 of (?<a>x p.json:2:105'],
    ],
    [
      'a pattern that nothing reads',
      edge(',"parse":{"format":"json","pattern":"x"}'),
      ['sources.in.parse.pattern: the format "json" takes no pattern p.json:2:94'],
    ],
    [
      'dead-letter without a topic for it',
      edge(',"parse":{"format":"json","onFail":"dead-letter"}'),
      [
        'sources.in.parse.onFail: "dead-letter" needs a topic: give "onError.deadLetter" here or in "defaults" p.json:2:103',
      ],
    ],
    [
      'a topic that is read twice',
      edge('', '').replace('["t"]', '["t", "t"]'),
      ['sinks.out.from.1: "t" stands in the list twice p.json:3:67'],
    ],
    [
      'an id that a source and a sink share',
      edge('').replace('"out"', '"in"'),
      ['sinks.in: a source has this id as well: choose another p.json:3:12'],
    ],
    [
      'an id with a dot',
      edge('').replace('"out"', '"o.t"'),
      ['sinks.o.t: not a valid id: use 1 to 64 of a-z A-Z 0-9 _ - p.json:3:12'],
    ],
    ['a rule of the connector', edge('', ',"path":"{partition}"'), ['sinks.out.path: must hold {first} p.json:3:74']],
  ])('refuses %s', async (_name, content, expected) => {
    expect(await problemsOf(content)).toEqual(expected)
  })

  it('leaves a sink that reads the dead letters without dead letters of its own', async () => {
    const content = edge('', '', '"defaults":{"onError":{"deadLetter":"t","maxAttempts":3}},')
    const [plan] = await requirePipelines(['p.json'], options({ files: { 'p.json': content } }))
    expect(plan?.sinks[0]?.onError).toEqual({ deadLetter: undefined, maxAttempts: 3 })
    expect(plan?.sources[0]?.onError).toEqual({ deadLetter: undefined, maxAttempts: 3 })
  })

  it('refuses a sink that writes into what a source reads', async () => {
    const [problem] = await problemsOf(edge('').replace('"root": "lake"', '"root": "logs/lake"'))
    expect(problem).toBe(
      `sinks.out: writes into ${resolve('logs/lake')}, which the source "in" reads: it would be fed its own output p.json:3:12`,
    )
  })

  it('keeps every edge out of the data directory', async () => {
    const inside = await problemsOf(edge(''), { dataDirectory: resolve('logs/.tailrace') })
    expect(inside).toEqual([
      `sources.in: reads the data directory ${resolve('logs/.tailrace')}: exclude it, or move it with --data p.json:2:14`,
    ])
    const around = await problemsOf(edge(''), { dataDirectory: resolve('lake/data') })
    expect(around).toEqual([
      `sinks.out: writes into ${resolve('lake')}, which overlaps the data directory ${resolve('lake/data')} p.json:3:12`,
    ])
  })

  it('checks the files of one run together', async () => {
    const writer =
      '{ "version": 1, "name": "a", "topics": { "t": {} }, "sources": { "in": { "type": "feed", "include": ["x"], "to": "t" } } }'
    const reader = '{ "version": 1, "name": "b", "sinks": { "out": { "type": "lake", "root": "y", "from": ["t"] } } }'
    const together = await loadPipelines(
      ['w.json', 'r.json'],
      options({ files: { 'w.json': writer, 'r.json': reader } }),
    )
    expect(together.problems).toEqual([])
    expect(together.plans.map(({ topics }) => topics.map(({ name }) => name))).toEqual([['t'], []])
    const alone = await loadPipelines(['r.json'], options({ files: { 'r.json': reader } }))
    expect(alone.problems.map(problemText)).toEqual([
      'sinks.out.from.0: nothing declares or writes the topic "t" r.json:1:88',
    ])
    const twice = await loadPipelines(['w.json', 'x.json'], options({ files: { 'w.json': writer, 'x.json': writer } }))
    expect(twice.problems.map(problemText)).toEqual([
      'name: the name is taken by w.json: state and consumer groups go by it x.json:1:25',
      'topics.t: declared in w.json already x.json:1:42',
    ])
  })
})
