import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testFiles, type TestReport } from '../../../hub/testing/test-files.js'
import { testReportText } from '../../../cli/test-report-text.js'

const pipeline = {
  version: 1,
  name: 'shop',
  sources: {
    logs: {
      type: 'file',
      include: ['*.log'],
      to: 'orders',
      parse: { format: 'json', onFail: 'dead-letter', time: 'ts' },
      steps: [{ filter: 'n > 1' }],
      onError: { deadLetter: 'dead' },
    },
  },
  sinks: {
    lake: { type: 'directory', from: ['kept', 'large', 'totals'], root: 'lake', steps: [{ drop: ['secret'] }] },
  },
  topics: { orders: {}, prices: { cleanup: 'compact' }, totals: {} },
  transforms: {
    totals: {
      from: ['orders'],
      to: 'totals',
      steps: [
        { dedupe: { key: 'id', window: '1h' } },
        { lookup: { table: 'prices', key: 'item', into: 'price', missing: 'drop' } },
        {
          aggregate: { by: { item: 'item' }, window: '1m', values: { count: { count: true }, sum: { sum: 'price' } } },
        },
      ],
    },
    kept: {
      from: ['orders'],
      to: 'kept',
      steps: [
        { filter: "level == 'error'" },
        { set: { env: "'prod'", twice: 'n * 2' } },
        { route: { cases: [{ when: 'n > 5', to: 'large' }] } },
      ],
    },
    once: { from: ['orders'], to: 'single', steps: [{ dedupe: { key: 'id', window: '1h' } }] },
  },
}

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tailrace-cases-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

async function report(...tests: readonly object[]): Promise<TestReport> {
  const file = join(directory, 'shop.json')
  await writeFile(file, JSON.stringify({ ...pipeline, tests }))
  return testFiles([file])
}

const once = { name: 'once', transform: 'once' }

describe('cases of a pipeline file', () => {
  it('pass when what comes out is what they say', async () => {
    const { passed, cases } = await report(
      { ...once, in: [{ id: 1, n: 'a' }, { id: 1 }, { id: 2 }], out: [{ id: 1 }, { id: 2 }] },
      { ...once, match: 'exact', in: [{ id: 1, n: 'a' }], out: [{ n: { $match: '^[a-c]$' }, id: { $any: true } }] },
      { ...once, in: [], out: [] },
    )
    expect(cases.filter((one) => !one.passed)).toEqual([])
    expect(passed).toBe(3)
  })

  it('look at keys, headers, times and topics where they name them', async () => {
    const record = { key: 'k', value: { id: 1 }, headers: { trace: '7' }, time: '2026-03-01T10:00:00.000Z' }
    const { cases } = await report(
      { ...once, in: [{ $record: record }], out: [{ $record: { ...record, topic: 'single' } }] },
      { ...once, in: [{ $record: record }], out: [{ $record: { time: 1_772_359_200_000, headers: { trace: '8' } } }] },
    )
    expect(cases.map(({ passed }) => passed)).toEqual([true, false])
    expect(cases[1]?.mismatches[0]?.differences).toEqual([{ path: 'headers.trace', expected: '"8"', found: '"7"' }])
  })

  it('say what came instead of what was expected', async () => {
    const failing = await report({ ...once, in: [{ id: 1, a: [1, 2] }, { id: 2 }], out: [{ id: 1, a: [1, 3] }] })
    const missing = await report({ ...once, in: [{ id: 1 }, { id: 1 }], out: [{ id: 1 }, { id: 1 }] })
    expect(failing).toMatchObject({ passed: 0, failed: 1 })
    const text = testReportText(failing).split('\n')
    expect(text.slice(1, 6)).toEqual([
      '  record 1 is another',
      '    value.a.1',
      '      expected 3',
      '      came     2',
      '  record 2 was not expected',
    ])
    expect(text.at(-1)).toBe('0 passed, 1 failed')
    expect(testReportText(missing)).toContain('  record 2 is missing\n    expected {"value":{"id":1}}')
  })

  it('are exact when they say so', async () => {
    const { cases } = await report({ ...once, match: 'exact', in: [{ id: 1, more: true }], out: [{ id: 1 }] })
    expect(cases[0]?.mismatches[0]?.differences).toEqual([{ path: 'value.more', expected: undefined, found: 'true' }])
  })

  it('fail by a dead letter that they do not expect, and pass by one that they do', async () => {
    const bad = { ...once, in: ['no object', { id: 1 }], out: [{ id: 1 }] }
    const letter = { $record: { value: 'no object', code: 'value_not_object' } }
    const { cases } = await report(bad, { ...bad, deadLetters: [letter] })
    expect(cases.map(({ passed }) => passed)).toEqual([false, true])
    expect(cases[0]?.mismatches).toMatchObject([
      { list: 'deadLetters', kind: 'unexpected', found: { value: 'no object' } },
    ])
  })

  it('close windows by the times of their records, and look rows up in their tables', async () => {
    const order = (id: number, item: string, second: number) => ({
      $record: { value: { id, item }, time: `2026-03-01T10:00:${String(second).padStart(2, '0')}Z` },
    })
    const next = { $record: { value: { id: 9, item: 'pen' }, time: '2026-03-01T10:02:00Z' } }
    const { cases } = await report({
      name: 'totals of a minute',
      transform: 'totals',
      tables: { prices: { pen: 2, ink: 5 } },
      in: [order(1, 'pen', 1), order(2, 'ink', 2), order(2, 'ink', 3), order(3, 'pen', 59), order(4, 'cap', 9), next],
      out: [
        { item: 'pen', count: 2, sum: 4 },
        { item: 'ink', count: 1, sum: 5 },
      ],
    })
    expect(cases).toMatchObject([{ passed: true, mismatches: [], failure: undefined }])
  })

  it('run expressions, and see where records are routed', async () => {
    const record = (value: object) => ({ level: 'error', ...value })
    const { cases } = await report({
      name: 'errors are kept',
      transform: 'kept',
      in: [record({ n: 9 }), record({ n: 1 }), { level: 'info', n: 2 }, record({ n: 'x' }), record({ n: 7 })],
      out: [
        { $record: { topic: 'kept', value: { n: 1, env: 'prod', twice: 2 } } },
        { $record: { topic: 'large', value: { n: 9, twice: 18 } } },
        { $record: { topic: 'large', value: { n: 7 } } },
      ],
      deadLetters: [{ $record: { value: record({ n: 'x' }), code: 'expression_failed' } }],
    })
    expect(cases).toMatchObject([{ passed: true, mismatches: [], failure: undefined }])
  })

  it('begin a source with its parse, and stand on sinks', async () => {
    const { cases } = await report(
      {
        name: 'lines become records',
        source: 'logs',
        in: ['{"n":2,"ts":"2026-03-01T10:00:00Z"}', '{"n":1}', 'no json'],
        out: [{ $record: { value: { n: 2 }, time: '2026-03-01T10:00:00Z' } }],
        deadLetters: [{ $record: { value: 'no json', code: 'parse_not_json' } }],
      },
      { name: 'nothing secret', sink: 'lake', match: 'exact', in: [{ n: 1, secret: 2 }], out: [{ n: 1 }] },
    )
    expect(cases.filter((one) => !one.passed)).toEqual([])
  })

  it('begin each with nothing remembered', async () => {
    const one = { ...once, in: [{ id: 1 }], out: [{ id: 1 }] }
    expect(await report(one, one, one)).toMatchObject({ passed: 3 })
  })
})

describe('cases with mistakes', () => {
  it.each([
    [{ name: 'x', in: [], out: [] }, 'must name exactly one of "source", "transform" and "sink"'],
    [{ ...once, sink: 'lake', in: [], out: [] }, 'must name exactly one of'],
    [{ name: 'x', transform: 'onse', in: [], out: [] }, 'there is no transform "onse" (did you mean "once"?)'],
    [{ ...once, in: [], out: [], outs: [] }, 'outs'],
    [{ ...once, in: [{ $record: { valu: 1 } }], out: [] }, 'valu'],
  ])('are mistakes of the file: %j', async (one, message) => {
    await expect(report(one)).rejects.toMatchObject({
      code: 'invalid_pipeline',
      message: expect.stringContaining(message) as string,
    })
    await expect(report(one)).rejects.toThrow(/shop\.json:1:\d+/)
  })

  it('that cannot be run fail alone', async () => {
    const elsewhere = { ...once, in: [{ $record: { value: 1, topic: 'prices' } }], out: [] }
    const untimely = { ...once, in: [{ $record: { value: { id: 1 }, time: 'soon' } }], out: [] }
    const { cases } = await report(elsewhere, untimely, { ...once, in: [], out: [] })
    expect(cases.map(({ failure }) => failure)).toEqual([
      'a record goes into prices, which is not read',
      '"soon" is no time; one looks like 2026-01-31T10:00:00Z',
      undefined,
    ])
  })

  it('are missed where there are none', async () => {
    await expect(report()).rejects.toMatchObject({ code: 'no_test_cases' })
  })
})
