import { execFileSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { DirectoryWatcher, type WatchLibrary } from '../../../connectors/file/directory-watcher.js'
import { runtimeErrors } from '../../../core/runtime/errors.js'
import { nodeFiles } from '../../../core/runtime/node/node-files.js'
import { makeDirectory, Tail } from './kit.js'

function write(...parts: string[]): string {
  const text = parts.pop()!
  const file = path.join(...parts)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, text)
  return file
}

describe('looking at directories', () => {
  it('finds files at any depth, also in directories that appear later', async () => {
    const directory = makeDirectory()
    const tail = await Tail.start({ directory, settings: { include: ['logs/**/*.log'] } })
    await tail.settle()
    write(directory, 'logs', 'a.log', 'one\n')
    await tail.settle()
    write(directory, 'logs', 'x', 'y', 'b.log', 'two\n')
    await tail.settle()
    expect(tail.values).toEqual(['one', 'two'])
  })

  it('does not enter an excluded directory', async () => {
    const directory = makeDirectory()
    const listed: string[] = []
    write(directory, 'archive', 'a.log', 'no\n')
    write(directory, 'b.log', 'yes\n')
    const list = (at: string): Promise<readonly string[]> => {
      listed.push(path.relative(directory, at))
      return nodeFiles.list(at)
    }
    const settings = { include: ['**/*.log'], exclude: ['archive'] }
    const tail = await Tail.start({ directory, settings, files: { list } })
    await tail.settle()
    expect(tail.values).toEqual(['yes'])
    expect(listed).not.toContain('archive')
  })

  it('follows links inside the root of an include, and others only when told to', async () => {
    const directory = makeDirectory()
    const outside = write(directory, 'outside', 'secret.txt', 'secret\n')
    const inside = write(directory, 'logs', 'deep', 'real.txt', 'inside\n')
    fs.symlinkSync(outside, path.join(directory, 'logs', 'out.log'))
    fs.symlinkSync(inside, path.join(directory, 'logs', 'in.log'))
    fs.symlinkSync(path.join(directory, 'outside'), path.join(directory, 'logs', 'dir'))
    fs.symlinkSync(path.join(directory, 'nowhere'), path.join(directory, 'logs', 'dangling.log'))
    const closed = await Tail.start({ directory, settings: { include: ['logs/*.log', 'logs/d*r/*.txt'] } })
    await closed.settle()
    expect(closed.values).toEqual(['inside'])
    expect(closed.writer.committed[0]?.key).toBe(path.join(directory, 'logs', 'in.log'))
    expect(closed.codes).toEqual(['file_link_outside', 'file_link_outside'])
    const open = await Tail.start({ directory, settings: { include: ['logs/*.log'], followOutside: true } })
    await open.settle()
    expect(open.values.toSorted()).toEqual(['inside', 'secret'])
  })

  it('does not open what a link was turned to after the look', async () => {
    const directory = makeDirectory()
    const secret = write(directory, 'outside', 'secret.txt', 'secret\n')
    const log = write(directory, 'logs', 'a.log', 'fine\n')
    const openSync: typeof nodeFiles.openSync = (at, mode) => {
      if (fs.lstatSync(log).isFile()) {
        fs.unlinkSync(log)
        fs.symlinkSync(secret, log)
      }
      return nodeFiles.openSync(at, mode)
    }
    const tail = await Tail.start({ directory, settings: { include: ['logs/*.log'] }, files: { openSync } })
    await tail.settle()
    await tail.settle()
    expect(tail.values).toEqual([])
  })

  it('ends in a directory that links to itself', async () => {
    const directory = makeDirectory()
    write(directory, 'logs', 'a.log', 'one\n')
    fs.symlinkSync(path.join(directory, 'logs'), path.join(directory, 'logs', 'again'))
    const tail = await Tail.start({ directory, settings: { include: ['logs/**/*.log'] } })
    await tail.settle()
    expect(tail.values).toEqual(['one'])
  })

  it('follows a link that a rotation turns to the next file', async () => {
    const directory = makeDirectory()
    const first = write(directory, 'pods', '0.log', 'one\n')
    fs.mkdirSync(path.join(directory, 'containers'))
    const link = path.join(directory, 'containers', 'app.log')
    fs.symlinkSync(first, link)
    const tail = await Tail.start({ directory, settings: { include: ['containers/*.log'], followOutside: true } })
    await tail.settle()
    fs.appendFileSync(first, 'two\n')
    fs.renameSync(first, `${first}.20261122`)
    write(directory, 'pods', '0.log', 'three\n')
    await tail.settle()
    expect(tail.values).toEqual(['one', 'two', 'three'])
  })

  it('passes over pipes and directories that match, with a reason, once', async () => {
    const directory = makeDirectory()
    execFileSync('mkfifo', [path.join(directory, 'pipe.log')])
    fs.mkdirSync(path.join(directory, 'dir.log'))
    write(directory, 'a.log', 'one\n')
    const tail = await Tail.start({ directory, settings: { include: ['*.log'] } })
    for (let turn = 0; turn < 3; turn++) await tail.settle()
    expect(tail.values).toEqual(['one'])
    expect(tail.codes).toEqual(['file_not_regular'])
  })

  it('goes on past a directory and a file without rights, says so, and reads them when it may', async () => {
    const directory = makeDirectory()
    write(directory, 'a.log', 'one\n')
    const denied = { directory: true, file: true }
    const refuse = (at: string): never => {
      throw runtimeErrors.make('denied', `cannot open ${at}: permission denied (EACCES)`)
    }
    write(directory, 'closed', 'b.log', 'two\n')
    write(directory, 'c.log', 'three\n')
    const tail = await Tail.start({
      directory,
      settings: { include: ['**/*.log'] },
      files: {
        list: async (at) => (denied.directory && at.endsWith('closed') ? refuse(at) : nodeFiles.list(at)),
        openSync: (at, mode) => (denied.file && at.endsWith('c.log') ? refuse(at) : nodeFiles.openSync(at, mode)),
      },
    })
    await tail.settle()
    await tail.settle()
    expect(tail.values).toEqual(['one'])
    expect(new Set(tail.codes)).toEqual(new Set(['file_directory_denied', 'file_unreadable']))
    expect(tail.codes).toHaveLength(2)
    denied.directory = false
    denied.file = false
    await tail.settle()
    expect(tail.values.toSorted()).toEqual(['one', 'three', 'two'])
  })

  it("never reads below the hub's own data directory", async () => {
    const directory = makeDirectory()
    write(directory, 'data', 'segments', 'x.log', 'own\n')
    write(directory, 'a.log', 'one\n')
    fs.symlinkSync(path.join(directory, 'data', 'segments', 'x.log'), path.join(directory, 'b.log'))
    const dataDirectory = path.join(directory, 'data')
    const tail = await Tail.start({ directory, dataDirectory, settings: { include: ['**/*.log'] } })
    await tail.settle()
    expect(tail.values).toEqual(['one'])
    expect(tail.codes).toEqual(['file_in_data_directory', 'file_in_data_directory'])
  })
})

class FakeLibrary extends EventEmitter implements WatchLibrary {
  readonly added: string[] = []
  readonly unwatched: string[] = []
  add(paths: readonly string[]): void {
    this.added.push(...paths)
  }
  unwatch(paths: readonly string[]): void {
    this.unwatched.push(...paths)
  }
  close(): Promise<void> {
    return Promise.resolve()
  }
}

function directories(...paths: readonly string[]): Map<string, { inode: string; nameCount: number }> {
  return new Map(paths.map((one) => [one, { inode: `inode of ${one}`, nameCount: 1 }]))
}

describe('watching directories', () => {
  it('leaves a directory to the looks when the system has no room, and says so', async () => {
    const library = new FakeLibrary()
    const exhausted = vi.fn()
    const watcher = new DirectoryWatcher({ hint: () => undefined, exhausted }, () => Promise.resolve(library))
    await watcher.watch(directories('/a', '/b'))
    const failure = Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), { path: '/b' })
    library.emit('error', failure)
    expect(exhausted.mock.calls[0]?.[0]).toMatchObject({ code: 'file_watch_exhausted', retry: 'manual' })
    await watcher.watch(directories('/a', '/b'))
    expect(watcher.polledCount).toBe(1)
    expect(library.added).toEqual(['/a', '/b'])
  })

  it('watches anew a directory that was made again, and lets go of one that is gone', async () => {
    const library = new FakeLibrary()
    const watcher = new DirectoryWatcher({ hint: () => undefined, exhausted: () => undefined }, () =>
      Promise.resolve(library),
    )
    await watcher.watch(directories('/a', '/b'))
    await watcher.watch(new Map([['/a', { inode: 'another', nameCount: 1 }]]))
    expect(library.added).toEqual(['/a', '/b', '/a'])
    expect(library.unwatched.toSorted()).toEqual(['/a', '/b'])
  })

  it('hints at a write and at a new file, through the real library', async () => {
    const directory = makeDirectory()
    const log = write(directory, 'a.log', 'one\n')
    const hinted = new Map<string, () => void>()
    const waitFor = (at: string): Promise<void> => new Promise((resolve) => hinted.set(at, resolve))
    const watcher = new DirectoryWatcher({
      hint: (at) => hinted.get(at ?? '')?.(),
      exhausted: (error) => expect.fail(error.message),
    })
    try {
      const stat = fs.statSync(directory)
      await watcher.watch(new Map([[directory, { inode: String(stat.ino), nameCount: 1 }]]))
      const grown = waitFor(log)
      // The watch stands a moment after it was asked for: write until it is seen.
      const writing = setInterval(() => fs.appendFileSync(log, 'x\n'), 20)
      await grown
      clearInterval(writing)
      const created = waitFor(path.join(directory, 'b.log'))
      write(directory, 'b.log', 'two\n')
      await created
    } finally {
      await watcher.close()
    }
  })
})
