import { mkdtemp, readdir, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEmbeddedEngine } from '../../../../core/engine/embedded/embedded-engine.js'
import { dumpLog, type DumpLine } from '../../../../core/log/offline/dump.js'
import { verifyLog } from '../../../../core/log/offline/verify.js'
import { encodeBatch } from '../../../../core/record/encode-batch.js'
import { nodeWorld } from '../../../../core/runtime/node-world.js'
import { silentLogger } from '../../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../../core/telemetry/recorder.js'
import { TransactionalProducer } from '../../../contracts/log-engine/transactional-producer.js'

const world = nodeWorld()
const { files } = world
/** Larger than one read of the walk, so that a batch spans several. */
const largeBytes = 3 * 1024 * 1024
let directory: string

/** Three batches of two records in t-0, one of them large; closed cleanly. */
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tailrace-verify-'))
  const engine = await openEmbeddedEngine({ directory, world, logger: silentLogger, recorder: silentRecorder })
  await engine.topics.create({ name: 't', partitions: 2, settings: { maxBatchBytes: 2 * largeBytes } })
  for (const size of [5000, largeBytes, 5000]) {
    const records = [size, 10].map((bytes) => ({
      key: null,
      value: Buffer.alloc(bytes, 'x'),
      timestampMs: 1,
      headers: [],
    }))
    await engine.append([{ topic: 't', partition: 0, batch: encodeBatch(records) }])
  }
  await engine.close()
})
afterEach(() => rm(directory, { recursive: true }))

const segment = (): string => join(directory, 'topics/t-0/00000000000000000000.log')

async function flip(path: string, position: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[position] = bytes[position]! ^ 0x40
  await writeFile(path, bytes)
}

async function contents(): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true })
  const paths = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(
    await Promise.all(paths.map(async (path) => [path, (await readFile(path)).toString('latin1')] as const)),
  )
}

describe('verifying a data directory', () => {
  it('finds nothing wrong with a good one, counts what is in it, and changes no byte', async () => {
    const before = await contents()
    const report = await verifyLog(files, directory)
    expect(report.findings).toEqual([])
    expect(report.recordCount).toBeGreaterThanOrEqual(6)
    expect(report.batchCount).toBeGreaterThanOrEqual(3)
    expect(await contents()).toEqual(before)
  })

  it.each([
    ['the first batch', 100, 0],
    ['a batch that spans several reads', 1_000_000, 5098],
  ])('names the byte where %s is damaged', async (_what, position, batchStart) => {
    await flip(segment(), position)
    const { findings } = await verifyLog(files, directory)
    expect(findings).toMatchObject([{ level: 'problem', path: segment() }])
    const found = Number(/at byte (\d+) \(crc\)/.exec(findings[0]?.message ?? '')?.[1])
    expect(Math.abs(found - batchStart)).toBeLessThan(100)
  })

  it('names a segment that is short or gone', async () => {
    await truncate(segment(), 6000)
    const short = await verifyLog(files, directory)
    expect(short.findings[0]).toMatchObject({
      level: 'problem',
      message: expect.stringMatching(/^6000 of the \d+ bytes/),
    })
    await unlink(segment())
    const gone = await verifyLog(files, directory)
    expect(gone.findings).toMatchObject([{ level: 'problem', message: expect.stringMatching(/^0 of the \d+ bytes/) }])
  })

  it('takes one bad checkpoint for a note and two for the end', async () => {
    await flip(join(directory, 'checkpoint-0'), 20)
    const clean = await readFile(join(directory, 'checkpoint-1'))
    const report = await verifyLog(files, directory).catch((error: unknown) => error)
    expect(report).toMatchObject({ findings: [{ level: 'note', path: join(directory, 'checkpoint-0') }] })
    await writeFile(join(directory, 'checkpoint-1'), clean.subarray(0, 30))
    await expect(verifyLog(files, directory)).rejects.toMatchObject({ code: 'checkpoint_damaged' })
  })

  it('takes a bad index for a note, as it is made anew', async () => {
    const index = join(directory, 'topics/t-0/00000000000000000000.index')
    await flip(index, 3)
    const { findings } = await verifyLog(files, directory)
    expect(findings).toMatchObject([{ level: 'note', path: index }])
  })

  it('refuses what is no data directory', async () => {
    const other = await mkdtemp(join(tmpdir(), 'tailrace-verify-'))
    await expect(verifyLog(files, other)).rejects.toMatchObject({ code: 'directory_unknown' })
    await rm(other, { recursive: true })
  })
})

describe('dumping a data directory', () => {
  async function dumped(topic?: string): Promise<readonly DumpLine[]> {
    const lines: DumpLine[] = []
    for await (const line of dumpLog(files, directory, { topic })) lines.push(line)
    return lines
  }

  it('shows directory, checkpoints, topics, segments and batches', async () => {
    const lines = await dumped()
    expect(lines[0]).toMatchObject({ what: 'directory', format: 1 })
    expect(lines.filter(({ what }) => what === 'checkpoint')).toHaveLength(2)
    expect(lines.filter(({ what, name }) => what === 'topic' && name === 't')).toHaveLength(1)
  })

  it('shows the batches of one topic, up to the first that is not intact', async () => {
    const batches = (lines: readonly DumpLine[]): readonly DumpLine[] => lines.filter(({ what }) => what === 'batch')
    expect(batches(await dumped('t')).map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset])).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ])
    await flip(segment(), 1_000_000)
    expect(batches(await dumped('t'))).toMatchObject([{ baseOffset: 0 }, { readable: false, fault: 'crc' }])
  })

  it('shows who numbered a batch, and how its transaction ended', async () => {
    const engine = await openEmbeddedEngine({ directory, world, logger: silentLogger, recorder: silentRecorder })
    const producer = await TransactionalProducer.open(engine, 'tx')
    await producer.send({ topic: 't', partition: 1 }, 'a', 'b')
    await producer.end('abort')
    await engine.close()
    const { producerId, epoch: producerEpoch } = producer.identity
    const batches = (await dumped('t')).filter(({ what, path }) => what === 'batch' && String(path).includes('/t-1/'))
    expect(batches).toMatchObject([
      { producerId, producerEpoch, baseSequence: 0, isTransactional: true },
      { producerId, producerEpoch, endsTransaction: 'abort' },
    ])
  })
})

describe('verifying after a crash', () => {
  /** The files as a SIGKILL would leave them: copied while the engine runs. */
  async function copyOfRunning(): Promise<string> {
    const engine = await openEmbeddedEngine({ directory, world, logger: silentLogger, recorder: silentRecorder })
    const batch = encodeBatch([{ key: null, value: Buffer.from('after the checkpoint'), timestampMs: 1, headers: [] }])
    await engine.append([{ topic: 't', partition: 1, batch }])
    const copy = await mkdtemp(join(tmpdir(), 'tailrace-verify-'))
    for (const [path, text] of await contents()) {
      const target = join(copy, path.slice(directory.length))
      await files.makeDirectory(join(target, '..'))
      await writeFile(target, text, 'latin1')
    }
    await engine.close()
    return copy
  }

  it('reads the journal behind the checkpoint, and sees where acknowledged frames are damaged', async () => {
    const copy = await copyOfRunning()
    const good = await verifyLog(files, copy)
    expect(good).toMatchObject({ findings: [], recordCount: expect.any(Number) })
    expect(good.frameCount).toBeGreaterThan(0)
    const torn = join(copy, 'topics/t-1/00000000000000000000.log')
    await truncate(torn, 30)
    expect((await verifyLog(files, copy)).findings).toMatchObject([{ level: 'note', path: torn }])
    await rm(join(copy, 'journal'), { recursive: true })
    expect((await verifyLog(files, copy)).findings).toContainEqual(
      expect.objectContaining({ level: 'problem', path: 'journal' }),
    )
    await rm(copy, { recursive: true })
  })
})
