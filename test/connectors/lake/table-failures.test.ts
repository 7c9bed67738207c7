// Tables whose writes fail in the middle: no row is lost or doubled, and no refused record is forgotten.

import { describe, expect, it } from 'vitest'
import type { ConnectorState } from '../../../core/connector/context.js'
import type { SinkContext } from '../../../core/connector/sink.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { RecordCursor } from '../../../core/record/record-cursor.js'
import { prepareZstd } from '../../../core/record/zstd.js'
import type { Files } from '../../../core/runtime/files.js'
import { PlanSchemas } from '../../../connectors/lake/plan-schemas.js'
import { RecordRows } from '../../../connectors/lake/rows/record-rows.js'
import { SchemaBook } from '../../../connectors/lake/rows/schema-book.js'
import { StagedFile } from '../../../connectors/lake/staged-file.js'
import { TableFile } from '../../../connectors/lake/table-file.js'
import { TableMemory } from '../../../connectors/lake/table-memory.js'
import { SimulatedWorld } from '../../simulation/world/simulated-world.js'
import { linesOf, readLake, readRows } from './lake-files.js'
import { assignAll, deliver, openLake, steady } from './lake-run.js'
import type { LakeRunOptions } from './lake-run.js'
import { TestLog, textRecord } from './test-log.js'

const base = '/base'
const settings = { root: 'lake', path: '{topic}/{partition}-{first}', format: { type: 'parquet' }, columns: ['offset'] }
const byLevel = { ...settings, path: '{level}/{topic}-{partition}-{first}' }

function setUp(values: readonly object[], more: Partial<LakeRunOptions> = {}) {
  const machine = new SimulatedWorld({ seed: 29 })
  const log = new TestLog()
  log.append(
    log.add('orders', 0),
    values.map((value) => textRecord(JSON.stringify(value))),
  )
  const options: LakeRunOptions = { world: machine.boot(), log, base, settings, ...more }
  return { machine, log, options }
}

async function offsetsIn(files: Files): Promise<readonly number[]> {
  const rows = await Promise.all([...(await readLake(files, `${base}/lake`)).values()].map(readRows))
  return rows.flat().map((row) => Number(row['_offset']))
}

/** Refused records as the runtime has them: those of a write count when it succeeds, or when the sink says so. */
function refusing(): { readonly refused: number[]; readonly context: Partial<SinkContext>; forget(): void } {
  const refused: number[] = []
  let pending: number[] = []
  const keepFailed = (): void => void refused.push(...pending.splice(0))
  const settleFailed = (): Promise<void> => Promise.resolve(keepFailed())
  const fail: SinkContext['fail'] = (_, cursor) => void pending.push(cursor.offset)
  return { refused, context: { fail, settleFailed, keepFailed }, forget: () => (pending = []) }
}

async function interruptBeforeMoves(machine: SimulatedWorld, options: LakeRunOptions): Promise<void> {
  const run = await openLake(options)
  await deliver(run, options.log)
  machine.faults.arm('rename-error', { path: /\/open\// })
  await expect(run.sink.flush(steady)).rejects.toMatchObject({ code: 'io_failed' })
  machine.faults.disarmAll()
  await run.sink.close()
}

async function removeStaged(files: Files, which: RegExp): Promise<void> {
  const folder = `${base}/lake/.tailrace/open/shop.lake`
  const names = (await files.list(folder)).filter((name) => which.test(name))
  expect(names).toHaveLength(1)
  for (const name of names) await files.unlink(`${folder}/${name}`)
}

describe('a record that no table holds', () => {
  it('stays refused when the write that refused it fails behind it', async () => {
    const { refused, context, forget } = refusing()
    // The last one fills a row group, which is written before the next record is taken.
    const values = [{ size: 1 }, { size: 'a text' }, { text: 'x'.repeat(17 * 1024 * 1024) }, { size: 2 }]
    const { machine, log, options } = setUp(values, { context })
    await machine.run(async () => {
      const run = await openLake(options)
      await assignAll(run, log)
      const [batch] = [...log.read(log.partitions[0]!, 0)]
      machine.faults.arm('no-space', { times: 1, path: /\/open\// })
      await expect(run.sink.write(batch!, steady)).rejects.toMatchObject({ code: 'disk_full' })
      forget()
      await run.sink.write(batch!, steady)
      await run.sink.flush(steady)
      expect(await offsetsIn(options.world.files)).toEqual([0, 2, 3])
      expect(refused).toEqual([1])
    })
  })
})

describe('a row group that was written in part', () => {
  it('is ended before another row is taken, so that no row is lost', async () => {
    await prepareZstd()
    const machine = new SimulatedWorld({ seed: 31 })
    const { files } = machine.boot()
    let writesLeft = Number.POSITIVE_INFINITY
    tellWrites(files, () => {
      if (writesLeft-- === 0) machine.faults.arm('no-space', { times: 1 })
    })
    await machine.run(async () => {
      const rows = new RecordRows(
        new SchemaBook('t', { columns: [] }, { isFixed: false }),
        { columns: [], changes: 'keep' },
        { topic: 't', partition: 0 },
      )
      const encoding = { compression: 'none', metadata: new Map(), turn: () => Promise.resolve() } as const
      const making = { rows, encoding, memory: new TableMemory(1 << 20), schemas: new PlanSchemas() }
      making.schemas.give(rows.schema)
      const file = new TableFile({ group: '', staged: new StagedFile(files, '/table') }, making)
      const cursor = new RecordCursor()
      cursor.reset(
        encodeBatch(Array.from({ length: 5 }, (_, id) => textRecord(JSON.stringify({ id, name: `n${id}` })))),
      )
      const next = (): RecordCursor => (cursor.next(), cursor)
      for (let taken = 0; taken < 3; taken++) expect(file.take(next())).toBe('taken')
      // As when all tables together have too much memory: the header is written, and not all of the columns.
      writesLeft = 2
      await expect(file.writeOut()).rejects.toMatchObject({ code: 'disk_full' })
      expect(file.take(next())).toBe('room')
      expect(await file.takeWithRoom(cursor)).toBe('taken')
      expect(file.take(next())).toBe('taken')
      await file.seal()
      const ids = (await readRows(await files.readAll('/table'))).map((row) => Number(row['id']))
      expect(ids).toEqual([0, 1, 2, 3, 4])
    })
  })
})

describe('a plan of tables that is made again', () => {
  it('leaves out what no file of a group could hold, whatever the tables of others hold', async () => {
    const large = { size: 9007199254740993n.toString() }
    const values = [
      { level: 'one', size: 1 },
      { level: 'one', ...large },
      { level: 'two', size: 1.5 },
      { level: 'three', ...large },
    ]
    const refused = new Map()
    const { machine, options } = setUp(values, { settings: byLevel, refused })
    await machine.run(async () => {
      await interruptBeforeMoves(machine, options)
      expect([...refused.keys()]).toEqual([3])
      await removeStaged(options.world.files, /-0$/)
      const run = await openLake(options)
      await assignAll(run, options.log)
      await run.sink.close()
      expect((await offsetsIn(options.world.files)).toSorted((a, b) => a - b)).toEqual([0, 1, 2])
      expect([...(await readLake(options.world.files, `${base}/lake`)).keys()].join()).not.toContain('three')
    })
  })

  it('lets go of its files when it fails, and can be made again by the same run', async () => {
    const { machine, log, options } = setUp(
      Array.from({ length: 5 }, (_, id) => ({ id })),
      {
        settings: { ...settings, path: '{topic}/{partition}-{first}.ndjson', format: { type: 'ndjson' } },
      },
    )
    await machine.run(async () => {
      await interruptBeforeMoves(machine, options)
      await removeStaged(options.world.files, /-0$/)
      let failures = 1
      const open = openPaths(options.world.files)
      const reread: SinkContext['reread'] = async (of, { firstOffset, nextOffset }, visit) => {
        for (const batch of log.read(of, firstOffset, nextOffset)) await visit(batch)
        if (failures-- > 0) throw new Error('the log cannot be read')
      }
      const run = await openLake({ ...options, context: { reread } })
      await expect(assignAll(run, log)).rejects.toThrow('the log cannot be read')
      expect(open.filter((path) => path.includes('/open/'))).toEqual([])
      await assignAll(run, log)
      const lines = [...(await readLake(options.world.files, `${base}/lake`))].flatMap((file) => linesOf(...file))
      expect(lines).toHaveLength(5)
    })
  })
})

/** Tells of every write before it is made. */
function tellWrites(files: Files, told: () => void): void {
  const open = files.open.bind(files)
  files.open = async (path, mode) => {
    const file = await open(path, mode)
    const write = file.writeSync.bind(file)
    file.writeSync = (bytes, position) => {
      told()
      write(bytes, position)
    }
    return file
  }
}

/** What is open at any time from now on. */
function openPaths(files: Files): readonly string[] {
  const paths: string[] = []
  const open = files.open.bind(files)
  files.open = async (path, mode) => {
    const file = await open(path, mode)
    paths.push(path)
    const close = file.close.bind(file)
    file.close = () => {
      const at = paths.indexOf(path)
      if (at >= 0) paths.splice(at, 1)
      return close()
    }
    return file
  }
  return paths
}

describe('many wide tables in a plan', () => {
  it('end it before the log would not take what is remembered of them', async () => {
    const fileCount = 40
    const values = Array.from({ length: fileCount }, (_, file) => ({
      level: `l${file}`,
      ...Object.fromEntries(Array.from({ length: 40 }, (_, column) => [`${file}-${column}-${'n'.repeat(240)}`, 1])),
    }))
    const puts: { readonly keys: number; readonly bytes: number }[] = []
    const { machine, log, options } = setUp(values, { settings: byLevel })
    await machine.run(async () => {
      const plain = await openLake(options)
      const state: ConnectorState = Object.create(plain.context.state) as ConnectorState
      state.put = (changes) => {
        puts.push({ keys: changes.size, bytes: JSON.stringify([...changes.values()]).length })
        return plain.context.state.put(changes)
      }
      const run = await openLake({ ...options, context: { state } })
      await deliver(run, log)
      await run.sink.flush(steady)
      expect(await offsetsIn(options.world.files)).toHaveLength(fileCount)
    })
    expect(Math.max(...puts.map(({ bytes }) => bytes))).toBeLessThan(4 * 1024 * 1024)
    expect(Math.max(...puts.map(({ bytes }) => bytes))).toBeGreaterThan(2 * 1024 * 1024)
    expect(Math.max(...puts.map(({ keys }) => keys))).toBe(1)
  })
})
