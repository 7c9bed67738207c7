// What a start makes of a journal that is not as it was written: the tail of an interrupted write goes, anything else is
// named, and what looks like a frame but is none is not taken.

import { describe, expect, it } from 'vitest'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import { EngineRig } from './engine-rig.js'

const kept = { mode: 'power', unsynced: 'kept' } as const
const journalFileBytes = 128 * 1024
const frameMagic = 'TRJ1'
const firstFrame = 8192
const frameStep = 4096

interface Frame {
  readonly path: string
  readonly position: number
}

/** Frames of the journal in the order of their files and places. */
function frames(rig: EngineRig): readonly Frame[] {
  return rig.paths(/\.journal$/).flatMap((path) => {
    const bytes = content(rig, path)
    const found: Frame[] = []
    for (let position = firstFrame; position < bytes.length; position += frameStep)
      if (bytes.toString('latin1', position, position + 4) === frameMagic) found.push({ path, position })
    return found
  })
}

function content(rig: EngineRig, path: string): Buffer {
  return rig.machine.disk.findFile('read', path).durable.content()
}

/** Appends values one by one, without a checkpoint in between, and cuts the power. */
async function appended(rig: EngineRig, values: readonly string[]): Promise<void> {
  await rig.run(async () => {
    const engine = await rig.open({ idleCheckpointMs: 1_000_000 })
    await rig.create(engine, 'orders')
    for (const value of values) await rig.append(engine, 'orders', value)
  })
  rig.machine.crash(kept)
}

function numbered(count: number, bytes = 20): string[] {
  return Array.from({ length: count }, (_, index) => `${index} `.padEnd(bytes, 'x'))
}

function reopened<T>(rig: EngineRig, work: (engine: LogEngine) => Promise<T>): Promise<T> {
  return rig.run(async () => work(await rig.open()))
}

describe('a journal', () => {
  it('whose last frame is torn ends before it', async () => {
    const rig = new EngineRig()
    const values = numbered(6)
    await appended(rig, values)
    const last = frames(rig).at(-1)!
    rig.machine.rot(last.path, last.position + 100, 2)
    expect(await reopened(rig, (engine) => rig.values(engine, 'orders'))).toEqual(values.slice(0, -1))
  })

  it.each([
    ['the header', 20],
    ['the body', 120],
  ])(
    'with a bit gone in %s of a frame that was acknowledged is refused, with the offsets that it held',
    async (_, at) => {
      const rig = new EngineRig()
      await appended(rig, numbered(6))
      const bad = frames(rig).at(-3)!
      rig.machine.rot(bad.path, bad.position + at, 2)
      await expect(reopened(rig, () => Promise.resolve())).rejects.toMatchObject({
        code: 'journal_damaged',
        message: expect.stringMatching(/orders-0 offsets 3 to /) as string,
      })
      rig.machine.crash(kept)
      rig.machine.rot(bad.path, bad.position + at, 2)
      expect(await reopened(rig, (engine) => rig.values(engine, 'orders'))).toHaveLength(6)
    },
  )

  it('takes no frame out of a value that holds the image of one', async () => {
    const source = new EngineRig()
    await appended(source, numbered(3))
    const { path, position } = frames(source).at(-1)!
    const image = content(source, path).subarray(position, position + frameStep)
    const rig = new EngineRig()
    const values = ['first', `${'.'.repeat(frameStep)}${image.toString('latin1').repeat(3)}`, 'last']
    await rig.run(async () => {
      const engine = await rig.open({ idleCheckpointMs: 1_000_000 })
      await rig.create(engine, 'orders', { segmentBytes: 1024 * 1024 })
      for (const value of values) await rig.append(engine, 'orders', Buffer.from(value, 'latin1'))
    })
    rig.machine.crash(kept)
    const found = await reopened(rig, (engine) => rig.values(engine, 'orders'))
    expect(found.map((value) => value.length)).toEqual(
      values.map((value) => Buffer.from(value, 'latin1').toString().length),
    )
  })

  it('goes on in a file of which one copy of the header is lost, and is refused when both are', async () => {
    const rig = new EngineRig()
    const values = numbered(40, 5000)
    await appended(rig, values)
    const followers = [...new Set(frames(rig).map(({ path }) => path))]
    expect(followers.length).toBeGreaterThan(1)
    const follower = followers.at(-1)!
    expect(content(rig, follower)).toHaveLength(journalFileBytes)
    rig.machine.rot(follower, 2, 1)
    expect(await reopened(rig, (engine) => rig.values(engine, 'orders'))).toEqual(values)
    rig.machine.crash(kept)

    const other = new EngineRig()
    await appended(other, values)
    for (const position of [2, 4098]) other.machine.rot(follower, position, 1)
    await expect(reopened(other, () => Promise.resolve())).rejects.toMatchObject({
      code: expect.stringMatching(/^journal_(?:damaged|gap)$/) as string,
    })
  })

  it('of another hub is refused, with both names', async () => {
    const rig = new EngineRig()
    await appended(rig, ['mine'])
    const other = new EngineRig(2)
    await appended(other, ['theirs'])
    const [path] = rig.paths(/\.journal$/)
    const file = rig.machine.disk.findFile('read', path!)
    file.durable.write(content(other, path!), 0)
    file.live.write(content(other, path!), 0)
    await expect(reopened(rig, () => Promise.resolve())).rejects.toMatchObject({ code: 'directory_foreign' })
  })
})
