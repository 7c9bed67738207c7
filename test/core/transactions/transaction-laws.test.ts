// Random producers, a port that is slow, full or read again after a crash, and the laws of core/transactions/SPEC.md,
// judged from what the port kept and from what the producers were told.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TransactionIdentity } from '../../../core/engine/transaction-service.js'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { decodeRecord } from '../../../core/transactions/transaction-record.js'
import { TransactionCoordinator } from '../../../core/transactions/transaction-coordinator.js'
import { settled } from '../../support/manual-clock.js'
import { FakePort } from './fake-port.js'
import { commitOf, CoordinatorUnderTest, timeoutMs } from './producer-words.js'

const names = ['x', 'y']
const who = fc.nat(2)
const partition = fc.nat(2)

/** Three producers, of which two share a name. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('initialize' as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), who }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('addPartition' as const), who, partition }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('addGroup' as const), who }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('commitOffsets' as const), who, partition }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('batch' as const), who, partition }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('commit' as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('abort' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 1_000, timeoutMs) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('slow' as const), isSlow: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('full' as const), isFull: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('flush' as const), most: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** In the order of the log: a batch that was taken, or the end of a transaction. */
type Logged =
  | { readonly kind: 'batch'; readonly producerId: number; readonly epoch: number; readonly partition: number }
  | {
      readonly kind: 'end'
      readonly producerId: number
      readonly partitions: readonly number[]
      readonly commits: boolean
    }

class World {
  readonly hub = new CoordinatorUnderTest()
  readonly identities: (TransactionIdentity | undefined)[] = [undefined, undefined, undefined]
  /** Every identity that anybody was given. */
  readonly given: string[] = []
  /** Producers, by `id/epoch`, and how many commits they were told of. */
  readonly toldOfCommits = new Map<string, number>()
  readonly log: Logged[] = []
  private seenAppends = 0
  private offset = 0

  async do(step: Step): Promise<void> {
    const { hub } = this
    if (step.kind === 'pass') await hub.clock.advance(step.ms)
    else if (step.kind === 'slow') hub.port.isSlow = step.isSlow
    else if (step.kind === 'full') hub.port.isFull = step.isFull
    else if (step.kind === 'flush') hub.port.flush(step.most)
    else if (step.kind === 'crash') hub.crash()
    else this.ask(step)
    this.readLog()
    await settled()
    this.readLog()
  }

  /** Any answer of the catalogue is fine. */
  private ask(step: Extract<Step, { who: number }>): void {
    this.call(step).catch((error: unknown) => {
      if (!(error instanceof TailraceError)) throw error
    })
  }

  private async call(step: Extract<Step, { who: number }>): Promise<void> {
    const { coordinator } = this.hub
    const transactionalId = names[step.who % names.length]!
    const identity = this.identities[step.who]
    if (step.kind === 'initialize') {
      return this.become(step.who, {
        transactionalId,
        ...(await coordinator.initialize({ transactionalId, timeoutMs })),
      })
    }
    if (identity === undefined) return
    const { producerId, epoch } = identity
    if (step.kind === 'again') {
      const known = { producerId, epoch }
      const next = await coordinator.initialize({ transactionalId, timeoutMs, known })
      return this.become(step.who, { transactionalId, ...next })
    }
    if (step.kind === 'batch') return this.write(identity, step.partition)
    const of = { topic: 't', partition: 'partition' in step ? step.partition : 0 }
    if (step.kind === 'addPartition') return coordinator.addPartitions(identity, [of])
    if (step.kind === 'addGroup') return coordinator.addGroup(identity, 'g')
    if (step.kind === 'commitOffsets') return coordinator.commitOffsets(identity, commitOf('g', this.offset++, of))
    await coordinator.end(identity, step.kind)
    const told = `${producerId}/${epoch}`
    if (step.kind === 'commit') this.toldOfCommits.set(told, (this.toldOfCommits.get(told) ?? 0) + 1)
  }

  private become(place: number, identity: TransactionIdentity): void {
    this.identities[place] = identity
    this.given.push(`${identity.producerId}/${identity.epoch}`)
  }

  /** A batch whose turn has come; it stands behind all that was submitted before. */
  private write(identity: TransactionIdentity, partition: number): void {
    const { hub } = this
    if (hub.refusalCode(identity, { topic: 't', partition }) !== undefined) return
    const { producerId, epoch } = identity
    this.log.push({ kind: 'batch', producerId, epoch, partition })
    // Were its end on its way, the batch would stand behind it.
    expect(hub.coordinator.list().find((one) => one.producerId === producerId)!.state).toBe('ongoing')
  }

  /** Takes over the ends that the port kept since. */
  private readLog(): void {
    const { kept } = this.hub.port
    for (; this.seenAppends < kept.length; this.seenAppends++) {
      const { end } = kept[this.seenAppends]!
      if (end === undefined) continue
      const { producer, outcome, partitions } = end
      const { producerId } = producer
      const numbers = partitions.map((of) => of.partition)
      this.log.push({ kind: 'end', producerId, partitions: numbers, commits: outcome === 'commit' })
    }
  }

  /** Everything that is under way comes to its end, and every open transaction runs out of time. */
  async finish(): Promise<void> {
    const { port, clock } = this.hub
    port.isSlow = false
    port.isFull = false
    port.flush()
    await clock.advance(2 * timeoutMs)
    this.readLog()
  }

  /** Each batch is followed by an end of its producer in its partition: nothing hangs. */
  checkNothingHangs(): void {
    this.log.forEach((batch, index) => {
      if (batch.kind !== 'batch') return
      const end = this.log.slice(index).find((one) => one.kind === 'end' && one.producerId === batch.producerId)
      expect(end).toMatchObject({ partitions: expect.arrayContaining([batch.partition]) })
    })
    for (const { state, partitions, groups } of this.hub.coordinator.list())
      expect([state === 'ongoing' || state === 'ending', partitions, groups]).toEqual([false, [], []])
    for (const partition of [0, 1, 2])
      expect(this.hub.coordinator.hasPendingOffset('g', { topic: 't', partition })).toBe(false)
  }

  /** Between two ends of a producer id all batches have one epoch. */
  checkEpochs(): void {
    const epochs = new Map<number, number>()
    for (const one of this.log) {
      if (one.kind === 'end') epochs.delete(one.producerId)
      else {
        expect([one.producerId, one.epoch]).toEqual([one.producerId, epochs.get(one.producerId) ?? one.epoch])
        epochs.set(one.producerId, one.epoch)
      }
    }
  }

  /** Who was told of a commit finds it in the log, with its own identity. */
  checkCommits(): void {
    const ends = this.hub.port.ends.filter(({ outcome }) => outcome === 'commit')
    for (const told of this.toldOfCommits.keys())
      expect(ends.map(({ producer }) => `${producer.producerId}/${producer.epoch}`)).toContain(told)
  }

  /** What is committed in a group is what was pending in the log before that end, and nothing of an aborted one. */
  checkOffsets(): void {
    const pending = new Map<string, string[]>()
    for (const { records, end } of this.hub.port.kept) {
      const before = new Map(pending)
      for (const { key, value } of records) {
        const record = decodeRecord(key, value)
        if (record.kind !== 'pending') continue
        const offsets = [...(record.pending?.get('t')?.offsets.values() ?? [])].map(({ metadata }) => metadata)
        pending.set(record.transactionalId, offsets)
      }
      if (end === undefined) continue
      const [record] = records.map(({ key, value }) => decodeRecord(key, value))
      const expected = end.outcome === 'commit' ? (before.get(record!.transactionalId) ?? []) : []
      expect(end.offsets.flatMap(({ offsets }) => offsets.map(({ metadata }) => metadata))).toEqual(expected)
      expect(pending.get(record!.transactionalId) ?? []).toEqual([])
    }
  }

  /** Coordinators that read the log, once or each record twice, know what this one knows. */
  checkReplay(): void {
    const { hub } = this
    for (const times of [1, 2]) {
      const other = new TransactionCoordinator({ port: new FakePort(), clock: hub.clock, logger: silentLogger })
      for (const { key, value } of hub.port.records) for (let time = 0; time < times; time++) other.replay(key, value)
      expect(other.list()).toEqual(hub.coordinator.list().map(settledState))
      for (const partition of [0, 1, 2]) {
        const of = { topic: 't', partition }
        expect(other.hasPendingOffset('g', of)).toBe(hub.coordinator.hasPendingOffset('g', of))
      }
    }
  }
}

/** An end that is on its way is not in the log. */
function settledState<Description extends { readonly state: string }>(description: Description): Description {
  return description.state === 'ending' ? { ...description, state: 'ongoing' } : description
}

test('whatever producers do, and whenever the process dies, the log and what was told agree', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const world = new World()
      for (const one of steps) {
        await world.do(one)
        world.checkReplay()
      }
      await world.finish()
      world.checkReplay()
      world.checkNothingHangs()
      world.checkEpochs()
      world.checkCommits()
      world.checkOffsets()
      await world.hub.coordinator.close()
    }),
    { numRuns: 150 },
  )
})
