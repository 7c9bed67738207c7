import { beforeEach, describe, expect, it } from 'vitest'
import { Intake, Sender } from '../../../connectors/syslog/intake.js'
import { create } from '../../../connectors/syslog/source.js'
import type { DatagramReceiver, Network } from '../../../core/runtime/network.js'
import { settled } from '../../support/manual-clock.js'
import { settingsWith, SmallLog, Surroundings } from './rig.js'

let around: Surroundings
let log: SmallLog
const sender = new Sender('10.0.0.1', 'udp')

beforeEach(() => {
  around = new Surroundings()
  log = new SmallLog()
})

function intakeOf(more: Parameters<typeof settingsWith>[0] = {}, hasRoomAgain: () => void = () => undefined) {
  const intake = new Intake(settingsWith(more), around.context(), hasRoomAgain)
  const add = (text: string): void => intake.add(sender, Buffer.from(text), undefined)
  const done = intake.run(log)
  done.catch(() => undefined)
  return { intake, add, done }
}

describe('what came', () => {
  it('goes into the log together, in its order, while the append before is under way', async () => {
    const { intake, add, done } = intakeOf()
    const release = log.hold()
    add('1')
    await settled()
    for (const text of ['2', '3', '4']) add(text)
    release()
    intake.end()
    await done
    expect(log.appends).toEqual([['1'], ['2', '3', '4']])
  })

  it('is tried again until the log has room, with nothing before it, and through a stop', async () => {
    const { intake, add, done } = intakeOf()
    log.hasRoom = false
    add('1')
    await settled()
    add('2')
    intake.end()
    await around.clock.advance(20_000)
    expect(log.texts).toEqual([])
    log.hasRoom = true
    await around.clock.advance(5_000)
    await done
    expect(log.texts).toEqual(['1', '2'])
    expect(around.refused).toEqual({})
  })

  it('is counted as lost when the source is closed and the log still has no room', async () => {
    const { intake, add, done } = intakeOf()
    log.hasRoom = false
    add('1')
    await settled()
    add('2')
    intake.end()
    intake.close()
    await expect(done).rejects.toThrow()
    add('3')
    expect(around.refused).toEqual({ lost: 3 })
    expect(around.told).toEqual([{ lost: 2 }])
  })

  it('is counted as lost when the log fails', async () => {
    const { add, done } = intakeOf()
    log.hasRoom = false
    log.refusal = new Error('gone')
    add('1')
    await expect(done).rejects.toThrow('gone')
    expect(around.refused).toEqual({ lost: 1 })
  })

  it('is left out when it is too large for its topic, and counted once however often the append is tried', async () => {
    const { intake, add, done } = intakeOf()
    log.hasRoom = false
    for (const text of ['1', 'x'.repeat(2000), '2']) add(text)
    await around.clock.advance(10_000)
    log.hasRoom = true
    await around.clock.advance(5_000)
    intake.end()
    await done
    expect(log.texts).toEqual(['1', '2'])
    expect(around.refused).toEqual({ too_large: 1 })
  })

  it('waits within a bound, and it is told when there is room again', async () => {
    let rooms = 0
    const { intake, add, done } = intakeOf({ buffer: 2000 }, () => rooms++)
    const release = log.hold()
    for (let index = 0; !intake.isFull; index++) add(String(index))
    await settled()
    expect([intake.isFull, rooms]).toEqual([true, 0])
    release()
    await settled()
    expect([intake.isFull, rooms]).toEqual([false, 1])
    intake.end()
    await done
  })
})

describe('what was not taken', () => {
  it('is told at once, and what follows once a minute, to the last', async () => {
    const { intake } = intakeOf()
    intake.refuse('buffer_full')
    for (let index = 0; index < 5; index++) intake.refuse('buffer_full')
    intake.refuse('sender')
    expect(around.told).toEqual([{ buffer_full: 1 }])
    await around.clock.advance(60_000)
    expect(around.told).toEqual([{ buffer_full: 1 }, { buffer_full: 5, sender: 1 }])
    await around.clock.advance(120_000)
    expect(around.told).toHaveLength(2)
    intake.refuse('connections')
    intake.refuse('connections')
    intake.close()
    expect(around.told.slice(2)).toEqual([{ connections: 1 }, { connections: 1 }])
    expect(around.refused).toEqual({ buffer_full: 6, sender: 1, connections: 2 })
  })
})

describe('datagrams', () => {
  it('are dropped and counted while there is no room, and taken again after that', async () => {
    let receive: DatagramReceiver | undefined
    const network: Partial<Network> = {
      listenUdp: async (address, received) => {
        receive = received
        return { address, close: () => undefined }
      },
    }
    const source = create(settingsWith({ transport: 'udp', buffer: 1000 }))
    await source.open(around.context({ network: network as Network }))
    const stopping = new AbortController()
    const release = log.hold()
    const served = source.serve(log, stopping.signal)
    await settled()
    const from = { host: '10.0.0.1', port: 40_000 }
    for (let index = 0; index < 10; index++) receive!(Buffer.from(`<13>${index}`), from)
    const taken = 10 - around.refused['buffer_full']!
    expect(taken).toBeGreaterThan(0)
    expect(taken).toBeLessThan(10)
    release()
    await settled()
    receive!(Buffer.from('<13>again\n'), from)
    stopping.abort()
    await served
    await source.close()
    expect(log.texts).toEqual([...Array.from({ length: taken }, (_, index) => `<13>${index}`), '<13>again'])
  })
})
