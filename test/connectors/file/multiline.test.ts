// The traces are what the languages print; records are separated by a line of dashes in the expectation.

import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type MultilinePatterns, multilineRules } from '../../../connectors/file/multiline.js'
import { outside, type PresetName, presets } from '../../../connectors/file/multiline-presets.js'
import { makeDirectory, Tail } from './kit.js'

/** What a reader makes of the lines. */
function group(patterns: MultilinePatterns, lines: readonly string[]): string[] {
  const rules = multilineRules(patterns)
  const records: string[] = []
  let state = outside
  for (const line of lines) {
    const verdict = rules(state, line)
    if (verdict.joins) records.push(`${records.pop()}\n${line}`)
    else records.push(line)
    state = verdict.state
  }
  return records
}

const golden: Readonly<Record<PresetName, readonly string[]>> = {
  java: [
    'single line',
    `Exception in thread "main" java.lang.RuntimeException: outer failed
\tat T.outer(T.java:2)
\tat T.main(T.java:3)
\tSuppressed: java.io.IOException: closing
\t\tat T.outer(T.java:2)
\t\t... 8 more
Caused by: java.lang.IllegalStateException: inner failed
  with a second line
\tat T.inner(T.java:1)
\t... 9 common frames omitted`,
    'another line',
    `java.lang.RuntimeException: javax.mail.SendFailedException: Invalid Addresses;
  nested exception is:
com.sun.mail.smtp.SMTPAddressFailedException: 550 5.7.1 Relaying denied`
      .split('\n')
      .slice(0, 2)
      .join('\n'),
    'com.sun.mail.smtp.SMTPAddressFailedException: 550 5.7.1 Relaying denied\n\tat com.example.Mail.send(Mail.java:7)',
    'the last line',
  ],
  python: [
    'single line',
    `Traceback (most recent call last):
  File "/tmp/t.py", line 6, in outer
    inner()
  File "/tmp/t.py", line 3, in inner
    return {}["missing"]
           ~~^^^^^^^^^^^
KeyError: 'missing'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/tmp/t.py", line 9, in <module>
    outer()
RuntimeError: outer failed`,
    'another line',
    `Traceback (most recent call last):
  File "/tmp/t.py", line 1, in <module>
    raise AssertionError
AssertionError`,
    'INFO:the last line',
  ],
  go: [
    'plain line',
    `panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x49e1d8]

goroutine 1 [running]:
main.inner(...)
\t/tmp/go/main.go:7
main.main()
\t/tmp/go/main.go:12 +0x58

goroutine 7 [runnable]:
main.main.func1()
\t/tmp/go/main.go:11
created by main.main in goroutine 1
\t/tmp/go/main.go:11 +0x56
exit status 2`,
    'another line',
    `2026/11/22 10:00:00 http: panic serving 127.0.0.1:5000: boom
goroutine 24 [running]:
net/http.(*conn).serve.func1(0xc00007eaa0)
\t/usr/local/go/src/net/http/server.go:1746 +0xd0`,
    'the last line',
  ],
  node: [
    'plain line',
    `Error: outer failed
    at file:///tmp/t.mjs:2:47
    at async asyncRunEntryPointWithESMLoader (node:internal/modules/run_main:117:5) {
  [cause]: TypeError: inner failed
      at inner (file:///tmp/t.mjs:1:40)
      at file:///tmp/t.mjs:2:7 {
    code: 'E_INNER'
  }
}`,
    'another line',
    `2026-11-22 ERROR reading failed Error: ENOENT: no such file or directory, open '/nope'
    at Object.openSync (node:fs:573:18)
    at file:///tmp/t.mjs:5:33 {
  errno: -2,
  path: '/nope'
}`,
    `TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument must be of type string
    at inner (file:///tmp/t.mjs:1:40)
    ... 4 lines matching cause stack trace ...`,
    'the last line',
  ],
  ruby: [
    'single line',
    `/app/config.rb:6:in \`/': divided by 0 (ZeroDivisionError)
\tfrom /app/config.rb:6:in \`divide'
\tfrom /app/main.rb:9:in \`<main>'`,
    'the last line',
  ],
}

describe('multiline presets', () => {
  it.each(Object.entries(golden))('join what %s prints', (name, records) => {
    const lines = records.flatMap((record) => record.split('\n'))
    expect(group({ preset: name as PresetName }, lines)).toEqual(records)
  })

  it('judge any line, however hostile, in a time that its length bounds', () => {
    const hostile = [
      'a'.repeat(8192),
      'Error'.repeat(1600),
      ' '.repeat(8192),
      `${'a.'.repeat(4000)}(`,
      '\t'.repeat(8192),
    ]
    for (const [name, rules] of Object.entries(presets)) {
      const states = new Set(rules.flatMap(({ from }) => from))
      const judge = multilineRules({ preset: name as PresetName })
      for (const state of states) for (const line of hostile) expect(judge(state, line).state).toBeTypeOf('string')
    }
  })
})

describe('own patterns', () => {
  it('begin a record at start, and let everything else continue it', () => {
    expect(group({ start: '^\\d' }, ['lead', '1 a', ' b', '2 c', 'd'])).toEqual(['lead', '1 a\n b', '2 c\nd'])
  })

  it('continue the record before at continuation', () => {
    expect(group({ continuation: '^\\s' }, [' a', 'b', ' c', '\td', 'e'])).toEqual([' a', 'b\n c\n\td', 'e'])
  })

  it('with both, join only what continues what has begun', () => {
    const patterns = { start: '^E', continuation: '^ ' }
    expect(group(patterns, ['x', ' y', 'E 1', ' at', 'z', ' y'])).toEqual(['x', ' y', 'E 1\n at', 'z', ' y'])
  })

  it('are refused with the pattern when RE2 does not know them', () => {
    expect(() => multilineRules({ start: '(?=x)' })).toThrow('"(?=x)"')
  })

  it('never lose or repeat a line', () => {
    const anyLines = fc.array(fc.constantFrom('E', ' at', 'x', ''), { maxLength: 20 })
    const anyPatterns = fc.constantFrom<MultilinePatterns>(
      { start: '^E' },
      { continuation: '^ ' },
      { start: '^E', continuation: '^ ' },
      { preset: 'java' },
    )
    fc.assert(
      fc.property(anyPatterns, anyLines, (patterns, lines) => {
        expect(group(patterns, lines).join('\n')).toBe(lines.join('\n'))
      }),
    )
  })
})

describe('groups in files', () => {
  async function tailing(settings: Record<string, unknown>): Promise<{ tail: Tail; log: string }> {
    const directory = makeDirectory()
    const tail = await Tail.start({ directory, settings: { include: ['*.log'], ...settings } })
    return { tail, log: path.join(directory, 'a.log') }
  }

  it('are taken when the next one begins, or after the timeout', async () => {
    const { tail, log } = await tailing({ multiline: { start: '^\\d', timeout: '2s' } })
    fs.writeFileSync(log, '1 a\r\n b\r\n2 c\r\n')
    await tail.settle()
    expect(tail.values).toEqual(['1 a\n b'])
    fs.appendFileSync(log, ' d\r\n')
    await tail.settle()
    expect(tail.values).toHaveLength(1)
    await tail.settle(2500)
    expect(tail.values).toEqual(['1 a\n b', '2 c\n d'])
  })

  it('are resumed from their beginning after a crash', async () => {
    const { tail, log } = await tailing({ multiline: { start: '^\\d', timeout: '1h' } })
    fs.writeFileSync(log, '1 a\n b\n2 c\n d\n')
    await tail.settle()
    await tail.restart()
    fs.appendFileSync(log, ' e\n3\n')
    await tail.settle()
    expect(tail.values).toEqual(['1 a\n b', '2 c\n d\n e'])
  })

  it('are split when they have too many lines or bytes, and what follows is marked', async () => {
    const { tail, log } = await tailing({ maxLine: '64B', multiline: { start: '^\\d', timeout: '1s', maxLines: 3 } })
    fs.writeFileSync(log, `1\n a\n b\n c\n d\n2 ${'x'.repeat(40)}\n ${'y'.repeat(40)}\n`)
    await tail.settle()
    tail.writer.capacity = 1
    await tail.restart()
    await tail.settle(1500)
    await tail.settle(1500)
    expect(tail.writer.committed.map(({ value, headers }) => [value, headers['continued'] ?? 'no'])).toEqual([
      ['1\n a\n b', 'no'],
      [' c\n d', 'true'],
      [`2 ${'x'.repeat(40)}`, 'no'],
      [` ${'y'.repeat(40)}`, 'true'],
    ])
  })

  it('take a last line without an end with them', async () => {
    const { tail, log } = await tailing({ partialLine: '3s', multiline: { start: '^\\d', timeout: '1s' } })
    fs.writeFileSync(log, '1 a\n b')
    await tail.settle()
    await tail.settle(4000)
    fs.appendFileSync(log, 'bb\n2\n')
    await tail.settle()
    await tail.settle(2000)
    expect(tail.values).toEqual(['1 a\n b', 'bb', '2'])
  })
})
