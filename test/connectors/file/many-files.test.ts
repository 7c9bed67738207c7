import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { runtimeErrors } from '../../../core/runtime/errors.js'
import { nodeFiles } from '../../../core/runtime/node/node-files.js'
import { makeDirectory, Tail, type TestRecord } from './kit.js'

function byKey(records: readonly TestRecord[]): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const { key, value } of records) values.set(key, [...(values.get(key) ?? []), value])
  return values
}

/** Counts what is open, and refuses beyond a limit as the system does. */
function counted(limit: number): { files: Partial<typeof nodeFiles>; most: () => number } {
  let open = 0
  let most = 0
  const openSync: typeof nodeFiles.openSync = (at, mode) => {
    if (open >= limit) throw runtimeErrors.make('too_many_files', `cannot open ${at}: too many open files (EMFILE)`)
    const file = nodeFiles.openSync(at, mode)
    open++
    most = Math.max(most, open)
    return new Proxy(file, {
      get(target, name) {
        if (name === 'closeSync') {
          return () => {
            open--
            target.closeSync()
          }
        }
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value
      },
    })
  }
  return { files: { openSync }, most: () => most }
}

describe('many files', () => {
  it('reads ten thousand with 64 descriptors, each whole and in order', async () => {
    const directory = makeDirectory()
    const fileCount = 10_000
    const paths = Array.from({ length: fileCount }, (_, index) =>
      path.join(directory, `d${index % 100}`, `${index}.log`),
    )
    for (let index = 0; index < 100; index++) fs.mkdirSync(path.join(directory, `d${index}`))
    for (const [index, at] of paths.entries()) fs.writeFileSync(at, `${index} a\n${index} b\n`)
    const { files, most } = counted(64)
    const tail = await Tail.start({ directory, settings: { include: ['**/*.log'] }, openFiles: 64, files })
    await tail.settle()
    for (const [index, at] of paths.entries()) if (index % 3 === 0) fs.appendFileSync(at, `${index} c\n`)
    await tail.settle(60_000)
    const values = byKey(tail.writer.committed)
    expect(values.size).toBe(fileCount)
    for (const [index, at] of paths.entries()) {
      const expected = [`${index} a`, `${index} b`, ...(index % 3 === 0 ? [`${index} c`] : [])]
      expect(values.get(at)).toEqual(expected)
    }
    expect(most()).toBeLessThanOrEqual(64)
    await tail.stop()
  })

  it('goes on with fewer open files when the system grants fewer, and says so once', async () => {
    const directory = makeDirectory()
    for (let index = 0; index < 50; index++) fs.writeFileSync(path.join(directory, `${index}.log`), `${index}\n`)
    const { files } = counted(8)
    const tail = await Tail.start({ directory, settings: { include: ['*.log'] }, openFiles: 40, files })
    await tail.settle()
    await tail.settle()
    expect(new Set(tail.values).size).toBe(50)
    expect(tail.codes).toEqual(['file_descriptors_short'])
    await tail.stop()
  })

  it('gives every file its turn though one of them has far more to read', async () => {
    const directory = makeDirectory()
    fs.writeFileSync(path.join(directory, 'big.log'), `${'x'.repeat(99)}\n`.repeat(200_000))
    for (let index = 0; index < 5; index++) fs.writeFileSync(path.join(directory, `small${index}.log`), 'small\n')
    const tail = await Tail.start({ directory, settings: { include: ['*.log'] } })
    tail.writer.capacity = 20_000
    tail.clock.move(1000)
    await tail.readOnce()
    await tail.commit()
    await tail.readOnce()
    await tail.commit()
    expect(tail.values.filter((value) => value === 'small')).toHaveLength(5)
    expect(tail.values.length).toBeLessThan(200_000)
    await tail.stop()
  })

  it('removes files that are done with only when all of their records are durable', async () => {
    const directory = makeDirectory()
    const log = path.join(directory, 'a.log')
    const tail = await Tail.start({ directory, settings: { include: ['*.log'], deleteAfter: '1h' } })
    fs.writeFileSync(log, 'one\ntwo\n')
    tail.writer.capacity = 1
    tail.clock.move(2 * 3600_000)
    await tail.readOnce()
    await tail.commit()
    tail.clock.move(2000)
    await tail.readOnce()
    expect(fs.existsSync(log)).toBe(true)
    await tail.commit()
    await tail.settle()
    await tail.settle()
    expect(fs.existsSync(log)).toBe(false)
    expect(tail.values).toEqual(['one', 'two'])
    for (let minute = 0; minute < 3; minute++) await tail.settle(60_000)
    expect([...tail.writer.state.keys()]).toEqual(['started'])
    expect(tail.codes).toEqual([])
  })
})
