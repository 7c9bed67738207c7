import fs from 'node:fs'
import path from 'node:path'
import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { makeDirectory, Tail } from './kit.js'

async function tailing(settings: Record<string, unknown>): Promise<{ tail: Tail; log: string }> {
  const directory = makeDirectory()
  const tail = await Tail.start({ directory, settings: { include: ['*.log'], ...settings } })
  return { tail, log: path.join(directory, 'a.log') }
}

describe('lines over the limit', () => {
  const long = 'abcdefgh'.repeat(8) + 'tail'

  it('are truncated and marked, and the file goes on', async () => {
    const { tail, log } = await tailing({ maxLine: '32B' })
    fs.writeFileSync(log, `one\n${long}\ntwo\n`)
    await tail.settle()
    expect(tail.writer.committed).toMatchObject([
      { value: 'one', headers: {} },
      { value: long.slice(0, 32), headers: { truncated: 'true' } },
      { value: 'two', headers: {} },
    ])
    expect(tail.counts.get('tailrace_file_skipped_bytes_total')).toBe(long.length - 32 + 1)
  })

  it('are split into records that are marked', async () => {
    const { tail, log } = await tailing({ maxLine: '32B', onLongLine: 'split' })
    fs.writeFileSync(log, `${long}\ntwo\n`)
    await tail.settle()
    expect(tail.values).toEqual([long.slice(0, 32), long.slice(32, 64), 'tail', 'two'])
    expect(tail.writer.committed.map(({ headers }) => headers['continued'])).toEqual([
      undefined,
      'true',
      'true',
      undefined,
    ])
  })

  it('become dead letters, with nothing left out', async () => {
    const { tail, log } = await tailing({ maxLine: '32B', onLongLine: 'dead-letter' })
    fs.writeFileSync(log, `one\n${long}\ntwo\n`)
    await tail.settle()
    expect(tail.values).toEqual(['one', 'two'])
    expect(tail.writer.deadLetters.map(({ value }) => value).join('')).toBe(long)
  })

  it('need a dead-letter topic for that, which is said at the first read', async () => {
    const { tail } = await tailing({ onLongLine: 'dead-letter' })
    tail.writer.hasDeadLetters = false
    await expect(tail.readOnce()).rejects.toMatchObject({ code: 'file_needs_dead_letter' })
  })

  it.each(['truncate', 'split', 'dead-letter'])('are resumed in their middle (%s)', async (onLongLine) => {
    const { tail, log } = await tailing({ maxLine: '32B', onLongLine })
    fs.writeFileSync(log, `${long}\ntwo\n`)
    tail.writer.capacity = 1
    for (let turn = 0; turn < 6; turn++) {
      tail.clock.move(1000)
      await tail.readOnce()
      await tail.commit()
      await tail.restart()
    }
    const all = [...tail.writer.deadLetters, ...tail.writer.committed].map(({ value }) => value)
    expect(all.join('')).toBe(onLongLine === 'truncate' ? `${long.slice(0, 32)}two` : `${long}two`)
  })

  it('cost bounded memory, whatever their length', async () => {
    const { tail, log } = await tailing({ maxLine: '1MiB' })
    const file = fs.openSync(log, 'w')
    const block = Buffer.alloc(4 * 1024 * 1024, 'x')
    for (let block4 = 0; block4 < 25; block4++) fs.writeSync(file, block)
    fs.writeSync(file, '\nafter\n')
    fs.closeSync(file)
    const before = process.memoryUsage().arrayBuffers
    await tail.settle()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024)
    expect(tail.values.map((value) => value.length)).toEqual([1024 * 1024, 5])
  })
})

describe('encodings', () => {
  const text = 'grüße\r\n漢字 😀\r\nlast\r\n'
  const expected = ['grüße', '漢字 😀', 'last'].map((line) => Buffer.from(line).toString('latin1'))

  it.each([
    { encoding: 'utf-16le', bytes: iconv.encode(text, 'utf-16le') },
    { encoding: 'utf-16be', bytes: iconv.encode(text, 'utf-16be') },
    { encoding: 'utf-8', bytes: iconv.encode(text, 'utf-16le', { addBOM: true }) },
    { encoding: 'latin1', bytes: iconv.encode(text, 'utf-16be', { addBOM: true }) },
    { encoding: 'latin1', bytes: iconv.encode(text, 'utf-8', { addBOM: true }) },
    { encoding: 'gb18030', bytes: iconv.encode(text, 'gb18030') },
  ])('leave as UTF-8: $encoding', async ({ encoding, bytes }) => {
    const { tail, log } = await tailing({ encoding })
    fs.writeFileSync(log, bytes)
    await tail.settle()
    expect(tail.values).toEqual(expected)
  })

  it.each(['gbk', 'big5', 'shift_jis', 'euc-jp', 'windows-1251', 'koi8-r', 'latin1'])(
    'split %s at line ends',
    async (encoding) => {
      const lines = { latin1: ['é', 'ü'], 'windows-1251': ['Б', 'я'], 'koi8-r': ['Б', 'я'] }[encoding] ?? ['漢字', '中']
      const { tail, log } = await tailing({ encoding })
      fs.writeFileSync(log, iconv.encode(`${lines.join('\n')}\n`, encoding))
      await tail.settle()
      expect(tail.values).toEqual(lines.map((line) => Buffer.from(line).toString('latin1')))
    },
  )

  it('are resumed behind a byte order mark', async () => {
    const { tail, log } = await tailing({})
    fs.writeFileSync(log, iconv.encode('eins\n', 'utf-16le', { addBOM: true }))
    await tail.settle()
    await tail.restart()
    fs.appendFileSync(log, iconv.encode('zwei\n', 'utf-16le'))
    await tail.settle()
    expect(tail.values).toEqual(['eins', 'zwei'])
  })

  it('take a mark that comes in two writes', async () => {
    const { tail, log } = await tailing({})
    fs.writeFileSync(log, Buffer.from([0xef, 0xbb]))
    await tail.settle()
    fs.appendFileSync(log, Buffer.from([0xbf, 0x61, 0x0a]))
    await tail.settle()
    expect(tail.values).toEqual(['a'])
  })
})

describe('delimiters', () => {
  it('may have several characters, also across reads', async () => {
    const { tail, log } = await tailing({ delimiter: '||\n' })
    fs.writeFileSync(log, 'a\nb|\nc|')
    await tail.settle()
    fs.appendFileSync(log, '|\nd||')
    await tail.settle()
    fs.appendFileSync(log, '\n')
    await tail.settle()
    expect(tail.values).toEqual(['a\nb|\nc', 'd'])
  })
})
