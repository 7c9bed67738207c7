import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeDirectory, Tail } from './kit.js'

async function tailing(
  settings: Record<string, unknown> = {},
): Promise<{ tail: Tail; directory: string; log: string }> {
  const directory = makeDirectory()
  const tail = await Tail.start({ directory, settings: { include: ['*.log'], ...settings } })
  return { tail, directory, log: path.join(directory, 'app.log') }
}

describe('following a file', () => {
  it('reads what is there, then what is appended, with the path as the key', async () => {
    const { tail, log } = await tailing()
    fs.writeFileSync(log, 'one\ntwo\n')
    await tail.settle()
    fs.appendFileSync(log, 'three\n')
    await tail.settle()
    expect(tail.values).toEqual(['one', 'two', 'three'])
    expect(new Set(tail.writer.committed.map(({ key }) => key))).toEqual(new Set([log]))
  })

  it('keeps empty lines, NUL bytes, invalid UTF-8 and stray carriage returns as they are', async () => {
    const { tail, log } = await tailing()
    fs.writeFileSync(log, Buffer.from('a\n\nb\0c\n\xff\xfe\xc3\nd\re\r\nf\r\r\n', 'latin1'))
    await tail.settle()
    expect(tail.values).toEqual(['a', '', 'b\0c', '\xff\xfe\xc3', 'd\re', 'f\r'])
  })

  it('takes a last line without an end after partialLine of quiet, and marks what follows', async () => {
    const { tail, log } = await tailing({ partialLine: '5s' })
    fs.writeFileSync(log, 'whole\npart')
    await tail.settle()
    await tail.settle(3000)
    expect(tail.values).toEqual(['whole'])
    await tail.settle(3000)
    expect(tail.values).toEqual(['whole', 'part'])
    fs.appendFileSync(log, 'ial\nnext\n')
    await tail.settle()
    expect(tail.writer.committed.slice(2)).toMatchObject([
      { value: 'ial', headers: { continued: 'true' } },
      { value: 'next', headers: {} },
    ])
  })

  it('makes no record of a line end that comes alone, after its line was taken', async () => {
    const { tail, log } = await tailing()
    fs.writeFileSync(log, 'part')
    await tail.settle()
    await tail.settle(6000)
    fs.appendFileSync(log, '\nnext\n')
    await tail.settle()
    expect(tail.values).toEqual(['part', 'next'])
  })

  it('goes on from the committed point after a restart, whatever was read beyond it', async () => {
    const { tail, log } = await tailing()
    fs.writeFileSync(log, 'one\ntwo\n')
    await tail.settle()
    fs.appendFileSync(log, 'three\nfour\n')
    tail.clock.move(1000)
    await tail.readOnce()
    await tail.restart()
    await tail.settle()
    expect(tail.values).toEqual(['one', 'two', 'three', 'four'])
  })

  it('loses and repeats nothing when the writer is full after every record', async () => {
    const { tail, log } = await tailing()
    tail.writer.capacity = 1
    fs.writeFileSync(log, 'one\ntwo\nthree\n')
    await tail.settle()
    await tail.restart()
    fs.appendFileSync(log, 'four\n')
    await tail.settle()
    expect(tail.values).toEqual(['one', 'two', 'three', 'four'])
  })

  it('begins at the end of what is there at the first start only', async () => {
    const { tail, log, directory } = await tailing({ startAt: 'end' })
    fs.writeFileSync(log, 'old\nbegun before')
    await tail.settle()
    fs.appendFileSync(log, ' and ended after\nnew\n')
    const later = path.join(directory, 'later.log')
    fs.writeFileSync(later, 'all of it\n')
    await tail.settle()
    await tail.restart()
    fs.appendFileSync(log, 'newer\n')
    fs.writeFileSync(path.join(directory, 'last.log'), 'and this\n')
    await tail.settle()
    expect(tail.values.toSorted()).toEqual(['all of it', 'and this', 'new', 'newer'])
  })

  it('ignores files that are too old until they change', async () => {
    const { tail, log } = await tailing({ ignoreOlder: '1h' })
    fs.writeFileSync(log, 'old\n')
    fs.utimesSync(log, Date.now() / 1000 - 7200, Date.now() / 1000 - 7200)
    await tail.settle()
    expect(tail.values).toEqual([])
    fs.appendFileSync(log, 'new\n')
    await tail.settle()
    expect(tail.values).toEqual(['old', 'new'])
  })

  it('tells host, position and line of each record when asked to', async () => {
    const { tail, log } = await tailing({ metadata: ['host', 'position', 'line'] })
    fs.writeFileSync(log, 'one\ntwo\n')
    await tail.settle()
    expect(tail.writer.committed.map(({ headers }) => headers)).toEqual([
      { host: os.hostname(), position: '0', line: '1' },
      { host: os.hostname(), position: '4', line: '2' },
    ])
  })

  it('keeps the account: what was read is emitted, skipped or partial', async () => {
    const { tail, log } = await tailing()
    fs.writeFileSync(log, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('one\r\ntwo\nthr')]))
    await tail.settle()
    await tail.settle()
    expect(tail.values).toEqual(['one', 'two'])
    expect(Object.fromEntries(tail.counts)).toMatchObject({
      tailrace_file_read_bytes_total: 15,
      tailrace_file_emitted_bytes_total: 9,
      tailrace_file_skipped_bytes_total: 3,
    })
    expect(tail.gauges.get('tailrace_file_partial_bytes')).toBe(3)
  })
})
