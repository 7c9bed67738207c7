// What others are answered while a topic is being deleted: the log has let go of it, the catalogue not yet.

import { expect, it } from 'vitest'
import type { LogEngine } from '../../../../core/engine/log-engine.js'
import { encodeBatch } from '../../../../core/record/encode-batch.js'
import { codeOf } from '../../../contracts/log-engine/engine-harness.js'
import { EngineRig } from '../../log/engine-rig.js'

/** Deletes `going` in an engine that has not looked at it before, and calls meanwhile. */
async function whileDeleting(call: (engine: LogEngine) => Promise<void>): Promise<void> {
  const rig = new EngineRig()
  await rig.run(async () => {
    const engine = await rig.open()
    await rig.create(engine, 'going')
    await rig.create(engine, 'staying')
    await rig.append(engine, 'staying', 'a')
    await engine.close()
  })
  rig.machine.crash({ mode: 'kill' })
  await rig.run(async () => {
    const engine = await rig.open()
    rig.machine.faults.slowDown({ chance: 1, maxMs: 20 })
    let isOver = false
    const deleting = engine.topics.delete('going').then(() => {
      isOver = true
    })
    while (!isOver) {
      await rig.pass(1)
      await call(engine)
    }
    await deleting
    await engine.close()
  })
}

it('an append to it is refused as one to a topic that is not there', async () => {
  const codes = new Set<string | undefined>()
  await whileDeleting(async (engine) => {
    const batch = encodeBatch([{ key: null, value: Buffer.from('late'), timestampMs: 1 }])
    codes.add(await codeOf(engine.append([{ topic: 'going', partition: 0, batch }])))
  })
  expect(codes).toEqual(new Set(['unknown_partition', 'unknown_topic']))
})

it('a read of it and of another one is answered for both', async () => {
  const answers = new Set<string | undefined>()
  await whileDeleting(async (engine) => {
    const limits = { minBytes: 1, maxBytes: 1000, maxWaitMs: 0, isolation: 'durable' } as const
    const reads = ['going', 'staying'].map((topic) => ({ topic, partition: 0, offset: 0, maxBytes: 1000 }))
    const { chunks } = await engine.read(reads, limits, new AbortController().signal)
    const [going, staying] = chunks
    answers.add(going?.error?.code)
    expect(staying).toMatchObject({ nextOffset: 1 })
  })
  expect([...answers]).toContain('unknown_partition')
})
