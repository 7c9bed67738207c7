// Groups whose members are processes that are killed, and joined by others, while records come in.

import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { groupOf, withProducer } from './kafkajs-client.js'
import { behavioursOf, type Behaviours, type KafkaSite } from './kit.js'

const program = fileURLToPath(new URL('../../dist/test/kafka/member-process.js', import.meta.url))
const partitions = 6
const recordsPerPartition = 150
const recordsPerSend = 10

interface Line {
  readonly member: number
  readonly kind: string
  readonly atNs: bigint
  readonly partition: number
  readonly offset: number
}

/** The processes of one group, and what all of them printed. */
class Members {
  readonly lines: Line[] = []
  readonly #children: ChildProcess[] = []
  readonly #seen = new Set<string>()
  readonly #joining = new Map<number, () => void>()
  #reached: { readonly count: number; readonly resolve: () => void }[] = []

  constructor(
    readonly client: string,
    readonly site: KafkaSite,
  ) {}

  start(): void {
    const member = this.#children.length
    const { kafka, name } = this.site
    const arguments_ = [program, this.client, kafka, name, groupOf(this.site)]
    const child = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#children.push(child)
    createInterface({ input: child.stdout! }).on('line', (text) => this.#take(member, text))
  }

  kill(member: number): void {
    this.#children[member]?.kill('SIGKILL')
  }

  /** Resolves when so many different records have been read. */
  read(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#reached.push({ count, resolve })
      this.#tell()
    })
  }

  /** Resolves when the member has joined. */
  joins(member: number): Promise<void> {
    return new Promise((resolve) => {
      this.#joining.set(member, resolve)
    })
  }

  async end(): Promise<void> {
    const running = this.#children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
    const closed = running.map((child) => new Promise((resolve) => child.once('close', resolve)))
    for (const child of running) child.kill('SIGKILL')
    await Promise.all(closed)
  }

  #take(member: number, text: string): void {
    const [kind = '', atNs = '', partition, offset] = text.split(' ')
    this.lines.push({ member, kind, atNs: BigInt(atNs), partition: Number(partition), offset: Number(offset) })
    if (kind === 'joined') this.#joining.get(member)?.()
    if (kind !== 'read') return
    this.#seen.add(`${partition}:${offset}`)
    this.#tell()
  }

  #tell(): void {
    for (const { count, resolve } of this.#reached) if (this.#seen.size >= count) resolve()
    this.#reached = this.#reached.filter(({ count }) => this.#seen.size < count)
  }
}

/** Where a member reads other than one behind what it read before, or first after it joined. */
interface Start extends Line {
  readonly joinedNs: bigint
  /** Whether it goes on where it was before it joined again. */
  readonly isContinued: boolean
}

function startsIn(lines: readonly Line[]): Start[] {
  const starts: Start[] = []
  const joined = new Map<number, bigint>()
  const next = new Map<string, { readonly offset: number; readonly joinedNs: bigint }>()
  for (const line of lines) {
    const { member, kind, atNs, partition, offset } = line
    if (kind === 'joined') joined.set(member, atNs)
    if (kind !== 'read') continue
    const place = `${member}:${partition}`
    const joinedNs = joined.get(member) ?? 0n
    const before = next.get(place)
    const isContinued = before?.offset === offset
    if (!isContinued || before?.joinedNs !== joinedNs) starts.push({ ...line, joinedNs, isContinued })
    next.set(place, { offset: offset + 1, joinedNs })
  }
  return starts
}

/** A start below what was committed before its member joined repeats; one above what anybody tried to commit skips. */
function wrongStarts(lines: readonly Line[]): { readonly repeats: string[]; readonly skips: string[] } {
  const repeats: string[] = []
  const skips: string[] = []
  const most = (kind: string, partition: number, beforeNs: bigint): number =>
    Math.max(
      0,
      ...lines
        .filter((line) => line.kind === kind && line.partition === partition && line.atNs < beforeNs)
        .map(({ offset }) => offset),
    )
  for (const { member, partition, offset, atNs, joinedNs, isContinued } of startsIn(lines)) {
    const committed = most('committed', partition, joinedNs)
    const tried = most('committing', partition, atNs)
    const where = `member ${member} begins partition ${partition} at ${offset}`
    if (offset < committed) repeats.push(`${where}, though ${committed} was committed`)
    if (offset > tried && !isContinued) skips.push(`${where}, though nobody committed more than ${tried}`)
  }
  return { repeats, skips }
}

/** The second half waits, so that whoever takes over has records of every partition to read. */
async function produceAll(site: KafkaSite, members: Members, secondHalf: Promise<void>): Promise<void> {
  await withProducer(site, async (producer) => {
    for (let sent = 0; sent < recordsPerPartition; sent += recordsPerSend) {
      if (sent >= recordsPerPartition / 2) await secondHalf
      const messages = Array.from({ length: partitions * recordsPerSend }, (_, index) => ({
        partition: index % partitions,
        value: `${sent + Math.floor(index / partitions)}`.padEnd(100),
      }))
      await producer.send({ topic: site.name, messages })
      // So that there are records to come whenever a member is killed.
      await members.read((sent / 2) * partitions)
    }
  })
}

/** Two members, of which none sees the end: one is killed, then one is added, and the other killed at once. */
async function runUnderKills(client: string, site: KafkaSite): Promise<readonly Line[]> {
  await site.engine.topics.create({ name: site.name, partitions })
  const members = new Members(client, site)
  const all = partitions * recordsPerPartition
  try {
    for (let count = 0; count < 2; count++) members.start()
    let begins = (): void => undefined
    const secondHalf = new Promise<void>((resolve) => {
      begins = resolve
    })
    const produced = produceAll(site, members, secondHalf)
    await members.read(all * 0.2)
    members.kill(0)
    await members.read(all * 0.4)
    members.start()
    await members.joins(2)
    members.kill(1)
    begins()
    await members.read(all * 0.7)
    members.start()
    await produced
    await members.read(all)
  } finally {
    await members.end()
  }
  expect(startsIn(members.lines).length).toBeGreaterThan(partitions)
  return members.lines
}

const killed: Behaviours = {
  'kafkajs: nothing is lost or skipped, and only the uncommitted tail is repeated': async (site) => {
    expect(wrongStarts(await runUnderKills('kafkajs', site))).toEqual({ repeats: [], skips: [] })
  },
  // It hands out what it had asked for before it joined again, so that it may repeat by itself.
  '@platformatic/kafka: nothing is lost or skipped': async (site) => {
    expect(wrongStarts(await runUnderKills('platformatic', site)).skips).toEqual([])
  },
}

behavioursOf('members that are killed', killed)
