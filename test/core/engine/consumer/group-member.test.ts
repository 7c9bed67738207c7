import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeAssignment, encodeSubscription } from '../../../../core/engine/consumer/consumer-protocol.js'
import { GroupMember } from '../../../../core/engine/consumer/group-member.js'
import type { TopicPartitions } from '../../../../core/engine/consumer/assignor.js'
import type { LogEngine, PartitionId } from '../../../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../../../core/engine/memory/memory-engine.js'
import { nodeWorld } from '../../../../core/runtime/node-world.js'
import { silentLogger } from '../../../../core/telemetry/logger.js'
import { ManualClock, settled } from '../../../support/manual-clock.js'

/** A member that notes what it is given, and can be made slow to give it back. */
class Running {
  owned: number[] = []
  readonly generations: number[] = []
  revoking: Promise<void> = Promise.resolve()
  readonly stop = new AbortController()
  readonly member: GroupMember
  readonly done: Promise<void>

  constructor(engine: LogEngine, clock: ManualClock, topics: () => readonly TopicPartitions[]) {
    const options = { groups: engine.groups, group: 'g', clientId: 'sink', topics, clock, logger: silentLogger }
    this.member = new GroupMember(options)
    this.done = this.member.run(this.stop.signal, {
      assigned: async (partitions: readonly PartitionId[], generation: number) => {
        this.owned = partitions.map(({ partition }) => partition)
        this.generations.push(generation)
      },
      revoked: async () => {
        await this.revoking
        this.owned = []
      },
    })
  }

  async end(): Promise<void> {
    this.stop.abort()
    await this.done
  }
}

describe('members of one group in the process', () => {
  const clock = new ManualClock()
  let engine: LogEngine
  let partitions = 4
  const topics = (): TopicPartitions[] => [{ name: 't', partitions }]

  beforeEach(async () => {
    partitions = 4
    engine = await openMemoryEngine({ clock, random: nodeWorld().random, logger: silentLogger })
    await engine.topics.create({ name: 't', partitions: 8 })
  })
  afterEach(() => engine.close())

  test('the first one owns everything at once', async () => {
    const only = new Running(engine, clock, topics)
    await settled()
    expect(only.owned).toEqual([0, 1, 2, 3])
    await only.end()
  })

  test('a second one takes half, after the first gave everything back', async () => {
    const first = new Running(engine, clock, topics)
    await settled()
    let giveBack: () => void = () => undefined
    first.revoking = new Promise((resolve) => {
      giveBack = resolve
    })
    const second = new Running(engine, clock, topics)
    await clock.advance(15_000)
    expect([first.owned, second.owned]).toEqual([[0, 1, 2, 3], []])
    giveBack()
    await settled()
    expect(new Set([...first.owned, ...second.owned])).toEqual(new Set([0, 1, 2, 3]))
    expect(second.owned).toHaveLength(2)
    expect(first.owned).toHaveLength(2)
    await Promise.all([first.end(), second.end()])
  })

  test('what a member leaves goes to those who stay', async () => {
    const first = new Running(engine, clock, topics)
    const second = new Running(engine, clock, topics)
    await clock.advance(15_000)
    expect(second.owned).toHaveLength(2)
    await first.end()
    await clock.advance(15_000)
    expect(second.owned).toEqual([0, 1, 2, 3])
    await second.end()
  })

  test('new partitions are taken up by themselves', async () => {
    const only = new Running(engine, clock, topics)
    await settled()
    partitions = 6
    await clock.advance(15_000)
    expect(only.owned).toEqual([0, 1, 2, 3, 4, 5])
    await only.end()
  })

  test('its identity commits, and no longer once another generation stands', async () => {
    const first = new Running(engine, clock, topics)
    await settled()
    const identity = first.member.identity()
    const offsets = [{ topic: 't', partition: 0, offset: 0 }]
    await engine.groups.commit({ ...identity, offsets })
    const second = new Running(engine, clock, topics)
    await clock.advance(15_000)
    await expect(engine.groups.commit({ ...identity, offsets })).rejects.toMatchObject({ code: 'illegal_generation' })
    await Promise.all([first.end(), second.end()])
  })

  test('one that hangs while it gives back is left out, and its commit refused', async () => {
    const first = new Running(engine, clock, topics)
    await settled()
    let giveBack: () => void = () => undefined
    first.revoking = new Promise((resolve) => {
      giveBack = resolve
    })
    const identity = first.member.identity()
    const second = new Running(engine, clock, topics)
    await clock.advance(80_000)
    expect(second.owned).toEqual([0, 1, 2, 3])
    const commit = engine.groups.commit({ ...identity, offsets: [{ topic: 't', partition: 0, offset: 0 }] })
    await expect(commit).rejects.toMatchObject({ code: 'unknown_member' })
    giveBack()
    await clock.advance(15_000)
    expect(first.owned).toHaveLength(2)
    await Promise.all([first.end(), second.end()])
  })

  test('leads a group with a foreign member, and one whose metadata nobody can read', async () => {
    const own = new Running(engine, clock, topics)
    await settled()
    const foreign = {
      group: 'g',
      memberId: '',
      clientId: 'f',
      clientHost: '/10.0.0.1',
      sessionTimeoutMs: 60_000,
      rebalanceTimeoutMs: 60_000,
    }
    const join = (metadata: Uint8Array) =>
      engine.groups.join(
        { ...foreign, protocolType: 'consumer', protocols: [{ name: 'range', metadata }] },
        own.stop.signal,
      )
    const joins = [join(encodeSubscription({ topics: ['t'], owned: [] })), join(Buffer.from('gibberish'))]
    await clock.advance(2_000)
    const [readable, unreadable] = await Promise.all(joins)
    expect(readable!.protocol).toBe('range')
    const syncs = [readable!, unreadable!].map(({ memberId, generation }) =>
      engine.groups.sync({ group: 'g', memberId, generation, assignments: [] }, own.stop.signal),
    )
    const assigned = (await Promise.all(syncs)).map(({ assignment }) => decodeAssignment(assignment).length)
    expect([own.owned.length, ...assigned]).toEqual([2, 2, 0])
    await own.end()
  })

  test('ended before it was ever assigned, it leaves nothing behind', async () => {
    const first = new Running(engine, clock, topics)
    await settled()
    first.revoking = new Promise(() => undefined)
    const second = new Running(engine, clock, topics)
    await settled()
    expect(engine.groups.describe('g').members).toHaveLength(2)
    await second.end()
    await settled()
    expect(engine.groups.describe('g').members).toHaveLength(1)
  })

  test('an error of the listener ends it, after its partitions were given back', async () => {
    const revoked: PartitionId[] = []
    const member = new GroupMember({
      groups: engine.groups,
      group: 'g',
      clientId: 'sink',
      topics,
      clock,
      logger: silentLogger,
    })
    const run = member.run(new AbortController().signal, {
      assigned: () => Promise.reject(new Error('the target holds more than the log')),
      revoked: async (partitions) => {
        revoked.push(...partitions)
      },
    })
    await expect(run).rejects.toThrow('the target holds more than the log')
    expect(revoked).toHaveLength(4)
    expect(engine.groups.list()).toEqual([])
  })

  test('ends by itself when the engine is closed', async () => {
    const only = new Running(engine, clock, topics)
    await settled()
    await engine.close()
    const ended = expect(only.done).rejects.toMatchObject({ code: 'engine_stopped' })
    await clock.advance(15_000)
    await ended
  })
})
