import { describe, expect, it } from 'vitest'
import { edgeLines, LiveView, type Snapshot } from '../../cli/live-view.js'
import { table, visible } from '../../cli/output.js'
import { terminalLogger } from '../../cli/terminal-log.js'
import { engineErrors } from '../../core/engine/errors.js'

type Edge = Snapshot['edges'][number]

const source: Edge = {
  pipeline: 'shop',
  id: 'logs',
  role: 'source',
  type: 'file',
  topics: ['app'],
  state: 'running',
  sinceMs: 0,
  recordCount: 1500,
  valueBytes: 0,
  deadLetterCount: 0,
  lagRecords: undefined,
  error: undefined,
  restartCount: 0,
  nextAttemptMs: undefined,
}
const sink: Edge = {
  ...source,
  id: 'lake',
  role: 'sink',
  state: 'waiting',
  recordCount: 1_200_000,
  lagRecords: 42,
  error: { code: 'disk_full', message: 'no room', hint: '', causes: [], atMs: 0 },
}

describe('the live lines', () => {
  it('show records, the rate since the last look, lag and what is wrong', () => {
    const before = {
      atMs: 1000,
      edges: [
        { ...source, recordCount: 500 },
        { ...sink, recordCount: 1_199_990 },
      ],
    }
    expect(edgeLines({ atMs: 3000, edges: [source, sink] }, before)).toEqual([
      'shop.logs  source  running     1.5k records     500/s',
      'shop.lake  sink    waiting     1.2M records       5/s  lag 42  disk_full: no room',
    ])
  })

  it('stay below the log and are cut at the width of the terminal', () => {
    let screen = ''
    const view = new LiveView({ columns: 20, write: (text) => (screen += text) })
    view.show(() => [source])
    view.printAbove('12:00:00 warn  something')
    view.end()
    view.printAbove('after the end')
    expect(screen).toBe(
      '\r\u001b[Jshop.logs  source  \n' +
        '\u001b[1A\r\u001b[J12:00:00 warn  something\nshop.logs  source  \n' +
        '\r\u001b[Jafter the end\n',
    )
  })
})

describe('the log on a terminal', () => {
  it('is one line with what matters, from the level on', () => {
    const written: string[] = []
    const logger = terminalLogger('warn', (line) => written.push(line)).child({ pipeline: 'shop' })
    logger.info('not shown')
    logger.error('an edge failed', { error: engineErrors.make('unknown_topic', 'there is no "x"'), attempt: 2 })
    expect(written.map((line) => line.slice(9))).toEqual([
      'error an edge failed pipeline=shop error="unknown_topic: there is no \\"x\\"" attempt=2',
    ])
  })
})

it('lets no text command the terminal', () => {
  expect(visible('a\tb\u001b[2J\n\u009b1A')).toBe('a\tb\\u001b[2J\\n\\u009b1A')
})

it('aligns numbers to the right and texts to the left', () => {
  expect(
    table(
      ['NAME', 'N'],
      [
        ['a', 5],
        ['long name', 12345],
      ],
    ),
  ).toBe('NAME       N\na              5\nlong name  12345')
})
