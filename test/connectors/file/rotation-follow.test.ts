import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { nodeFiles } from '../../../core/runtime/node/node-files.js'
import { makeDirectory, Tail } from './kit.js'

interface Scene {
  readonly tail: Tail
  readonly directory: string
  /** The path of a name in the directory. */
  readonly at: (name: string) => string
}

async function tailing(include: readonly string[], settings: Record<string, unknown> = {}): Promise<Scene> {
  const directory = makeDirectory()
  const tail = await Tail.start({ directory, settings: { include, ...settings } })
  return { tail, directory, at: (name) => path.join(directory, name) }
}

function lines(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join('')
}

function values(from: number, to: number): string[] {
  return lines(from, to).trimEnd().split('\n')
}

/** As copytruncate does it. */
function copyTruncate(from: string, to: string): void {
  fs.copyFileSync(from, to)
  fs.truncateSync(from)
}

describe('rotation by rename', () => {
  it('drains the renamed file first, under its first key, inside the globs and outside', async () => {
    for (const include of ['*.log', '*.log*']) {
      const { tail, at } = await tailing([include])
      fs.writeFileSync(at('app.log'), lines(1, 2))
      await tail.settle()
      fs.appendFileSync(at('app.log'), lines(3, 4))
      fs.renameSync(at('app.log'), at('app.log.1'))
      fs.writeFileSync(at('app.log'), lines(5, 6))
      await tail.settle()
      expect(tail.values).toEqual(values(1, 6))
      expect(tail.writer.committed.every(({ key }) => key === at('app.log'))).toBe(true)
    }
  })

  it('follows a writer that goes on writing to the renamed file', async () => {
    const { tail, at } = await tailing(['*.log'])
    fs.writeFileSync(at('app.log'), lines(1, 1))
    await tail.settle()
    fs.renameSync(at('app.log'), at('app.log.1'))
    await tail.settle()
    fs.appendFileSync(at('app.log.1'), lines(2, 2))
    await tail.settle()
    fs.writeFileSync(at('app.log'), lines(3, 3))
    await tail.settle()
    expect(tail.values).toEqual(values(1, 3))
  })

  it('finds a file again that was renamed while nobody ran, outside the globs too', async () => {
    const { tail, at } = await tailing(['*.log'])
    fs.writeFileSync(at('app.log'), lines(1, 2))
    await tail.settle()
    await tail.stop()
    fs.appendFileSync(at('app.log'), lines(3, 4))
    fs.renameSync(at('app.log'), at('app.log.1'))
    fs.writeFileSync(at('app.log'), lines(5, 6))
    await tail.restart()
    await tail.settle()
    expect(tail.values).toEqual(values(1, 6))
  })

  it('finds a file again of which nothing was read yet', async () => {
    const { tail, at } = await tailing(['*.log'])
    fs.writeFileSync(at('app.log'), '')
    await tail.settle()
    await tail.stop()
    fs.appendFileSync(at('app.log'), lines(1, 2))
    fs.renameSync(at('app.log'), at('app.log.1'))
    fs.writeFileSync(at('app.log'), lines(3, 4))
    await tail.restart()
    await tail.settle()
    expect(tail.values).toEqual(values(1, 4))
  })

  it('keeps two files apart that change their names', async () => {
    const { tail, at } = await tailing(['*.log'])
    fs.writeFileSync(at('a.log'), lines(1, 2))
    fs.writeFileSync(at('b.log'), lines(11, 12))
    await tail.settle()
    fs.renameSync(at('a.log'), at('x'))
    fs.renameSync(at('b.log'), at('a.log'))
    fs.renameSync(at('x'), at('b.log'))
    fs.appendFileSync(at('a.log'), lines(13, 13))
    fs.appendFileSync(at('b.log'), lines(3, 3))
    await tail.settle()
    expect(tail.values.toSorted()).toEqual([...values(1, 3), ...values(11, 13)].toSorted())
  })

  it('takes a last line without an end at rotation, before the new file', async () => {
    const { tail, at } = await tailing(['*.log'], { partialLine: '1h' })
    fs.writeFileSync(at('app.log'), 'one\nlast words')
    await tail.settle()
    fs.renameSync(at('app.log'), at('app.log.1'))
    fs.writeFileSync(at('app.log'), 'two\n')
    await tail.settle()
    await tail.settle()
    await tail.settle()
    expect(tail.values).toEqual(['one', 'last words', 'two'])
  })

  it('reads what was written last to a file that moved out of sight while open', async () => {
    const { tail, at, directory } = await tailing(['*.log'])
    fs.mkdirSync(at('archive'))
    fs.writeFileSync(at('app.log'), lines(1, 1))
    await tail.settle()
    fs.appendFileSync(at('app.log'), lines(2, 2))
    fs.renameSync(at('app.log'), path.join(directory, 'archive', 'app.log.1'))
    await tail.settle()
    expect(tail.values).toEqual(values(1, 2))
    for (let minute = 0; minute < 3; minute++) await tail.settle(60_000)
    expect([...tail.writer.state.keys()]).toEqual(['started'])
  })
})

describe('truncation', () => {
  it('drains the copy and goes on in the truncated file, inside the globs and outside', async () => {
    for (const include of ['*.log', '*.log*']) {
      const { tail, at } = await tailing([include])
      fs.writeFileSync(at('app.log'), lines(1, 2))
      await tail.settle()
      fs.appendFileSync(at('app.log'), lines(3, 4))
      copyTruncate(at('app.log'), at('app.log.1'))
      fs.appendFileSync(at('app.log'), lines(5, 6))
      await tail.settle()
      await tail.settle()
      expect(tail.values).toEqual(values(1, 6))
    }
  })

  it('sees a truncation though the file grew beyond the position again', async () => {
    const { tail, at } = await tailing(['*.log'])
    fs.writeFileSync(at('app.log'), lines(1, 2))
    await tail.settle()
    copyTruncate(at('app.log'), at('app.log.1'))
    fs.appendFileSync(at('app.log'), lines(3, 30))
    await tail.settle()
    await tail.settle()
    expect(tail.values).toEqual(values(1, 30))
  })

  it('sees a truncation though the bytes before the position are the same again', async () => {
    const { tail, at } = await tailing(['*.log'])
    const dotted = (from: number, to: number): string =>
      lines(from, to)
        .split('\n')
        .map((line) => line && line.padEnd(100, '.'))
        .join('\n')
    fs.writeFileSync(at('app.log'), dotted(1, 20))
    await tail.settle()
    copyTruncate(at('app.log'), at('app.log.1'))
    fs.appendFileSync(at('app.log'), dotted(21, 50))
    await tail.settle()
    await tail.settle()
    expect(tail.values).toEqual(dotted(1, 50).trimEnd().split('\n'))
  })

  it('is the same while nobody runs', async () => {
    for (const grownTo of [5, 30]) {
      const { tail, at } = await tailing(['*.log*'])
      fs.writeFileSync(at('app.log'), lines(1, 2))
      await tail.settle()
      await tail.stop()
      fs.appendFileSync(at('app.log'), lines(3, 4))
      copyTruncate(at('app.log'), at('app.log.1'))
      fs.appendFileSync(at('app.log'), lines(5, grownTo))
      await tail.restart()
      await tail.settle()
      await tail.settle()
      expect(tail.values).toEqual(values(1, grownTo))
    }
  })

  it('waits with a copy that is not finished, and does not repeat it', async () => {
    const { tail, at } = await tailing(['*.log*'])
    fs.writeFileSync(at('app.log'), lines(1, 400))
    await tail.settle()
    const content = fs.readFileSync(at('app.log'))
    fs.writeFileSync(at('app.log.1'), content.subarray(0, 2000))
    await tail.settle()
    fs.writeFileSync(at('app.log.1'), content)
    await tail.settle()
    fs.truncateSync(at('app.log'))
    await tail.settle()
    fs.appendFileSync(at('app.log'), lines(401, 402))
    await tail.settle()
    expect(tail.values).toEqual(values(1, 402))
  })

  it('finds a copy that one look misses, since its name was changed while names were listed', async () => {
    const directory = makeDirectory()
    const at = (name: string): string => path.join(directory, name)
    const missed = { name: '' }
    const list: typeof nodeFiles.list = async (of) => (await nodeFiles.list(of)).filter((name) => name !== missed.name)
    const tail = await Tail.start({ directory, settings: { include: ['*.log*'] }, files: { list } })
    fs.writeFileSync(at('app.log'), lines(1, 2))
    await tail.settle()
    fs.appendFileSync(at('app.log'), lines(3, 4))
    copyTruncate(at('app.log'), at('app.log.1'))
    fs.appendFileSync(at('app.log'), lines(5, 5))
    missed.name = 'app.log.1'
    await tail.settle()
    missed.name = ''
    // Between two looks, with both generations remembered.
    await tail.restart()
    await tail.settle()
    await tail.settle()
    expect(tail.values).toEqual(values(1, 5))
  })

  it('takes nothing twice of a copy that lacks the last lines', async () => {
    const { tail, at } = await tailing(['*.log*'])
    fs.writeFileSync(at('app.log'), lines(1, 400))
    await tail.settle()
    fs.copyFileSync(at('app.log'), at('app.log.1'))
    fs.appendFileSync(at('app.log'), lines(401, 401))
    await tail.settle()
    fs.truncateSync(at('app.log'))
    fs.appendFileSync(at('app.log'), lines(402, 402))
    await tail.settle()
    await tail.settle()
    expect(tail.values).toEqual(values(1, 402))
  })

  it('reads a copy that somebody keeps as a file of its own, once it is clear that nothing is truncated', async () => {
    const { tail, at } = await tailing(['*.log*'])
    fs.writeFileSync(at('app.log'), lines(1, 2))
    await tail.settle()
    fs.copyFileSync(at('app.log'), at('app.log.backup'))
    await tail.settle()
    expect(tail.values).toEqual(values(1, 2))
    await tail.settle(6000)
    expect(tail.writer.committed.slice(2).map(({ key }) => key)).toEqual([at('app.log.backup'), at('app.log.backup')])
  })

  it('counts and names what vanished unread when there is no copy', async () => {
    const { tail, at } = await tailing(['*.log'])
    fs.writeFileSync(at('app.log'), lines(1, 2))
    await tail.settle()
    fs.appendFileSync(at('app.log'), 'unfinished')
    await tail.settle()
    fs.truncateSync(at('app.log'))
    fs.appendFileSync(at('app.log'), lines(3, 3))
    await tail.settle()
    await tail.settle()
    expect(tail.values).toEqual(values(1, 3))
    expect(tail.counts.get('tailrace_file_lost_bytes_total')).toBe(10)
    expect(tail.codes).toContain('file_lost')
    expect(tail.said.some(({ fields }) => fields['path'] === at('app.log'))).toBe(true)
  })

  it('reads a file anew that was emptied and written again', async () => {
    const { tail, at } = await tailing(['*.log'])
    fs.writeFileSync(at('app.log'), lines(1, 3))
    await tail.settle()
    fs.writeFileSync(at('app.log'), lines(4, 4))
    await tail.settle()
    await tail.settle()
    expect(tail.values).toEqual(values(1, 4))
    expect(tail.counts.get('tailrace_file_lost_bytes_total')).toBeUndefined()
  })
})

describe('deletion', () => {
  it('reads a deleted file to its end through its descriptor', async () => {
    const { tail, at } = await tailing(['*.log'])
    fs.writeFileSync(at('app.log'), lines(1, 1))
    await tail.settle()
    fs.appendFileSync(at('app.log'), lines(2, 2))
    fs.unlinkSync(at('app.log'))
    await tail.settle()
    expect(tail.values).toEqual(values(1, 2))
  })

  it('reads a file anew that was deleted and made again, whether its inode is the same or not', async () => {
    for (let attempt = 0; attempt < 20; attempt++) {
      const { tail, at } = await tailing(['*.log'], { partialLine: '1s' })
      fs.writeFileSync(at('app.log'), lines(1, 2))
      await tail.settle()
      await tail.stop()
      fs.unlinkSync(at('app.log'))
      fs.writeFileSync(at('app.log'), lines(3, 9))
      await tail.restart()
      await tail.settle()
      await tail.settle()
      expect(tail.values).toEqual(values(1, 9))
    }
  })

  it('forgets what is gone, after a while', async () => {
    const { tail, at } = await tailing(['*.log'])
    fs.writeFileSync(at('app.log'), lines(1, 1))
    await tail.settle()
    expect([...tail.writer.state.keys()].filter((key) => key.startsWith('file/'))).toHaveLength(1)
    fs.unlinkSync(at('app.log'))
    for (let minute = 0; minute < 3; minute++) await tail.settle(60_000)
    expect([...tail.writer.state.keys()]).toEqual(['started'])
    expect(tail.counts.get('tailrace_file_lost_bytes_total')).toBeUndefined()
  })

  it('counts and names what vanished unread while nobody ran', async () => {
    const { tail, at } = await tailing(['*.log'])
    fs.writeFileSync(at('app.log'), lines(1, 3))
    tail.writer.capacity = 2
    tail.clock.move(1000)
    await tail.readOnce()
    await tail.commit()
    await tail.stop()
    fs.unlinkSync(at('app.log'))
    await tail.restart()
    for (let minute = 0; minute < 3; minute++) await tail.settle(60_000)
    expect(tail.values).toEqual(values(1, 2))
    expect(tail.codes).toEqual(['file_lost'])
    expect(tail.counts.get('tailrace_file_lost_bytes_total')).toBe(7)
  })
})

describe('compressed files', () => {
  it('reads a compressed file once', async () => {
    const { tail, at } = await tailing(['*.gz'])
    fs.writeFileSync(at('old.gz'), zlib.gzipSync(lines(1, 50_000)))
    await tail.settle()
    await tail.settle()
    await tail.restart()
    await tail.settle()
    expect(tail.values).toEqual(values(1, 50_000))
  })

  it('goes on inside after a restart', async () => {
    const { tail, at } = await tailing(['*.gz'])
    fs.writeFileSync(at('old.gz'), zlib.gzipSync(lines(1, 200_000)))
    tail.clock.move(1000)
    await tail.readOnce()
    await tail.readOnce()
    await tail.commit()
    expect(tail.values.length).toBeGreaterThan(0)
    expect(tail.values.length).toBeLessThan(200_000)
    await tail.restart()
    await tail.settle()
    expect(tail.values).toEqual(values(1, 200_000))
  })

  it.each([
    { when: 'after it was read whole', unread: 0 },
    { when: 'before the last of it was read', unread: 5 },
  ])('repeats nothing of a rotated file that was compressed $when', async ({ unread }) => {
    for (const include of [['*.log', '*.log.*'], ['*.log']]) {
      const { tail, at } = await tailing(include)
      fs.writeFileSync(at('app.log'), lines(1, 200))
      await tail.settle()
      await tail.stop()
      if (unread > 0) fs.appendFileSync(at('app.log'), lines(201, 200 + unread))
      fs.writeFileSync(at('app.log.1.gz'), zlib.gzipSync(fs.readFileSync(at('app.log'))))
      fs.unlinkSync(at('app.log'))
      fs.writeFileSync(at('app.log'), lines(900, 901))
      await tail.restart()
      await tail.settle()
      await tail.settle()
      expect(tail.values).toEqual([...values(1, 200 + unread), ...values(900, 901)])
      expect(tail.writer.committed.every(({ key }) => key === at('app.log'))).toBe(true)
    }
  })

  it('waits for gzip to finish beside the original', async () => {
    const { tail, at } = await tailing(['*.log*'])
    fs.writeFileSync(at('app.log'), lines(1, 2000))
    await tail.settle()
    fs.renameSync(at('app.log'), at('app.log.1'))
    await tail.settle()
    const whole = zlib.gzipSync(fs.readFileSync(at('app.log.1')))
    fs.writeFileSync(at('app.log.1.gz'), whole.subarray(0, whole.length >> 1))
    await tail.settle(7000)
    await tail.settle(7000)
    fs.writeFileSync(at('app.log.1.gz'), whole)
    await tail.settle()
    fs.unlinkSync(at('app.log.1'))
    for (let minute = 0; minute < 3; minute++) await tail.settle(60_000)
    expect(tail.values).toEqual(values(1, 2000))
    expect(tail.codes).toEqual([])
  })

  it('reads what is intact of a damaged file and says so', async () => {
    const { tail, at } = await tailing(['*.gz'])
    const whole = zlib.gzipSync(lines(1, 20_000))
    fs.writeFileSync(at('cut.gz'), whole.subarray(0, whole.length - 1000))
    await tail.settle()
    await tail.settle(6000)
    expect(tail.values.slice(0, 1000)).toEqual(values(1, 1000))
    expect(tail.codes).toEqual(['file_gzip_damaged'])
    const count = tail.values.length
    await tail.restart()
    await tail.settle()
    await tail.settle(6000)
    expect(tail.values).toHaveLength(count)
  })
})
