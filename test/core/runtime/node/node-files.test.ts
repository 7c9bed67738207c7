import fs from 'node:fs'
import { chmod, mkdtemp, realpath, rm, stat, symlink } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nodeFiles } from '../../../../core/runtime/node/node-files.js'
import { filesContract } from '../files.contract.js'

async function temporaryDirectory(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'tailrace-files-')))
}

filesContract('the real disk', async () => {
  const directory = await temporaryDirectory()
  return {
    files: nodeFiles,
    directory,
    drive: (work) => work(),
    dispose: () => rm(directory, { recursive: true }),
  }
})

/** The arguments of readSync and writeSync: descriptor, bytes, where in them, how many, where in the file. */
type Transfer = [number, Buffer, number, number, number]

describe('the real disk', () => {
  let directory: string
  beforeEach(async () => {
    directory = await temporaryDirectory()
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('makes files with mode 0600 and directories with mode 0700', async () => {
    await nodeFiles.makeDirectory(join(directory, 'x/y'))
    await nodeFiles.replace(join(directory, 'x/y/f'), Buffer.from('f'))
    const modes = await Promise.all(['x', 'x/y', 'x/y/f'].map(async (name) => (await stat(join(directory, name))).mode))
    expect(modes.map((mode) => (mode & 0o777).toString(8))).toEqual(['700', '700', '600'])
  })

  it('follows symbolic links in stat and not in statLink', async () => {
    await nodeFiles.replace(join(directory, 'f'), Buffer.from('f'))
    await symlink('f', join(directory, 'to-f'))
    await symlink('nowhere', join(directory, 'to-nothing'))
    expect(await nodeFiles.stat(join(directory, 'to-f'))).toMatchObject({ kind: 'file' })
    expect(await nodeFiles.statLink(join(directory, 'to-f'))).toMatchObject({ kind: 'link' })
    expect(await nodeFiles.realPath(join(directory, 'to-f'))).toBe(join(directory, 'f'))
    expect(await nodeFiles.stat(join(directory, 'to-nothing'))).toBeUndefined()
    expect(await nodeFiles.statLink(join(directory, 'to-nothing'))).toMatchObject({ kind: 'link' })
  })

  it('opens a named pipe that nobody writes to without waiting, and says what it is', async () => {
    execFileSync('mkfifo', [join(directory, 'pipe')])
    const pipe = await nodeFiles.open(join(directory, 'pipe'), 'read')
    expect(await pipe.stat()).toMatchObject({ kind: 'other' })
    await pipe.close()
  })

  it.skipIf(process.getuid?.() === 0)('says that access is refused', async () => {
    await nodeFiles.replace(join(directory, 'f'), Buffer.from('f'))
    await chmod(join(directory, 'f'), 0)
    await expect(nodeFiles.open(join(directory, 'f'), 'read')).rejects.toMatchObject({ code: 'denied' })
  })

  it('takes a device without room for a full disk', async () => {
    const full = await nodeFiles.open('/dev/full', 'write')
    await expect(full.write(Buffer.from('x'), 0)).rejects.toMatchObject({
      code: 'disk_full',
      retry: 'timed',
      message: 'cannot write /dev/full: no space left on device (ENOSPC)',
    })
    expect(() => full.writevSync([Buffer.from('x')], 0)).toThrow(expect.objectContaining({ code: 'disk_full' }))
    await full.close()
  })

  it('goes on after short counts and interruptions until all is through', async () => {
    const file = await nodeFiles.open(join(directory, 'f'), 'create')
    const { readSync, writeSync, writevSync } = fs
    let calls = 0
    const interrupt = () => {
      calls++
      if (calls % 3 === 0) throw Object.assign(new Error('interrupted'), { code: 'EINTR' })
    }
    vi.spyOn(fs, 'writevSync').mockImplementation((descriptor, parts, position) => {
      interrupt()
      const whole = Buffer.concat(parts as Buffer[])
      return writeSync(descriptor, whole, 0, Math.min(5, whole.length), position)
    })
    vi.spyOn(fs, 'writeSync').mockImplementation(((...[descriptor, bytes, at, length, position]: Transfer) => {
      interrupt()
      return writevSync(descriptor, [bytes.subarray(at, at + Math.min(2, length))], position)
    }) as typeof fs.writeSync)
    vi.spyOn(fs, 'readSync').mockImplementation(((...[descriptor, bytes, at, length, position]: Transfer) => {
      interrupt()
      return readSync(descriptor, bytes, at, Math.min(3, length), position)
    }) as typeof fs.readSync)
    try {
      file.writevSync(
        ['one', '', 'two and', ' ', 'three'].map((text) => Buffer.from(text)),
        0,
      )
      file.writeSync(Buffer.from('; four'), 16)
      const into = Buffer.alloc(30)
      expect(file.readSync(into, 1, 29, 0)).toBe(22)
      expect(into.toString('latin1', 1, 23)).toBe('onetwo and three; four')
    } finally {
      vi.restoreAllMocks()
      await file.close()
    }
    expect(calls).toBeGreaterThan(15)
  })

  it('gives up on a file that never gets anywhere', async () => {
    const file = await nodeFiles.open(join(directory, 'f'), 'create')
    try {
      const again = vi.spyOn(fs, 'writevSync').mockImplementation(() => {
        throw Object.assign(new Error('again'), { code: 'EAGAIN' })
      })
      expect(() => file.writevSync([Buffer.from('x')], 0)).toThrow(expect.objectContaining({ code: 'io_failed' }))
      again.mockImplementation(() => 0)
      expect(() => file.writevSync([Buffer.from('x')], 0)).toThrow('the system took 0 of 1 bytes and no more')
    } finally {
      vi.restoreAllMocks()
      await file.close()
    }
  })
})
