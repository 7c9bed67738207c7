import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAccess, parseCri, parseDockerJson, parseKlog, parseSyslog } from '../../../core/format/log-lines.js'
import { ParseFailure } from '../../../core/format/parsed.js'

describe('lines of well-known logs', () => {
  it('reads a line of CRI', () => {
    expect(parseCri('2026-11-22T10:30:00.5Z stderr P a  b')).toMatchObject({
      stream: 'stderr',
      tag: 'P',
      message: 'a  b',
    })
  })

  it('reads a line of klog', () => {
    expect(parseKlog('E1122 10:30:00.123456    17 main.go:42] it broke')).toMatchObject({
      level: 'E',
      date: '11-22',
      thread: 17,
      file: 'main.go',
      line: 42,
      message: 'it broke',
    })
  })

  it('reads access logs, common and combined', () => {
    const line = '1.2.3.4 - joe [22/Nov/2026:10:30:00 +0100] "GET /a\\"b HTTP/1.1" 200 -'
    const common = {
      user: 'joe',
      identity: null,
      time: '2026-11-22T10:30:00+0100',
      status: 200,
      bytes: null,
      method: 'GET',
    }
    expect(parseAccess(line)).toMatchObject(common)
    expect(parseAccess(`${line} "-" "curl/8"`)).toMatchObject({ ...common, referer: null, agent: 'curl/8' })
  })

  it('reads both forms of syslog', () => {
    expect(parseSyslog('<34>1 2026-11-22T10:30:00Z host app - id [x a="b\\]"][y] said')).toMatchObject({
      facility: 4,
      severity: 2,
      pid: null,
      structured: '[x a="b\\]"][y]',
      message: 'said',
    })
    expect(parseSyslog('<13>Nov  2 10:30:00 host su[17]: no')).toMatchObject({
      facility: 1,
      severity: 5,
      app: 'su',
      pid: '17',
    })
  })

  it('reads what Docker writes, whole lines and parts of one', () => {
    const line = { log: 'said\n', stream: 'stderr', time: '2026-11-22T10:30:00.5Z' }
    expect(parseDockerJson(JSON.stringify(line))).toEqual({
      time: '2026-11-22T10:30:00.5Z',
      stream: 'stderr',
      tag: 'F',
      message: 'said',
    })
    expect(parseDockerJson(JSON.stringify({ ...line, log: 'a part', attrs: { tag: 'web' } }))).toMatchObject({
      tag: 'P',
      message: 'a part',
      attrs: { tag: 'web' },
    })
    expect(parseDockerJson(JSON.stringify({ ...line, log: '\r\n' }))).toMatchObject({ tag: 'F', message: '' })
    for (const missing of ['log', 'stream', 'time']) {
      expect(parseDockerJson(JSON.stringify({ ...line, [missing]: undefined }))).toBeInstanceOf(ParseFailure)
    }
  })

  it.each([parseCri, parseDockerJson, parseKlog, parseAccess, parseSyslog])(
    '%o refuses prose and never throws',
    (parse) => {
      expect(parse('<192>1 just prose')).toBeInstanceOf(ParseFailure)
      fc.assert(
        fc.property(fc.string({ unit: fc.constantFrom(...Array.from('<1>[]"\\ -:Ia')) }), (text) => void parse(text)),
      )
    },
  )
})
