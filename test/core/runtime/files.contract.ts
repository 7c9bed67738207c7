// What every implementation of Files does, whatever disk stands behind it.

import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Files } from '../../../core/runtime/files.js'

export interface FilesUnderTest {
  readonly files: Files
  /** An empty directory that exists. */
  readonly directory: string
  /** Lets pending operations of the implementation go on until the work is settled. */
  drive<T>(work: () => Promise<T>): Promise<T>
  dispose(): Promise<void>
}

/** Runs the suite; `make` is called for each test. */
export function filesContract(name: string, make: () => Promise<FilesUnderTest>): void {
  describe(`files of ${name}`, () => {
    let under: FilesUnderTest
    const at = (name: string) => join(under.directory, name)
    const drive = <T>(work: (files: Files) => Promise<T>) => under.drive(() => work(under.files))
    beforeEach(async () => {
      under = await make()
    })
    afterEach(() => under.dispose())

    it('reads back what was written, synchronously and not', () =>
      drive(async (files) => {
        const file = await files.open(at('a'), 'create-new')
        await file.write(Buffer.from('hello '), 0)
        file.writeSync(Buffer.from('world'), 6)
        const into = Buffer.alloc(20, '.')
        expect(await file.read(into, 2, 11, 0)).toBe(11)
        expect(into.toString()).toBe('..hello world.......')
        expect(file.readSync(into, 0, 3, 4)).toBe(3)
        expect(into.toString('latin1', 0, 3)).toBe('o w')
        await file.close()
      }))

    it('gives fewer bytes than asked for only at the end of the file', () =>
      drive(async (files) => {
        const file = await files.open(at('a'), 'create')
        file.writeSync(Buffer.from('abc'), 0)
        expect(file.readSync(Buffer.alloc(9), 0, 9, 1)).toBe(2)
        expect(await file.read(Buffer.alloc(9), 0, 9, 3)).toBe(0)
        expect(file.readSync(Buffer.alloc(9), 0, 9, 100)).toBe(0)
        file.closeSync()
      }))

    it('writes all parts of a vector, more than one system call takes, one behind the other', () =>
      drive(async (files) => {
        const parts = Array.from({ length: 2500 }, (_, index) => Buffer.from(`${index},`))
        const file = await files.open(at('a'), 'create')
        file.writeSync(Buffer.from('##'), 0)
        file.writevSync(parts, 2)
        file.writevSync([], 5)
        await file.close()
        expect((await files.readAll(at('a'))).equals(Buffer.concat([Buffer.from('##'), ...parts]))).toBe(true)
      }))

    it('keeps bytes that the caller changes after a synchronous write', () =>
      drive(async (files) => {
        const file = await files.open(at('a'), 'create')
        const bytes = Buffer.from('before')
        file.writeSync(bytes, 0)
        bytes.fill('x')
        await file.close()
        expect((await files.readAll(at('a'))).toString()).toBe('before')
      }))

    it('fills the hole between the end of a file and a write behind it with zeros', () =>
      drive(async (files) => {
        const file = await files.open(at('a'), 'create')
        file.writeSync(Buffer.from('ab'), 0)
        file.writeSync(Buffer.from('z'), 5)
        expect(file.sizeSync()).toBe(6)
        await file.close()
        expect([...(await files.readAll(at('a')))]).toEqual([97, 98, 0, 0, 0, 122])
      }))

    it('cuts a file, and fills with zeros what a later growth brings back', () =>
      drive(async (files) => {
        const file = await files.open(at('a'), 'create')
        file.writeSync(Buffer.from('abcdef'), 0)
        await file.truncate(2)
        file.truncateSync(4)
        await file.datasync()
        expect((await file.stat()).bytes).toBe(4)
        await file.close()
        expect([...(await files.readAll(at('a')))]).toEqual([97, 98, 0, 0])
      }))

    it('opens by mode: missing and existing files', () =>
      drive(async (files) => {
        await expect(files.open(at('a'), 'read')).rejects.toMatchObject({ code: 'not_found' })
        await expect(files.open(at('a'), 'write')).rejects.toMatchObject({
          code: 'not_found',
          details: { errno: 'ENOENT' },
        })
        expect(() => files.openSync(at('a'), 'read')).toThrow(expect.objectContaining({ code: 'not_found' }))
        const made = files.openSync(at('a'), 'create')
        made.writeSync(Buffer.from('kept'), 0)
        made.closeSync()
        await expect(files.open(at('a'), 'create-new')).rejects.toMatchObject({ code: 'already_exists' })
        const again = await files.open(at('a'), 'create')
        expect(again.sizeSync()).toBe(4)
        await again.close()
        await expect(files.open(at('no/a'), 'create')).rejects.toMatchObject({ code: 'not_found' })
      }))

    it('names operation, path and errno when something fails', () =>
      drive(async (files) => {
        const failure = await files.open(at('missing'), 'read').catch((error: Error) => error)
        expect(failure).toMatchObject({
          message: `cannot open ${at('missing')}: no such file or directory (ENOENT)`,
          details: { errno: 'ENOENT', path: at('missing'), operation: 'open' },
        })
      }))

    it('refuses calls on a closed file and lets it be closed again', () =>
      drive(async (files) => {
        const file = await files.open(at('a'), 'create')
        await file.close()
        await file.close()
        file.closeSync()
        await expect(file.write(Buffer.from('a'), 0)).rejects.toMatchObject({ code: 'io_failed' })
        expect(() => file.writeSync(Buffer.from('a'), 0)).toThrow(expect.objectContaining({ code: 'io_failed' }))
        expect(() => file.sizeSync()).toThrow(expect.objectContaining({ code: 'io_failed' }))
      }))

    it('lets what is under way finish before an asynchronous close does', () =>
      drive(async (files) => {
        const file = await files.open(at('a'), 'create')
        const writing = file.write(Buffer.from('late'), 0)
        await file.close()
        await writing
        expect((await files.readAll(at('a'))).toString()).toBe('late')
      }))

    it('refuses a write to a file that was opened for reading', () =>
      drive(async (files) => {
        files.openSync(at('a'), 'create').closeSync()
        const file = await files.open(at('a'), 'read')
        expect(() => file.writeSync(Buffer.from('a'), 0)).toThrow(expect.objectContaining({ code: 'io_failed' }))
        await file.close()
      }))

    it('renames over what is there, and open files follow their name or stay without one', () =>
      drive(async (files) => {
        const first = await files.open(at('a'), 'create')
        const second = await files.open(at('b'), 'create')
        first.writeSync(Buffer.from('first'), 0)
        second.writeSync(Buffer.from('second'), 0)
        await files.rename(at('a'), at('b'))
        expect(await files.list(under.directory)).toEqual(['b'])
        expect((await files.readAll(at('b'))).toString()).toBe('first')
        expect((await second.stat()).links).toBe(0)
        expect(second.readSync(Buffer.alloc(6), 0, 6, 0)).toBe(6)
        expect((await first.stat()).inode).toBe((await files.stat(at('b')))?.inode)
        await expect(files.rename(at('a'), at('c'))).rejects.toMatchObject({ code: 'not_found' })
        await first.close()
        await second.close()
      }))

    it('keeps an unlinked file readable for those who have it open', () =>
      drive(async (files) => {
        const file = await files.open(at('a'), 'create')
        file.writeSync(Buffer.from('still here'), 0)
        await files.unlink(at('a'))
        expect(await files.stat(at('a'))).toBeUndefined()
        const into = Buffer.alloc(10)
        await file.read(into, 0, 10, 0)
        expect(into.toString()).toBe('still here')
        await file.close()
        await expect(files.unlink(at('a'))).rejects.toMatchObject({ code: 'not_found' })
      }))

    it('makes directories with their parents, lists them sorted and removes them when empty', () =>
      drive(async (files) => {
        await files.makeDirectory(at('x/y/z'))
        await files.makeDirectory(at('x/y'))
        for (const name of ['c', 'a', 'B']) files.openSync(at(`x/y/${name}`), 'create').closeSync()
        expect(await files.list(at('x/y'))).toEqual(['B', 'a', 'c', 'z'])
        expect(await files.stat(at('x/y'))).toMatchObject({ kind: 'directory' })
        await expect(files.removeDirectory(at('x/y'))).rejects.toMatchObject({ code: 'already_exists' })
        await files.removeDirectory(at('x/y/z'))
        await expect(files.list(at('x/y/z'))).rejects.toMatchObject({ code: 'not_found' })
        await expect(files.makeDirectory(at('x/y/a'))).rejects.toMatchObject({ code: 'already_exists' })
      }))

    it('moves a directory with all that is in it', () =>
      drive(async (files) => {
        await files.makeDirectory(at('old/sub'))
        files.openSync(at('old/sub/f'), 'create').closeSync()
        await files.rename(at('old'), at('new'))
        expect(await files.list(at('new/sub'))).toEqual(['f'])
        expect(await files.stat(at('old'))).toBeUndefined()
        await files.syncDirectory(under.directory)
      }))

    it('describes files: kind, size, identity, names', () =>
      drive(async (files) => {
        const file = await files.open(at('a'), 'create')
        file.writeSync(Buffer.alloc(7), 0)
        const byName = await files.stat(at('a'))
        expect(byName).toMatchObject({ kind: 'file', bytes: 7, links: 1 })
        expect(await file.stat()).toEqual(byName)
        expect(await files.statLink(at('a'))).toEqual(byName)
        expect(await files.stat(at('a/below'))).toBeUndefined()
        expect(await files.realPath(join(under.directory, '.', 'a'))).toBe(at('a'))
        await file.close()
      }))

    it('replaces a file whole and leaves no temporary name', () =>
      drive(async (files) => {
        await files.replace(at('a'), Buffer.from('a long first content'))
        await files.replace(at('a'), Buffer.from('short'))
        expect((await files.readAll(at('a'))).toString()).toBe('short')
        expect(await files.list(under.directory)).toEqual(['a'])
      }))

    it('replaces over what an earlier replacement left behind', () =>
      drive(async (files) => {
        const leftover = await files.open(at('a.tmp'), 'create')
        leftover.writeSync(Buffer.from('left by a crash, and long'), 0)
        await leftover.close()
        await files.replace(at('a'), Buffer.from('new'))
        expect((await files.readAll(at('a'))).toString()).toBe('new')
        expect(await files.list(under.directory)).toEqual(['a'])
      }))

    it('tells how much room there is', () =>
      drive(async (files) => {
        expect(await files.freeBytes(under.directory)).toBeGreaterThan(0)
      }))
  })
}
