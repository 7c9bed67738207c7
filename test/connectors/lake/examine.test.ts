import { describe, expect, it } from 'vitest'
import { readSettings } from '../../../core/connector/fields.js'
import type { Finding } from '../../../core/connector/declaration.js'
import { SimulatedWorld } from '../../simulation/world/simulated-world.js'
import { directoryFields } from '../../../connectors/lake/directory-declaration.js'
import { examineDirectory } from '../../../connectors/lake/examine.js'
import { deliver, deliverAndClose, openLake, steady } from './lake-run.js'
import type { LakeRunOptions } from './lake-run.js'
import { TestLog, textRecord } from './test-log.js'

function setUp() {
  const machine = new SimulatedWorld({ seed: 17 })
  const log = new TestLog()
  log.append(log.add('orders', 0), [textRecord('a'), textRecord('b')])
  const options: LakeRunOptions = { world: machine.boot(), log, base: '/base', settings: { root: 'lake' } }
  return { machine, options }
}

async function examine(options: LakeRunOptions): Promise<readonly Finding[]> {
  const { context } = await openLake(options)
  return examineDirectory(readSettings(directoryFields, options.settings), context)
}

const messages = (findings: readonly Finding[]) => findings.map(({ level, message }) => `${level}: ${message}`)

describe('the examination of a lake', () => {
  it('has nothing to say of a root that is not there yet', async () => {
    const { machine, options } = setUp()
    await machine.run(async () => {
      expect(messages(await examine(options))).toEqual([
        'good: /base/lake does not exist yet and is made at the first start',
      ])
      expect(await options.world.files.stat('/base/lake')).toBeUndefined()
    })
  })

  it('tells whose the root is, what is free and what is under way', async () => {
    const { machine, options } = setUp()
    await machine.run(async () => {
      const run = await openLake(options)
      await deliver(run, options.log)
      const [owner, room, work] = messages(await examine(options))
      expect(owner).toBe('good: /base/lake belongs to this hub')
      expect(room).toMatch(/^good: [\d.]+ \w+ are free below \/base\/lake$/)
      expect(work).toBe('good: 1 files with 0 B are under way')
    })
  })

  it('tells of a plan that was interrupted', async () => {
    const { machine, options } = setUp()
    await machine.run(async () => {
      const run = await openLake(options)
      await deliver(run, options.log)
      machine.faults.arm('rename-error', { times: 1, path: /\/open\// })
      await expect(run.sink.flush(steady)).rejects.toThrow()
      expect(messages(await examine(options))).toContain(
        'warning: orders-0: 1 files for offsets 0 to below 2 are being published below /base/lake',
      )
    })
  })

  it('tells of a foreign root, and of too little room', async () => {
    const { machine, options } = setUp()
    await machine.run(async () => {
      await deliverAndClose(options)
      const foreign = { ...options, hubId: 'hub-2', settings: { root: 'lake', rotate: { bytes: '900TiB' } } }
      const [owner, room] = await examine(foreign)
      expect(owner).toMatchObject({ level: 'problem', message: '/base/lake belongs to hub hub-1; this is hub hub-2' })
      expect(room).toMatchObject({ level: 'warning' })
    })
  })
})
