import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SpoolFile } from '../../../core/connector/spool.js'
import { clearSpools, DirectorySpool, spoolDirectory } from '../../../core/pipeline/spool.js'
import { runtimeErrors } from '../../../core/runtime/errors.js'
import type { Files } from '../../../core/runtime/files.js'
import { nodeFiles } from '../../../core/runtime/node/node-files.js'

const mebibyte = 1024 * 1024

let dataDirectory: string
let directory: string

beforeEach(() => {
  dataDirectory = fs.mkdtempSync(path.join(os.tmpdir(), 'tailrace-spool-'))
  directory = spoolDirectory(dataDirectory, 'shop', 'orders')
})

afterEach(() => fs.rmSync(dataDirectory, { recursive: true, force: true }))

const open = (quotaBytes = 10 * mebibyte, files: Files = nodeFiles): Promise<DirectorySpool> =>
  DirectorySpool.open({ files, directory }, quotaBytes)

async function contentOf(file: SpoolFile): Promise<string> {
  const bytes = Buffer.alloc(file.sizeBytes + 10)
  const count = await file.read(bytes, 0, bytes.length, 0)
  return bytes.toString('latin1', 0, count)
}

const step = fc.oneof(
  fc.record({
    what: fc.constant('append' as const),
    file: fc.nat({ max: 2 }),
    text: fc.string({ unit: 'binary-ascii' }),
  }),
  fc.record({
    what: fc.constant('truncate' as const),
    file: fc.nat({ max: 2 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
)

describe('a spool', () => {
  it('gives back what was put into its files', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const spool = await open()
        const files = [await spool.create('a'), await spool.create('a'), await spool.create('b')]
        const model = ['', '', '']
        for (const made of steps) {
          const file = files[made.file]!
          if (made.what === 'append') {
            await file.append(Buffer.from(made.text, 'latin1'))
            model[made.file] += made.text
          } else {
            const size = Math.floor(model[made.file]!.length * made.part)
            await file.truncate(size)
            model[made.file] = model[made.file]!.slice(0, size)
          }
        }
        for (const [index, file] of files.entries()) expect(await contentOf(file)).toBe(model[index])
        expect(spool.sizeBytes).toBe(model.join('').length)
        await spool.close()
      }),
      { numRuns: 25 },
    )
  })

  it('keeps its files from others, and names them after what they hold', async () => {
    const spool = await open()
    await spool.create('transaction-7/../x')
    const [name] = fs.readdirSync(directory)
    expect(name).toBe('1-transaction-7____x')
    expect(fs.statSync(path.join(directory, name!)).mode & 0o777).toBe(0o600)
    await spool.close()
  })

  it('refuses what exceeds its quota, which what was removed or cut gives back', async () => {
    const spool = await open(1_000)
    const first = await spool.create('a')
    const second = await spool.create('b')
    await first.append(Buffer.alloc(900))
    await expect(second.append(Buffer.alloc(101))).rejects.toMatchObject({ code: 'spool_full', retry: 'timed' })
    await first.truncate(800)
    await second.append(Buffer.alloc(200))
    await first.remove()
    await first.remove()
    await second.append(Buffer.alloc(800))
    expect(spool.sizeBytes).toBe(1_000)
    await spool.close()
  })

  it('leaves the last of the disk to the log', async () => {
    const files: Files = { ...nodeFiles, freeBytes: () => Promise.resolve(257 * mebibyte) }
    const spool = await open(10 * mebibyte, files)
    const file = await spool.create('a')
    await file.append(Buffer.alloc(mebibyte))
    await expect(file.append(Buffer.alloc(mebibyte + 1))).rejects.toMatchObject({ code: 'disk_full', retry: 'timed' })
    await spool.close()
  })

  it('leaves a file as it was when a write fails', async () => {
    let isFull = false
    const full = runtimeErrors.make('disk_full', 'no space left')
    const files: Files = {
      ...nodeFiles,
      async open(...place) {
        const file = await nodeFiles.open(...place)
        const write = file.write.bind(file)
        file.write = async (bytes, position) => {
          await write(isFull ? bytes.subarray(0, 2) : bytes, position)
          if (isFull) throw full
        }
        return file
      },
    }
    const spool = await open(mebibyte, files)
    const file = await spool.create('a')
    await file.append(Buffer.from('one'))
    isFull = true
    await expect(file.append(Buffer.from('lost'))).rejects.toBe(full)
    isFull = false
    expect(await contentOf(file)).toBe('one')
    await file.append(Buffer.from('!'))
    expect(await contentOf(file)).toBe('one!')
    expect(spool.sizeBytes).toBe(4)
    await spool.close()
  })

  it('is gone when it is closed, and begins empty after a crash', async () => {
    const crashed = await open()
    await (await crashed.create('left')).append(Buffer.from('x'))
    const spool = await open()
    expect(fs.readdirSync(directory)).toEqual([])
    await spool.create('a')
    await spool.close()
    expect(fs.existsSync(directory)).toBe(false)
  })

  it('of an edge that no longer exists is removed as well', async () => {
    await clearSpools(nodeFiles, dataDirectory)
    const crashed = await open()
    await crashed.create('left')
    await clearSpools(nodeFiles, dataDirectory)
    expect(fs.readdirSync(path.join(dataDirectory, 'spool'))).toEqual([])
  })
})
