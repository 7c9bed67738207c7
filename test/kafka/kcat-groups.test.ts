// Debian's kcat in groups: cooperative rebalances and static members, which neither of the clients in Node has whole.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect } from 'vitest'
import { missing } from '../support/missing.js'
import { behavioursOf, type Behaviours, type KafkaSite } from './kit.js'
import { withProducer } from './kafkajs-client.js'

const groupOf = ({ name }: KafkaSite): string => `${name}-group`

/** A kcat that reads in the behaviour's group; lines of both its outputs, as they come. */
class Member {
  readonly printed: string[] = []
  readonly told: string[] = []
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting = new Set<() => void>()

  constructor(site: KafkaSite, settings: Readonly<Record<string, string>>) {
    const quick = { 'auto.offset.reset': 'earliest', 'heartbeat.interval.ms': '200', ...settings }
    const options = Object.entries(quick).flatMap(([name, value]) => ['-X', `${name}=${value}`])
    this.#child = spawn('kcat', ['-b', site.kafka, ...options, '-u', '-G', groupOf(site), site.name])
    this.#collect(this.#child.stdout, this.printed)
    this.#collect(this.#child.stderr, this.told)
  }

  /** Resolves with the next line behind `from` that holds the text. */
  async tells(text: string, from = 0): Promise<string> {
    return this.#find(this.told, (line) => line.includes(text), from)
  }

  async prints(count: number): Promise<void> {
    await this.#find(this.printed, () => this.printed.length >= count, 0)
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const closed = once(this.#child, 'close')
    this.#child.kill(signal)
    await closed
  }

  async #find(lines: readonly string[], isIt: (line: string) => boolean, from: number): Promise<string> {
    for (;;) {
      const found = lines.slice(from).find(isIt)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  #collect(stream: NodeJS.ReadableStream, lines: string[]): void {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      for (const resolve of this.#waiting) resolve()
      this.#waiting.clear()
    })
  }
}

const cooperative = { 'partition.assignment.strategy': 'cooperative-sticky' }

async function produce(site: KafkaSite, round: string): Promise<void> {
  const messages = Array.from({ length: 40 }, (_, index) => ({ partition: index % 4, value: `${round} ${index}` }))
  await withProducer(site, (producer) => producer.send({ topic: site.name, messages }))
}

const behaviours: Behaviours = {
  'gives up only what another member is to have, and reads on': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 4 })
    const first = new Member(site, cooperative)
    await first.tells('incremental assignment of 4 partition(s)')
    const second = new Member(site, cooperative)
    await first.tells('incremental revoke of 2 partition(s)')
    await second.tells('incremental assignment of 2 partition(s)')
    await produce(site, 'shared')
    await Promise.all([first.prints(20), second.prints(20)])
    const before = first.told.length
    await second.end()
    await first.tells('incremental assignment of 2 partition(s)', before)
    await produce(site, 'alone')
    await first.prints(60)
    await first.end()
    const all = [...first.printed, ...second.printed]
    expect(all).toHaveLength(80)
    expect(new Set(all).size).toBe(80)
    expect(first.told.filter((line) => line.includes('revoke of 4'))).toHaveLength(1) // at its own end
  },
  'shares the partitions anew when a cooperative member is killed': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 4 })
    const short = { ...cooperative, 'session.timeout.ms': '1500' }
    const first = new Member(site, short)
    await first.tells('incremental assignment of 4 partition(s)')
    const second = new Member(site, short)
    await second.tells('incremental assignment of 2 partition(s)')
    const before = first.told.length
    await second.end('SIGKILL')
    await first.tells('incremental assignment of 2 partition(s)', before)
    await produce(site, 'alone')
    await first.prints(40)
    await first.end()
    expect(new Set(first.printed).size).toBe(40)
  },
  'takes its partitions back as a static member, and the others notice nothing': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 4 })
    const instance = (name: string) => ({ 'group.instance.id': name, 'session.timeout.ms': '20000' })
    const steady = new Member(site, instance('steady'))
    await steady.tells('assigned')
    const restarted = new Member(site, instance('restarted'))
    const before = await restarted.tells('assigned')
    const partitions = before.slice(before.indexOf('):'))
    await steady.tells(
      'assigned',
      steady.told.findIndex((line) => line.includes('revoked')),
    )
    const { generation } = site.engine.groups.describe(groupOf(site))
    await restarted.end('SIGKILL')
    const again = new Member(site, instance('restarted'))
    expect(await again.tells('assigned')).toContain(partitions)
    const { generation: after, members } = site.engine.groups.describe(groupOf(site))
    expect({ after, instances: new Set(members.map(({ instanceId }) => instanceId)) }).toEqual({
      after: generation,
      instances: new Set(['steady', 'restarted']),
    })
    await Promise.all([steady.end(), again.end()])
  },
}

behavioursOf('kcat in groups', behaviours, missing('kcat', ['-V']))
