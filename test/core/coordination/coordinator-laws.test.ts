// Random consumers, a journal that is slow, full or restarted under them, and the invariants of core/coordination/SPEC.md,
// judged from the journal alone and from what the consumers were told.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Coordinator } from '../../../core/coordination/coordinator.js'
import { decodeRecord } from '../../../core/coordination/coordination-record.js'
import type { GroupMetadata } from '../../../core/coordination/group.js'
import type { MemberIdentity } from '../../../core/engine/group-service.js'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { Consumer, joined } from '../../contracts/log-engine/group-words.js'
import { ManualClock, settled } from '../../support/manual-clock.js'
import { FakeJournal } from './fake-journal.js'

const consumerCount = 3

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('join' as const), who: fc.nat(consumerCount - 1) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('sync' as const), who: fc.nat(consumerCount - 1) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('commit' as const), who: fc.nat(consumerCount - 1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('heartbeat' as const), who: fc.nat(consumerCount - 1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('zombie' as const), which: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), who: fc.nat(consumerCount - 1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('forget' as const), who: fc.nat(consumerCount - 1) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 500, 5_000, 40_000) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('slow' as const), isSlow: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('full' as const), isFull: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('flush' as const), most: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** A world of one group; every second consumer is a static member. */
class World {
  readonly clock = new ManualClock()
  journal = new FakeJournal()
  coordinator: Coordinator
  consumers: Consumer[]
  /** What consumers were told, as `generation leader`. */
  readonly told = new Map<number, string>()
  readonly acknowledged: string[] = []
  /** Who consumers were at some time: each may come back to life and commit. */
  private readonly identities: MemberIdentity[] = []
  private commits = 0

  constructor() {
    this.coordinator = this.open()
    this.consumers = Array.from({ length: consumerCount }, (_, who) => this.consumer(who))
  }

  open(): Coordinator {
    const { clock, journal } = this
    const made = new Coordinator({ port: journal, clock, random: nodeWorld().random, logger: silentLogger })
    journal.coordinator = made
    for (const { key, value } of journal.records) made.replay(key, value)
    made.start()
    return made
  }

  consumer(who: number): Consumer {
    return new Consumer(this.coordinator, who % 2 === 1 ? { instanceId: `instance ${who}` } : {})
  }

  async do(step: Step): Promise<void> {
    if (step.kind === 'pass') return this.clock.advance(step.ms)
    if (step.kind === 'slow') this.journal.isSlow = step.isSlow
    else if (step.kind === 'full') this.journal.isFull = step.isFull
    else if (step.kind === 'flush') this.journal.flush(step.most)
    else if (step.kind === 'crash') this.crash()
    else if (step.kind === 'zombie') this.settle(this.commitAs(this.identities[step.which % this.identities.length]))
    else this.ask(step)
    await settled()
  }

  private ask({ kind, who }: Extract<Step, { who: number }>): void {
    const consumer = this.consumers[who]!
    if (kind === 'forget') {
      this.consumers[who] = this.consumer(who)
      return
    }
    if (kind === 'commit') return this.settle(this.commitAs(consumer.identity))
    const request = consumer[kind]()
    this.settle(
      request.then(() => this.note(kind, consumer)),
      consumer,
    )
  }

  /** Any answer of the catalogue is fine; one that says so makes the consumer a new member. */
  private settle(request: Promise<unknown>, consumer?: Consumer): void {
    request.catch((error: unknown) => {
      if (!(error instanceof TailraceError)) throw error
      if (error.code === 'unknown_member' && consumer !== undefined) consumer.memberId = ''
    })
  }

  private async commitAs(identity: MemberIdentity | undefined): Promise<void> {
    // Without a name it would be the commit of nobody, which is another affair.
    if (identity === undefined || identity.memberId === '') return
    const name = `${identity.generation} ${identity.memberId} ${this.commits}`
    const offsets = [{ topic: 't', partition: 0, offset: this.commits++, metadata: name }]
    await this.coordinator.commit({ ...identity, offsets })
    this.acknowledged.push(name)
  }

  private note(kind: string, { joined, generation, identity }: Consumer): void {
    if (kind === 'sync') this.identities.push(identity)
    if (kind !== 'join') return
    const answer = joined!.leaderId
    const before = this.told.get(generation)
    // A static leader that came back has another member id in the same generation.
    if (before !== undefined && !this.wasReplaced(before)) expect([generation, before]).toEqual([generation, answer])
    this.told.set(generation, answer)
  }

  private wasReplaced(memberId: string): boolean {
    return !this.generations().at(-1)?.members.has(memberId)
  }

  /** Kills the process: what is not durable is lost, nobody is answered any more. */
  private crash(): void {
    this.journal.coordinator = undefined
    this.journal.isSlow = true
    this.journal = new FakeJournal(this.journal.records)
    this.coordinator = this.open()
    this.consumers = this.consumers.map((old, who) => {
      const back = this.consumer(who)
      back.memberId = old.memberId
      back.generation = old.generation
      back.leads = old.leads
      back.joined = old.joined
      return back
    })
  }

  generations(): GroupMetadata[] {
    const decoded = this.journal.records.map(({ key, value }) => decodeRecord(key, value))
    return decoded.flatMap((record) =>
      record.kind === 'group' && record.metadata !== undefined ? [record.metadata] : [],
    )
  }

  /** No generation goes back, and each begins once. */
  checkGenerations(): void {
    const begun = this.generations().filter(({ state }) => state === 'CompletingRebalance')
    const numbers = begun.map(({ generation }) => generation)
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
  }

  /** In the journal, every commit stands behind the record of its own generation, with its member in it, and assigned. */
  checkCommits(): void {
    let present: GroupMetadata | undefined
    const landed = new Set<string>()
    for (const { key, value } of this.journal.records) {
      const record = decodeRecord(key, value)
      if (record.kind === 'group') {
        present = record.metadata
        continue
      }
      const name = record.committed!.metadata
      if (name === '') continue
      landed.add(name)
      const [generation, ...member] = name.split(' ').slice(0, -1)
      expect([name, present!.generation, present!.members.has(member.join(' '))]).toEqual([
        name,
        Number(generation),
        true,
      ])
    }
    for (const name of this.acknowledged) expect(landed).toContain(name)
  }

  /** A coordinator that reads the journal, and one that reads each record twice, know what this one knows to be durable. */
  checkReplay(): void {
    const of = { topic: 't', partition: 0 }
    const doubled = new FakeJournal(this.journal.records.flatMap((record) => [record, record]))
    for (const journal of [new FakeJournal(this.journal.records), doubled]) {
      const { clock } = this
      const other = new Coordinator({ port: journal, clock, random: nodeWorld().random, logger: silentLogger })
      for (const { key, value } of journal.records) other.replay(key, value)
      expect(other.committed('g', of)).toEqual(this.coordinator.committed('g', of))
      const last = this.generations().at(-1)
      if (last !== undefined) expect(other.describe('g').generation).toBe(last.generation)
    }
  }

  /** Once nothing fails any more, the consumers come to one generation that all of them are part of. */
  async checkThatItEnds(): Promise<void> {
    this.journal.isFull = false
    this.journal.isSlow = false
    this.journal.flush()
    await this.clock.advance(120_000)
    this.consumers = this.consumers.map((_, who) => this.consumer(who))
    const [first, ...others] = this.consumers as [Consumer, ...Consumer[]]
    await joined(first, ...others)
    expect(new Set(this.consumers.map(({ generation }) => generation)).size).toBe(1)
    expect(this.coordinator.describe('g').members).toHaveLength(consumerCount)
  }
}

test('generations, commits and replays keep the invariants, and groups settle when faults end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
      const world = new World()
      await world.coordinator.commit({
        group: 'g',
        memberId: '',
        generation: -1,
        offsets: [{ topic: 't', partition: 1, offset: 0 }],
      })
      for (const each of steps) await world.do(each)
      world.checkGenerations()
      world.checkCommits()
      world.checkReplay()
      await world.checkThatItEnds()
      world.checkGenerations()
      await world.coordinator.close()
    }),
    { numRuns: 300 },
  )
})
