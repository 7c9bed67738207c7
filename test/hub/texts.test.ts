// Texts of the command line that the hub reads: places in a log, settings of a topic.

import { describe, expect, it } from 'vitest'
import { positionFromText } from '../../hub/log-position.js'
import { topicFromSettings } from '../../hub/topic-settings.js'

describe('a place in a log', () => {
  it.each([
    ['beginning', { kind: 'earliest' }],
    ['end', { kind: 'latest' }],
    ['0', { kind: 'offset', offset: 0 }],
    ['123456789012345', { kind: 'offset', offset: 123456789012345 }],
    ['-10m', { kind: 'time', atMs: 1_000_000 - 600_000 }],
    ['-7d', { kind: 'time', atMs: 0 }],
    ['1970-01-01T00:00:05Z', { kind: 'time', atMs: 5000 }],
  ])('is %s', (text, position) => {
    expect(positionFromText(text, 1_000_000)).toEqual(position)
  })

  it.each(['', '10m', '-10', '--10m', '-1', '1.5', 'start', '2026-99-99', '1234567890123456'])('is not %j', (text) => {
    expect(() => positionFromText(text, 0)).toThrow(expect.objectContaining({ code: 'invalid_position' }))
  })
})

describe('settings of a topic', () => {
  it('are those of a pipeline file, with its defaults', async () => {
    const topic = await topicFromSettings('t', ['partitions=3', 'retention.time=unlimited', 'cleanup=compact'])
    expect(topic).toMatchObject({
      name: 't',
      partitions: 3,
      settings: { retentionMs: -1, cleanup: 'compact', flushMs: 200 },
    })
  })

  it.each([
    ['t', ['partitions'], '"partitions" is not SETTING=VALUE'],
    ['t', ['partitons=3'], 'partitons: unknown key (did you mean "partitions"?)'],
    [
      't',
      ['retention.time=3', 'cleanup=none'],
      'cleanup: must be one of "delete", "compact", "compact,delete", not "none"',
    ],
    ['a b', [], '"a b": not a valid topic name'],
    ['t', ['__proto__.x=1'], '__proto__: unknown key'],
  ])('of %s %j are refused', async (name, settings, message) => {
    await expect(topicFromSettings(name, settings)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message),
    })
  })
})
