import { describe, expect, it } from 'vitest'
import { runtimeErrors } from '../../../core/runtime/errors.js'
import { type LogLevel, pinoLogger } from '../../../core/telemetry/pino-logger.js'

function collect(level: LogLevel = 'debug') {
  const lines: string[] = []
  const logger = pinoLogger({ level, destination: { write: (line) => lines.push(line) } })
  return { logger, lines, spoken: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

describe('the pino logger', () => {
  it('writes an event and its fields as one line of JSON', () => {
    const { logger, lines, spoken } = collect()
    logger.info('the log is open', { partitions: 3, path: 'a\nb' })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^\{.*\}\n$/)
    expect(spoken()[0]).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      msg: 'the log is open',
      partitions: 3,
      path: 'a\nb',
    })
  })

  it('drops what lies below its level', () => {
    const { logger, spoken } = collect('warn')
    logger.debug('one')
    logger.info('two')
    logger.warn('three')
    logger.error('four')
    expect(spoken().map((line) => [line['level'], line['msg']])).toEqual([
      ['warn', 'three'],
      ['error', 'four'],
    ])
    const silent = collect('silent')
    silent.logger.error('nothing')
    expect(silent.lines).toEqual([])
  })

  it('shows code, message, hint and cause of an error', () => {
    const { logger, spoken } = collect()
    const cause = runtimeErrors.make('disk_full', 'cannot write /f: no space left on device (ENOSPC)', { cause: 'why' })
    logger.error('the append failed', { error: runtimeErrors.make('io_failed', 'too bad', { cause }) })
    expect(spoken()[0]).toMatchObject({
      error: {
        code: 'io_failed',
        message: 'too bad',
        hint: runtimeErrors.table.io_failed.hint,
        cause: { code: 'disk_full', message: 'cannot write /f: no space left on device (ENOSPC)', cause: 'why' },
      },
    })
  })

  it('shows the stack of an error that nobody foresaw, and survives one that causes itself', () => {
    const { logger, spoken } = collect()
    const error = new TypeError('x is not a function')
    error.cause = error
    logger.error('the source failed', { error })
    expect(spoken()[0]).toMatchObject({
      error: { name: 'TypeError', message: 'x is not a function', stack: expect.stringContaining('pino-logger.test') },
    })
  })

  it('adds the fields of a child to all it says', () => {
    const { logger, spoken } = collect()
    const child = logger.child({ pipeline: 'shop' }).child({ source: 'orders', error: new Error('old') })
    child.warn('the source waits', { waitMs: 5 })
    logger.info('the hub runs')
    expect(spoken()[0]).toMatchObject({ pipeline: 'shop', source: 'orders', waitMs: 5, error: { message: 'old' } })
    expect(spoken()[1]).not.toHaveProperty('pipeline')
  })
})
