import { describe, expect, it } from 'vitest'
import { type Checkpoint, newestOf, readSlots, slotOf, writeCheckpoint } from '../../../core/log/checkpoint.js'
import { DataLayout } from '../../../core/log/data-layout.js'
import { SimulatedWorld } from '../../simulation/world/simulated-world.js'

const layout = new DataLayout('/')

const checkpoint: Checkpoint = {
  number: 8,
  hubId: '0123abcd-4567-4890-abcd-0123456789ab',
  replay: { sequence: 90, epoch: '0102030405060708', position: 8192 },
  durable: 89,
  leaderEpoch: 2,
  clean: false,
  topics: [],
  partitions: [],
  nextProducerId: 2 ** 40,
  owed: { deleted: [], swaps: [] },
}

async function written(...checkpoints: readonly Checkpoint[]): Promise<SimulatedWorld> {
  const machine = new SimulatedWorld({ seed: 1 })
  const { files } = machine.boot()
  await machine.run(async () => {
    for (const each of checkpoints) await writeCheckpoint(files, layout, each)
  })
  machine.crash({ mode: 'power', unsynced: 'lost' })
  return machine
}

async function newest(machine: SimulatedWorld): Promise<Checkpoint | undefined> {
  const { files } = machine.boot()
  return machine.run(async () => newestOf(await readSlots(files, layout)))
}

describe('the checkpoint slots', () => {
  it('outlive a power loss, and the higher number wins', async () => {
    expect(slotOf(8)).not.toBe(slotOf(9))
    expect(await newest(await written(checkpoint))).toEqual(checkpoint)
    expect(await newest(await written(checkpoint, { ...checkpoint, number: 9 }))).toMatchObject({ number: 9 })
    expect(await newest(await written())).toBeUndefined()
  })

  it('are read behind which the rest of a longer checkpoint stands', async () => {
    const longer = { ...checkpoint, number: 6, hubId: 'x'.repeat(200) }
    expect(await newest(await written(longer, checkpoint))).toEqual(checkpoint)
  })

  it('hold nothing after any flip of a bit; the other one is taken then', async () => {
    const older = { ...checkpoint, number: 7 }
    const machine = await written(older, checkpoint)
    const path = layout.checkpointSlot(slotOf(8))
    const { size } = machine.disk.findFile('read', path).durable
    for (let position = 0; position < size; position++) {
      // The reserved bytes of the head lie within the checksum too.
      machine.rot(path, position, position % 8)
      expect(await newest(machine), `byte ${position}`).toEqual(older)
      machine.rot(path, position, position % 8)
    }
    expect(await newest(machine)).toEqual(checkpoint)
  })
})
