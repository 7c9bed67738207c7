import { describe, expect, it } from 'vitest'
import { loadPipelines, requirePipelines, type LoadOptions } from '../../config/load-pipelines.js'
import { problemText } from '../../config/problem.js'
import { topicDeclarations } from './sample-connectors.js'

function options(files: Readonly<Record<string, string>>): LoadOptions {
  return {
    declarations: topicDeclarations,
    reader: { variable: () => undefined, readFile: async (path) => Buffer.from(files[path] ?? '') },
  }
}

interface Parts {
  readonly source?: Readonly<Record<string, unknown>>
  readonly sink?: Readonly<Record<string, unknown>>
  readonly rest?: Readonly<Record<string, unknown>>
}

/** A file with a source of two tables and a replica of both. */
function file({ source, sink, rest }: Parts = {}): string {
  return JSON.stringify({
    version: 1,
    name: 'shop',
    ...rest,
    sources: { db: { type: 'tables', tables: ['orders', 'lines'], to: 'shop.{table}', ...source } },
    sinks: { copy: { type: 'replica', from: ['shop.orders', 'shop.lines'], ...sink } },
  })
}

/** Without the place: the files here are one line. */
async function problemsOf(...contents: readonly string[]): Promise<readonly string[]> {
  const files = Object.fromEntries(contents.map((content, index) => [`${index}.json`, content]))
  const { problems } = await loadPipelines(Object.keys(files), options(files))
  return problems.map((problem) => problemText(problem).replace(/ \d\.json:\d+:\d+$/, ''))
}

async function planOf(content: string) {
  const [plan] = await requirePipelines(['p.json'], options({ 'p.json': content }))
  return plan!
}

describe('a source with a template in "to"', () => {
  it('brings the topics of its tables into being, and what else it writes', async () => {
    const plan = await planOf(
      file({ source: { schemas: 'shop.schemas' }, rest: { defaults: { topic: { partitions: 4 } } } }),
    )
    const names = ['shop.orders', 'shop.lines', 'shop.schemas']
    expect(plan.topics.map(({ name, partitions, declared }) => ({ name, partitions, declared }))).toEqual(
      names.map((name) => ({ name, partitions: 4, declared: false })),
    )
    expect(plan.sources).toMatchObject([{ to: 'shop.{table}', topic: undefined, topics: names }])
    expect(plan.defaultTopic).toMatchObject({ partitions: 4, settings: { cleanup: 'delete' } })
  })

  it('may write one topic all the same', async () => {
    const plan = await planOf(
      file({ source: { to: 'shop.all', schemas: 'shop.schemas' }, sink: { from: ['shop.all'] } }),
    )
    expect(plan.sources).toMatchObject([{ topic: 'shop.all', topics: ['shop.all', 'shop.schemas'] }])
  })

  it('makes topics that it may come to write as far as a sink reads them', async () => {
    const plan = await planOf(file({ source: { tables: ['*'] } }))
    expect(plan.topics.map(({ name }) => name)).toEqual(['shop.orders', 'shop.lines'])
    expect(plan.sources).toMatchObject([{ topics: ['shop.orders', 'shop.lines'] }])
  })

  it('is found by a sink of another file', async () => {
    const reader = JSON.stringify({ version: 1, name: 'b', sinks: { out: { type: 'replica', from: ['shop.extra'] } } })
    expect(await problemsOf(file({ source: { tables: ['*'] } }), reader)).toEqual([])
    const files = { '0.json': file({ source: { tables: ['*'] } }), '1.json': reader }
    const [writer] = await requirePipelines(Object.keys(files), options(files))
    expect(writer!.topics.map(({ name }) => name)).toContain('shop.extra')
  })

  it.each([
    [
      'a sink that reads what it cannot write',
      file({ sink: { from: ['shop.order'] } }),
      ['sinks.copy.from.0: nothing declares or writes the topic "shop.order" (did you mean "shop.orders"?)'],
    ],
    [
      'a field that it does not know',
      file({ source: { to: 'shop.{tabel}' }, sink: { from: ['shop.{tabel}'] } }),
      ['sources.db.to: "{tabel}" is none of {schema}, {table} (did you mean "table"?)'],
    ],
    [
      'a template that gives no name of a topic',
      file({ source: { to: 'shop {table}', tables: ['*'] }, sink: { from: ['shop.orders'] } }),
      ['sources.db.to: not a valid topic name: use 1 to 249 of a-z A-Z 0-9 . _ - and neither "." nor ".."'],
    ],
    [
      'a table that cannot be part of a name',
      file({ source: { tables: ['orders', 'lines', 'Odd Name'] } }),
      [
        'sources.db.to: "shop.Odd Name": not a valid topic name: use 1 to 249 of a-z A-Z 0-9 . _ - and neither "." nor ".."',
      ],
    ],
    [
      'dead letters where it writes',
      file({ source: { onError: { deadLetter: 'shop.lines' } } }),
      ['sources.db.onError.deadLetter: "shop.lines" is where "db" writes its good records'],
    ],
    [
      'a key of the file beside its own',
      file({ source: { key: 'id' } }),
      ['sources.db.key: a source of type "tables" gives its records their keys itself'],
    ],
    [
      'a template at a source of one topic',
      file({ source: { type: 'feed', tables: undefined, include: ['x'], to: 'shop.{x}' }, sink: { from: ['shop.a'] } }),
      ['sources.db.to: is a template, and a source of type "feed" writes one topic only'],
    ],
  ])('refuses %s', async (_what, content, expected) => {
    expect(await problemsOf(content)).toEqual(expected)
  })

  it('causes no complaint about its topics when something else of it is wrong', async () => {
    expect(await problemsOf(file({ source: { tabels: ['x'] } }))).toEqual([
      'sources.db.tabels: unknown key (did you mean "tables"?)',
    ])
  })
})

describe('rules of connectors about topics', () => {
  const compacted = { topics: { 'shop.orders': { cleanup: 'compact' }, 'shop.lines': { partitions: 3 } } }

  it('let a source that gives keys write compacted topics', async () => {
    expect(await problemsOf(file({ rest: compacted }))).toEqual([])
  })

  it('hear of the topics that a source writes, by name or by template', async () => {
    const expected = ['sources.db.format: cannot be "changes" with shop.orders compacted']
    expect(await problemsOf(file({ rest: compacted, source: { format: 'changes' } }))).toEqual(expected)
    expect(await problemsOf(file({ rest: compacted, source: { format: 'changes', tables: ['*'] } }))).toEqual(expected)
  })

  it('hear of the partitions that a sink reads, as the file declares them or leaves them to the defaults', async () => {
    const sink = { apply: 'transactions', from: ['shop.lines'] }
    const refused = 'sinks.copy.apply: needs one topic with one partition: shop.lines has '
    expect(await problemsOf(file({ sink }))).toEqual([])
    expect(await problemsOf(file({ sink, rest: compacted }))).toEqual([`${refused}3`])
    const defaults = { topic: { partitions: 2 } }
    expect(await problemsOf(file({ sink, rest: { defaults } }))).toEqual([`${refused}2`])
  })

  it('are not asked about a topic of which nothing can be said', async () => {
    const rest = { topics: { 'shop.lines': { partitions: 0 } } }
    const sink = { apply: 'transactions', from: ['shop.lines'] }
    expect(await problemsOf(file({ sink, rest }))).toEqual(['topics.shop.lines.partitions: must be at least 1, not 0'])
  })
})
